//===- SquaredError.h - the inner loop of all searches ----------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_LIB_QUANTIZATION_SQUAREDERROR_H
#define ZQ_LIB_QUANTIZATION_SQUAREDERROR_H

#include "zq/Numerics/Formats.h"

namespace zq {

/// Groups are padded with zeros to a multiple of this.
constexpr int64_t squaredErrorLanes = 16;

/// Sum over i of importance[i] * (x[i] - scale * q(x[i] / scale))^2, where q
/// rounds to the format. `x` are magnitudes, `count` a multiple of the lanes;
/// a null `importance` means ones. The order of the sum is fixed: the result is
/// the same on every machine.
double computeSquaredError(Format format, const float *x,
                           const float *importance, int64_t count, float scale);

} // namespace zq

#endif // ZQ_LIB_QUANTIZATION_SQUAREDERROR_H
