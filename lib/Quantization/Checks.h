//===- Checks.h - before weights are quantized ------------------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_LIB_QUANTIZATION_CHECKS_H
#define ZQ_LIB_QUANTIZATION_CHECKS_H

#include "zq/Quantization/WeightQuantizer.h"

namespace zq {

std::optional<Error> checkQuantizeOptions(const WeightView &weight,
                                          const QuantizeOptions &options);

/// The first value that cannot be quantized, -1 if there is none.
int64_t findBadValue(const float *row, int64_t k);

Error describeBadValue(float value, int64_t row, int64_t column);

/// The first row with a value that cannot be quantized, as an error.
std::optional<Error> checkValues(const WeightView &weight,
                                 const ParallelFor &parallelFor);

/// A matrix with room for codes and scales, all zero. Groups of more than K
/// columns become groups of K, in the options as well.
QuantizedMatrix makeMatrix(const WeightView &weight, QuantizeOptions &options);

} // namespace zq

#endif // ZQ_LIB_QUANTIZATION_CHECKS_H
