//===- SquaredError.cpp - the inner loop of all searches ------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SquaredError.h"
#include "Vector.h"

#include <algorithm>

using namespace zq;

static_assert(squaredErrorLanes == vectorLanes, "groups are whole vectors");
/// FP32 lanes over short runs, FP64 over the runs.
static constexpr int64_t run = 32 * vectorLanes;

/// For `numScales` scales at once: values are loaded once, and the sums over
/// lanes are taken together.
template <Format format, bool weighted, int numScales>
static ZQ_ALWAYS_INLINE void sumErrors(const float *x, const float *importance,
                                       int64_t count, const float *scales,
                                       double *errors) {
  float inverses[numScales];
  double totals[numScales] = {};
  for (int j = 0; j < numScales; ++j)
    inverses[j] = 1.0f / scales[j];
  for (int64_t begin = 0; begin < count; begin += run) {
    FloatVector sums[numScales] = {};
    int64_t end = std::min(count, begin + run);
    for (int64_t i = begin; i < end; i += vectorLanes) {
      FloatVector values, weights;
      load(values, x + i);
      if constexpr (weighted)
        load(weights, importance + i);
      for (int j = 0; j < numScales; ++j) {
        FloatVector scaled = values * inverses[j], rounded = scaled;
        roundMagnitudes<format>(rounded);
        FloatVector error = scaled - rounded;
        error *= error;
        if constexpr (weighted)
          error *= weights;
        sums[j] += error;
      }
    }
    float lanes[numScales];
    sumLanes(sums, lanes);
    for (int j = 0; j < numScales; ++j)
      totals[j] += double(lanes[j]);
  }
  for (int j = 0; j < numScales; ++j)
    errors[j] = totals[j] * double(scales[j]) * double(scales[j]);
}

template <Format format, bool weighted>
static ZQ_ALWAYS_INLINE void
sumAllErrors(const float *x, const float *importance, int64_t count,
             const float *scales, int64_t numScales, double *errors) {
  int64_t j = 0;
  for (; j + 4 <= numScales; j += 4)
    sumErrors<format, weighted, 4>(x, importance, count, scales + j,
                                   errors + j);
  // One of a last three again is quicker than three by themselves.
  if (numScales - j == 3 && numScales >= 4)
    return sumErrors<format, weighted, 4>(x, importance, count, scales + j - 1,
                                          errors + j - 1);
  if (j + 2 <= numScales) {
    sumErrors<format, weighted, 2>(x, importance, count, scales + j,
                                   errors + j);
    j += 2;
  }
  if (j < numScales)
    sumErrors<format, weighted, 1>(x, importance, count, scales + j,
                                   errors + j);
}

static ZQ_ALWAYS_INLINE void errorsInline(Format value, const float *x,
                                          const float *importance,
                                          int64_t count, const float *scales,
                                          int64_t numScales, double *errors) {
  if (importance) {
    ZQ_SWITCH_FORMAT(value,
                     (sumAllErrors<format, true>(x, importance, count, scales,
                                                 numScales, errors)))
  } else {
    ZQ_SWITCH_FORMAT(value,
                     (sumAllErrors<format, false>(x, importance, count, scales,
                                                  numScales, errors)))
  }
}

ZQ_MULTIVERSION(void, errors,
                (Format value, const float *x, const float *importance,
                 int64_t count, const float *scales, int64_t numScales,
                 double *results),
                (value, x, importance, count, scales, numScales, results))

void zq::computeSquaredErrors(Format format, const float *x,
                              const float *importance, int64_t count,
                              const float *scales, int64_t numScales,
                              double *results) {
  errors(format, x, importance, count, scales, numScales, results);
}

static ZQ_ALWAYS_INLINE double clippingInline(const float *x,
                                              const float *importance,
                                              int64_t count, float limit) {
  double total = 0.0;
  for (int64_t begin = 0; begin < count; begin += run) {
    FloatVector sums[1] = {};
    int64_t end = std::min(count, begin + run);
    for (int64_t i = begin; i < end; i += vectorLanes) {
      FloatVector over, zero = {};
      load(over, x + i);
      over -= limit;
      over = over > zero ? over : zero;
      over *= over;
      if (importance) {
        FloatVector weights;
        load(weights, importance + i);
        over *= weights;
      }
      sums[0] += over;
    }
    float sum;
    sumLanes(sums, &sum);
    total += double(sum);
  }
  return total;
}

ZQ_MULTIVERSION(double, clipping,
                (const float *x, const float *importance, int64_t count,
                 float limit),
                (x, importance, count, limit))

double zq::computeClippingError(const float *x, const float *importance,
                                int64_t count, float limit) {
  return clipping(x, importance, count, limit);
}

template <Format format>
static ZQ_ALWAYS_INLINE Projection projectAs(const float *x,
                                             const float *importance,
                                             int64_t count, float scale) {
  float inverse = 1.0f / scale;
  Projection total{};
  for (int64_t begin = 0; begin < count; begin += run) {
    FloatVector sums[2] = {};
    int64_t end = std::min(count, begin + run);
    for (int64_t i = begin; i < end; i += vectorLanes) {
      FloatVector scaled, rounded;
      load(scaled, x + i);
      scaled *= inverse;
      rounded = scaled;
      roundMagnitudes<format>(rounded);
      FloatVector weighted = rounded;
      if (importance) {
        FloatVector weights;
        load(weights, importance + i);
        weighted *= weights;
      }
      sums[0] += weighted * scaled;
      sums[1] += weighted * rounded;
    }
    float lanes[2];
    sumLanes(sums, lanes);
    total.along += double(lanes[0]);
    total.square += double(lanes[1]);
  }
  double unit = double(scale) * double(scale);
  return {total.along * unit, total.square * unit};
}

static ZQ_ALWAYS_INLINE Projection projectInline(Format value, const float *x,
                                                 const float *importance,
                                                 int64_t count, float scale) {
  ZQ_SWITCH_FORMAT(value, projectAs<format>(x, importance, count, scale))
  return {};
}

ZQ_MULTIVERSION(Projection, project,
                (Format value, const float *x, const float *importance,
                 int64_t count, float scale),
                (value, x, importance, count, scale))

Projection zq::computeProjection(Format format, const float *x,
                                 const float *importance, int64_t count,
                                 float scale) {
  return project(format, x, importance, count, scale);
}
