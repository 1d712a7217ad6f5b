//===- WeightQuantizer.h - how quantized weights are found ------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_QUANTIZATION_WEIGHTQUANTIZER_H
#define ZQ_QUANTIZATION_WEIGHTQUANTIZER_H

#include "zq/Quantization/Matrix.h"
#include "zq/Support/Result.h"

#include <memory>
#include <optional>
#include <string_view>

namespace zq {

/// How the free scale S of a group is found.
enum class ClipMethod : uint8_t {
  AbsMax, ///< the largest magnitude maps to the format's largest
  Search, ///< least squared error over 2^(j/32) times that, see RoundToNearest
};

/// How the shift of a group follows from log2(anchor / S). M1 rounds the
/// scale's own exponent: `Ceil` there makes the scale larger (2^ceil(log2 S),
/// as the paper), `Ceil` for M2 makes the shift larger and the scale smaller.
/// M3 goes to the next scale below, above, or to the nearer of both.
enum class ShiftRounding : uint8_t {
  Ceil,
  Floor,
  Nearest,
  MSE, ///< the shift of least squared error
};

/// "absmax", "search"; "ceil", "floor", "nearest", "mse".
std::optional<ClipMethod> parseClipMethod(std::string_view name);
std::optional<ShiftRounding> parseShiftRounding(std::string_view name);

struct QuantizeOptions {
  Format format = Format::E2M1;
  /// Columns that share a scale; at least 1, more than K means K.
  int64_t group = 128;
  ScaleConstraint constraint = ScaleConstraint::Free;
  ClipMethod clip = ClipMethod::AbsMax;
  /// Not used with free scales. The default is Ceil for M1, Nearest otherwise.
  std::optional<ShiftRounding> shift;
  /// M2 and M3: searches the row's anchor, which is the largest free scale
  /// otherwise. With shifts by MSE, anchor and shifts are searched together.
  bool anchorSearch = false;
  /// The last shift of the window, at most 127, with M3 at most 15.
  int maxShift = 11;
  /// Weights of the squared errors, one for each column (the diagonal of the
  /// Hessian), finite and not negative; empty means equal.
  std::vector<float> columnImportance;
};

/// An algorithm that turns a float weight into codes and scales.
class WeightQuantizer {
public:
  virtual ~WeightQuantizer() = default;
  /// "rtn", ...: the spelling of options and reports.
  virtual std::string_view getName() const = 0;
  /// Fails with a message that says where and what: a NaN, an infinity or a
  /// magnitude from 2^120 in the weight (row and column), an impossible option.
  /// N or K of 0 is fine.
  virtual Result<QuantizedMatrix>
  quantize(const WeightView &weight, const QuantizeOptions &options,
           const ParallelFor &parallelFor = {}) const = 0;
};

/// Round to nearest: scales from the weight alone, then each code on its own.
///
/// - A code is `encode(format, w / S)`, the division in FP32, where S is the
///   final (constrained) scale.
/// - No free scale is below 2^-100: products of scales stay normal numbers.
/// - Searches minimise the sum of squared errors in the group (anchors: in the
///   row), weighted by `columnImportance`. `ClipMethod::Search` tries absmax
///   scales times 2^(j/32), j from -48 to 31. Shifts by `MSE` try all scales
///   that the constraint allows from 1/8 to 2 times the free scale.
/// - `anchorSearch` with shifts by `MSE` takes the best of 16 anchors an octave
///   and four beside it, at a quarter and half of their distance; with rows of
///   16 groups or more the best of 8 anchors, and the one where a parabola
///   through the errors of it and its neighbours is least; each anchor with the
///   best scales that it allows its groups from 1/8 of the absmax scale on (none
///   from twice the absmax scale on can be best; without importance and with 16
///   groups or more, none from 2^0.625 times it on are tried). The winner is fitted to
///   its codes in closed form. With other roundings it tries anchors 2^(j/32),
///   j from -16 to 16, times the largest free scale.
/// - Rows are read `blockRows` at a time, each block in one body of a single
///   loop of `parallelFor`.
/// - The same bits on every machine, for any number of threads.
class RoundToNearest : public WeightQuantizer {
public:
  static constexpr int64_t blockRows = 16;

  std::string_view getName() const override { return "rtn"; }
  Result<QuantizedMatrix>
  quantize(const WeightView &weight, const QuantizeOptions &options,
           const ParallelFor &parallelFor = {}) const override;
};

/// The quantizer called `name`, null where there is none.
std::unique_ptr<WeightQuantizer> createWeightQuantizer(std::string_view name);

} // namespace zq

#endif // ZQ_QUANTIZATION_WEIGHTQUANTIZER_H
