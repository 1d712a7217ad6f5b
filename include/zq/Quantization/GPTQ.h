//===- GPTQ.h - rounding that makes up for its errors -----------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// GPTQ (Frantar et al. 2022): columns are rounded one after the other, and what
// each rounding does to the layer's output is made up for in the columns that
// are still to come. The scales are those that the constraint allows: an error
// of a constrained scale is made up for, too.
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_QUANTIZATION_GPTQ_H
#define ZQ_QUANTIZATION_GPTQ_H

#include "zq/Quantization/Hessian.h"
#include "zq/Quantization/WeightQuantizer.h"

namespace zq {

/// Which weights the scales of a group are found for.
enum class GroupScales : uint8_t {
  Static, ///< those given: all scales are known before the first column
  Updated ///< those that the columns before the group have left
};
/// "static", "updated".
std::optional<GroupScales> parseGroupScales(std::string_view name);

/// - Scales are found as RoundToNearest finds them, with the same options. With
///   updated scales and M1 or M2, a row's anchor stays that of the given
///   weights, and each group's shift is found anew.
/// - A column without inputs becomes zero.
/// - Updated scales need the natural order of columns: groups are complete one
///   after the other.
/// - The same bits for any number of threads on one machine; the linear
///   algebra differs in its last bits from one kind of CPU to the other.
class GPTQ : public WeightQuantizer {
public:
  /// Layers with the same inputs share the factor.
  explicit GPTQ(std::shared_ptr<const HessianFactor> factor,
                GroupScales groupScales = GroupScales::Static)
      : factor(std::move(factor)), groupScales(groupScales) {}

  std::string_view getName() const override { return "gptq"; }
  Result<QuantizedMatrix>
  quantize(const WeightView &weight, const QuantizeOptions &options,
           const ParallelFor &parallelFor = {}) const override;

private:
  std::shared_ptr<const HessianFactor> factor;
  GroupScales groupScales;
};

} // namespace zq

#endif // ZQ_QUANTIZATION_GPTQ_H
