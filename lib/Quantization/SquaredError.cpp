//===- SquaredError.cpp - the inner loop of all searches ------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Compiled twice on x86-64, for the baseline and for AVX2; both add in the same
// order.
//
//===----------------------------------------------------------------------===//

#include "SquaredError.h"
#include "zq/Numerics/Rounding.h"

#include <algorithm>

using namespace zq;

#define ZQ_ALWAYS_INLINE inline __attribute__((always_inline))

template <Format format, bool weighted>
static ZQ_ALWAYS_INLINE double
sumErrors(const float *x, const float *importance, int64_t count, float scale) {
  // FP32 lanes over short runs, FP64 over the runs.
  constexpr int64_t lanes = squaredErrorLanes, run = 32 * lanes;
  float inverse = 1.0f / scale;
  double total = 0.0;
  for (int64_t begin = 0; begin < count; begin += run) {
    float sums[lanes] = {};
    int64_t end = std::min(count, begin + run);
    for (int64_t i = begin; i < end; i += lanes)
      for (int64_t lane = 0; lane < lanes; ++lane) {
        float scaled = x[i + lane] * inverse;
        float error = scaled - roundMagnitude<format>(scaled);
        error *= error;
        if constexpr (weighted)
          error *= importance[i + lane];
        sums[lane] += error;
      }
    for (int64_t width = lanes / 2; width > 0; width /= 2)
      for (int64_t lane = 0; lane < width; ++lane)
        sums[lane] += sums[lane + width];
    total += double(sums[0]);
  }
  return total * double(scale) * double(scale);
}

static ZQ_ALWAYS_INLINE double dispatch(Format format, const float *x,
                                        const float *importance, int64_t count,
                                        float scale) {
#define ZQ_CASE(F)                                                             \
  case Format::F:                                                              \
    return importance                                                          \
               ? sumErrors<Format::F, true>(x, importance, count, scale)       \
               : sumErrors<Format::F, false>(x, importance, count, scale);
  switch (format) {
    ZQ_CASE(E2M1)
    ZQ_CASE(E3M0)
    ZQ_CASE(E1M2)
    ZQ_CASE(INT4)
    ZQ_CASE(E4M3)
    ZQ_CASE(E5M2)
    ZQ_CASE(E3M4)
    ZQ_CASE(E2M5)
    ZQ_CASE(INT8)
  }
#undef ZQ_CASE
  return 0.0;
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) static double
computeAVX2(Format format, const float *x, const float *importance,
            int64_t count, float scale) {
  return dispatch(format, x, importance, count, scale);
}
#endif

double zq::computeSquaredError(Format format, const float *x,
                               const float *importance, int64_t count,
                               float scale) {
#if defined(__x86_64__)
  static const bool hasAVX2 = __builtin_cpu_supports("avx2");
  if (hasAVX2)
    return computeAVX2(format, x, importance, count, scale);
#endif
  return dispatch(format, x, importance, count, scale);
}
