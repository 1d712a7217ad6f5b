//===- RowKernels.cpp - loops over the values of a row --------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RowKernels.h"
#include "Vector.h"
#include "zq/Numerics/Packing.h"

#include <algorithm>

using namespace zq;

static ZQ_ALWAYS_INLINE float absMaxInline(const float *values, int64_t count) {
  // Magnitudes order as their bits do.
  uint32_t most = 0;
  for (int64_t i = 0; i < count; ++i) {
    uint32_t magnitude = getBits(values[i]) & 0x7FFFFFFF;
    most = magnitude > most ? magnitude : most;
  }
  return getFloat(most);
}

ZQ_MULTIVERSION(float, absMax, (const float *values, int64_t count),
                (values, count))

float zq::getAbsMax(const float *values, int64_t count) {
  return absMax(values, count);
}

static ZQ_ALWAYS_INLINE void scaleInline(const float *__restrict values,
                                         int64_t count, float factor,
                                         float *__restrict magnitudes) {
  for (int64_t i = 0; i < count; ++i)
    magnitudes[i] = getFloat(getBits(values[i]) & 0x7FFFFFFF) * factor;
}

ZQ_MULTIVERSION(void, scale,
                (const float *values, int64_t count, float factor,
                 float *magnitudes),
                (values, count, factor, magnitudes))

void zq::scaleMagnitudes(const float *values, int64_t count, float factor,
                         float *magnitudes) {
  scale(values, count, factor, magnitudes);
}

/// FP32 lanes over short runs, FP64 over the runs.
template <Format format>
static ZQ_ALWAYS_INLINE EncodedGroup encodeAsGroup(const float *values,
                                                   int64_t count, float scale,
                                                   uint8_t *codes) {
  constexpr int64_t run = 16 * vectorLanes;
  EncodedGroup total{};
  for (int64_t begin = 0; begin < count; begin += run) {
    FloatVector sums[2] = {};
    int64_t end = std::min(count, begin + run);
    // In units of the scale, whose square may be no float.
    auto add = [&](const float *x, uint8_t *code) ZQ_ALWAYS_INLINE_LAMBDA {
      float quotients[vectorLanes], rounded[vectorLanes];
      for (int64_t lane = 0; lane < vectorLanes; ++lane) {
        quotients[lane] = x[lane] / scale;
        code[lane] = encodeAs<format>(quotients[lane]);
        rounded[lane] = roundTo<format>(quotients[lane]);
      }
      FloatVector quotient, error;
      load(quotient, quotients);
      load(error, rounded);
      error = quotient - error;
      sums[0] += quotient * quotient;
      sums[1] += error * error;
    };
    int64_t i = begin;
    for (; i + vectorLanes <= end; i += vectorLanes)
      add(values + i, codes + i);
    if (i < end) {
      float rest[vectorLanes] = {};
      uint8_t restCodes[vectorLanes];
      std::memcpy(rest, values + i, (end - i) * sizeof(float));
      add(rest, restCodes);
      std::memcpy(codes + i, restCodes, end - i);
    }
    float lanes[2];
    sumLanes(sums, lanes);
    total.signal += double(lanes[0]);
    total.error += double(lanes[1]);
  }
  double unit = double(scale) * double(scale);
  return {total.signal * unit, total.error * unit};
}

static ZQ_ALWAYS_INLINE EncodedGroup encodeInline(Format value,
                                                  const float *values,
                                                  int64_t count, float scale,
                                                  uint8_t *codes) {
  ZQ_SWITCH_FORMAT(value, encodeAsGroup<format>(values, count, scale, codes))
  return {};
}

ZQ_MULTIVERSION(EncodedGroup, encode,
                (Format value, const float *values, int64_t count, float scale,
                 uint8_t *codes),
                (value, values, count, scale, codes))

EncodedGroup zq::encodeGroup(Format format, const float *values, int64_t count,
                             float scale, uint8_t *codes) {
  return ::encode(format, values, count, scale, codes);
}

static ZQ_ALWAYS_INLINE void packInline(const uint8_t *__restrict codes,
                                        int64_t count,
                                        uint8_t *__restrict packed) {
  int64_t pairs = count / 2;
  for (int64_t i = 0; i < pairs; ++i)
    packed[i] = uint8_t(codes[2 * i] | codes[2 * i + 1] << 4);
  if (count % 2 != 0)
    packed[pairs] = codes[count - 1];
}

ZQ_MULTIVERSION(void, pack,
                (const uint8_t *codes, int64_t count, uint8_t *packed),
                (codes, count, packed))

void zq::packCodes(const uint8_t *codes, int64_t count, uint8_t *packed) {
  pack(codes, count, packed);
}
