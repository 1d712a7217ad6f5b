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

/// errors[j] = sum over i of importance[i] * (x[i] - s q(x[i] / s))^2 with
/// s = scales[j], where q rounds to the format. `x` are magnitudes, `count` a
/// multiple of the lanes; a null `importance` means ones.
/// The order of the sums is fixed: the results are the same on every machine.
void computeSquaredErrors(Format format, const float *x,
                          const float *importance, int64_t count,
                          const float *scales, int64_t numScales,
                          double *errors);

/// The same sum over the values above `limit` of importance * (x - limit)^2:
/// no scale that maps `limit` to the format's largest, and no smaller one, can
/// have less error.
double computeClippingError(const float *x, const float *importance,
                            int64_t count, float limit);

/// Sums over the rounded values r = s q(x / s): importance * x * r, and
/// importance * r^2.
struct Projection {
  double along;
  double square;
};
Projection computeProjection(Format format, const float *x,
                             const float *importance, int64_t count,
                             float scale);

} // namespace zq

#endif // ZQ_LIB_QUANTIZATION_SQUAREDERROR_H
