//===- Matrix.cpp - weights before and after quantization -----------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "zq/Quantization/Matrix.h"
#include "RowBlocks.h"
#include "zq/Numerics/Packing.h"
#include "zq/Numerics/ShiftCast.h"

#include <cmath>
#include <cstring>
#include <limits>

using namespace zq;

template <typename Element, typename Convert>
static void loadStrided(const uint8_t *source, int64_t count, int64_t stride,
                        float *values, Convert convert) {
  if (stride == 1) {
    for (int64_t i = 0; i < count; ++i) {
      Element element;
      std::memcpy(&element, source + i * sizeof(Element), sizeof(Element));
      values[i] = convert(element);
    }
    return;
  }
  for (int64_t i = 0; i < count; ++i) {
    Element element;
    std::memcpy(&element, source + i * stride * int64_t(sizeof(Element)),
                sizeof(Element));
    values[i] = convert(element);
  }
}

void WeightView::loadRow(int64_t row, float *values) const {
  const uint8_t *source =
      static_cast<const uint8_t *>(data) + row * rowStride * getSize(type);
  switch (type) {
  case FloatType::F32:
    return loadStrided<float>(source, k, columnStride, values,
                              [](float value) { return value; });
  case FloatType::F16:
    return loadStrided<uint16_t>(source, k, columnStride, values, decodeF16);
  case FloatType::BF16:
    return loadStrided<uint16_t>(source, k, columnStride, values,
                                 [](uint16_t bits) {
                                   uint32_t wide = uint32_t(bits) << 16;
                                   float value;
                                   std::memcpy(&value, &wide, sizeof(value));
                                   return value;
                                 });
  }
}

void WeightView::prefetchRow(int64_t row) const {
  if (columnStride != 1)
    return;
  const auto *bytes =
      static_cast<const char *>(data) + row * rowStride * getSize(type);
  constexpr int64_t cacheLine = 64;
  for (int64_t i = 0, size = k * getSize(type); i < size; i += cacheLine)
    __builtin_prefetch(bytes + i);
}

float QuantizedMatrix::getScale(int64_t row, int64_t g) const {
  int64_t index = row * getNumGroups() + g;
  if (constraint == ScaleConstraint::Free)
    return scales[index];
  if (constraint != ScaleConstraint::M3)
    return std::ldexp(anchors[row], -int(shifts[index]));
  ScaleStep step = unpackScaleStep(shifts[index]);
  return std::ldexp(anchors[row] * scaleMultipliers[step.multiplier],
                    -step.shift);
}

void QuantizedMatrix::dequantizeRow(int64_t row, float *values) const {
  const uint8_t *bytes = codes.data() + row * getRowBytes();
  if (isFourBit(format)) {
    std::vector<uint8_t> unpacked(k);
    unpackRow(bytes, k, unpacked.data());
    decode(format, unpacked.data(), k, values);
  } else {
    decode(format, bytes, k, values);
  }
  for (int64_t g = 0, groups = getNumGroups(); g < groups; ++g) {
    float scale = getScale(row, g);
    int64_t end = std::min(k, (g + 1) * group);
    for (int64_t column = g * group; column < end; ++column)
      values[column] *= scale;
  }
}

double QuantizedMatrix::getSQNR() const {
  if (errorEnergy == 0.0)
    return std::numeric_limits<double>::infinity();
  return 10.0 * std::log10(signalEnergy / errorEnergy);
}

std::vector<float> zq::dequantize(const QuantizedMatrix &matrix,
                                  const ParallelFor &parallelFor) {
  std::vector<float> values(matrix.n * matrix.k);
  forEachRowBlock(parallelFor, matrix.n, 16,
                  [&](int64_t, int64_t begin, int64_t end) {
                    for (int64_t row = begin; row < end; ++row)
                      matrix.dequantizeRow(row, values.data() + row * matrix.k);
                  });
  return values;
}

std::vector<float> zq::foldAnchors(const std::vector<float> &anchors,
                                   int exponent) {
  std::vector<float> folded(anchors.size());
  for (size_t i = 0; i < anchors.size(); ++i)
    folded[i] = std::ldexp(anchors[i], -exponent);
  return folded;
}

std::vector<int64_t> zq::getShiftHistogram(const QuantizedMatrix &matrix) {
  std::vector<int64_t> histogram;
  for (uint8_t shift : matrix.shifts) {
    if (matrix.constraint == ScaleConstraint::M3)
      shift = uint8_t(unpackScaleStep(shift).shift);
    if (shift >= histogram.size())
      histogram.resize(shift + 1);
    ++histogram[shift];
  }
  return histogram;
}
