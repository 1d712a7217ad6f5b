//===- RowKernels.cpp - loops over the values of a row --------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RowKernels.h"
#include "Multiversion.h"
#include "zq/Numerics/Packing.h"
#include "zq/Numerics/Rounding.h"

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

template <Format format>
static ZQ_ALWAYS_INLINE EncodedGroup encodeAsGroup(const float *values,
                                                   int64_t count, float scale,
                                                   uint8_t *codes) {
  constexpr int64_t lanes = 16;
  double signal[lanes] = {}, error[lanes] = {}, wideScale = double(scale);
  auto add = [&](int64_t i, int64_t lane) ZQ_ALWAYS_INLINE_LAMBDA {
    float quotient = values[i] / scale;
    codes[i] = encodeAs<format>(quotient);
    double value = double(values[i]);
    double difference = value - wideScale * double(roundTo<format>(quotient));
    signal[lane] += value * value;
    error[lane] += difference * difference;
  };
  int64_t i = 0;
  for (; i + lanes <= count; i += lanes)
    for (int64_t lane = 0; lane < lanes; ++lane)
      add(i + lane, lane);
  for (int64_t lane = 0; i < count; ++i, ++lane)
    add(i, lane);
  EncodedGroup result{};
  for (int64_t lane = 0; lane < lanes; ++lane) {
    result.signal += signal[lane];
    result.error += error[lane];
  }
  return result;
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
