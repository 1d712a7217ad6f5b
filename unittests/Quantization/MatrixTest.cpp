//===- MatrixTest.cpp - views, dequantization, anchors, histogram ---------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Reference.h"

#include "gtest/gtest.h"

#include <cstring>

using namespace zq;
using namespace zq::test;

/// F32, F16 and BF16, row-major and transposed, at an odd address.
TEST(WeightView, EveryTypeAndOrder) {
  constexpr int64_t n = 5, k = 7;
  auto getValue = [](int64_t row, int64_t column) {
    return float(row * 8 + column) * 0.25f - 3.0f; // exact in all types
  };
  for (FloatType type : {FloatType::F32, FloatType::F16, FloatType::BF16})
    for (bool transposed : {false, true}) {
      int64_t size = type == FloatType::F32 ? 4 : 2;
      EXPECT_EQ(getSize(type), size);
      std::vector<uint8_t> bytes(n * k * size + 1);
      for (int64_t row = 0; row < n; ++row)
        for (int64_t column = 0; column < k; ++column) {
          int64_t index = transposed ? column * n + row : row * k + column;
          float value = getValue(row, column);
          uint16_t half =
              type == FloatType::F16 ? encodeF16(value) : encodeBF16(value);
          const void *source = &value;
          if (type != FloatType::F32)
            source = &half;
          std::memcpy(&bytes[1 + index * size], source, size);
        }
      WeightView view = transposed
                            ? WeightView::transposed(&bytes[1], type, n, k)
                            : WeightView::rowMajor(&bytes[1], type, n, k);
      for (int64_t row = 0; row < n; ++row) {
        std::vector<float> loaded(k);
        view.loadRow(row, loaded.data());
        for (int64_t column = 0; column < k; ++column)
          EXPECT_EQ(loaded[column], getValue(row, column));
      }
    }
}

TEST(QuantizedMatrix, DequantizeIsCodesTimesScales) {
  constexpr int64_t n = 37, k = 75, group = 16;
  std::vector<float> w = makeUnequalGroups(n, k, group, 5, 4);
  for (Format format : {Format::E2M1, Format::E3M0, Format::E1M2, Format::INT4,
                        Format::E4M3, Format::INT8})
    for (auto constraint :
         {ScaleConstraint::Free, ScaleConstraint::M1, ScaleConstraint::M2}) {
      QuantizeOptions options;
      options.format = format;
      options.group = group;
      options.constraint = constraint;
      auto matrix = RoundToNearest().quantize(
          WeightView::rowMajor(w.data(), n, k), options);
      ASSERT_TRUE(bool(matrix));
      std::vector<float> found = dequantize(*matrix, makeParallelFor(3));
      ASSERT_EQ(found.size(), size_t(n * k));
      std::vector<double> values = getValues(format);
      for (int64_t row = 0; row < n; ++row)
        for (int64_t column = 0; column < k; ++column)
          EXPECT_EQ(found[row * k + column],
                    float(getScale(*matrix, row, column / group) *
                          getCodeValue(format, values,
                                       getCode(*matrix, row, column))));
    }
}

TEST(QuantizedMatrix, FoldedAnchors) {
  std::vector<float> anchors = {1.0f, 0.75f, 0x1.234p-5f};
  std::vector<float> expected = {1.0f / 64, 0.75f / 64, 0x1.234p-11f};
  EXPECT_EQ(foldAnchors(anchors, 6), expected);
  expected = {4.0f, 3.0f, 0x1.234p-3f};
  EXPECT_EQ(foldAnchors(anchors, -2), expected);
}

TEST(QuantizedMatrix, ShiftHistogram) {
  QuantizedMatrix matrix;
  EXPECT_TRUE(getShiftHistogram(matrix).empty());
  matrix.shifts = {0, 3, 0, 1, 3, 3};
  std::vector<int64_t> expected = {2, 1, 0, 3};
  EXPECT_EQ(getShiftHistogram(matrix), expected);
}
