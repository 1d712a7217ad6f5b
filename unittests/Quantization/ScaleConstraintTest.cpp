//===- ScaleConstraintTest.cpp - scales: rounding, search, window ---------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Reference.h"

#include "gtest/gtest.h"

using namespace zq;
using namespace zq::test;

namespace {
/// 24 rows of 8 groups of 32, whose sizes differ by up to 2^7.
class ScaleConstraintTest : public testing::Test {
protected:
  static constexpr int64_t n = 24, k = 256, group = 32, groups = k / group;
  std::vector<float> w = makeUnequalGroups(n, k, group, 8, 21);
  std::vector<double> values = getValues(Format::E2M1);
  QuantizeOptions options;

  ScaleConstraintTest() { options.group = group; }

  QuantizedMatrix quantize() {
    auto matrix = RoundToNearest().quantize(
        WeightView::rowMajor(w.data(), n, k), options);
    EXPECT_TRUE(bool(matrix)) << matrix.message();
    return std::move(*matrix);
  }
  const float *getGroup(int64_t row, int64_t g) const {
    return w.data() + row * k + g * group;
  }
  double getFreeScale(int64_t row, int64_t g) const {
    return double(float(getAbsMax(getGroup(row, g), group)) / 6.0f);
  }
  double getError(int64_t row, int64_t g, double scale) const {
    const std::vector<float> &importance = options.columnImportance;
    return getSquaredError(values, getGroup(row, g), group, scale,
                           importance.empty() ? nullptr
                                              : importance.data() + g * group);
  }
  void makeImportance() {
    options.columnImportance.resize(k);
    for (int64_t i = 0; i < k; ++i)
      options.columnImportance[i] = std::ldexp(1.0f, int(i * 7 % 13));
  }
};
} // namespace

TEST_F(ScaleConstraintTest, FreeAbsMax) {
  QuantizedMatrix matrix = quantize();
  for (int64_t row = 0; row < n; ++row)
    for (int64_t g = 0; g < groups; ++g)
      EXPECT_EQ(matrix.scales[row * groups + g], getFreeScale(row, g));
}

/// No scale of the documented grid does better, with and without importance.
TEST_F(ScaleConstraintTest, FreeSearchIsTheBestOfTheGrid) {
  options.clip = ClipMethod::Search;
  for (bool weighted : {false, true}) {
    if (weighted)
      makeImportance();
    QuantizedMatrix matrix = quantize();
    for (int64_t row = 0; row < n; ++row)
      for (int64_t g = 0; g < groups; ++g) {
        double found = getError(row, g, matrix.scales[row * groups + g]);
        for (int j = -48; j < 32; ++j)
          EXPECT_LE(
              found,
              getError(row, g, getFreeScale(row, g) * std::exp2(j / 32.0)) *
                  (1 + 1e-5));
      }
  }
}

TEST_F(ScaleConstraintTest, M1) {
  options.constraint = ScaleConstraint::M1;
  for (auto rounding :
       {ShiftRounding::Ceil, ShiftRounding::Floor, ShiftRounding::Nearest}) {
    options.shift = rounding;
    QuantizedMatrix matrix = quantize();
    for (int64_t row = 0; row < n; ++row) {
      int exponent;
      EXPECT_EQ(std::frexp(matrix.anchors[row], &exponent), 0.5f);
      double largest = 0.0;
      for (int64_t g = 0; g < groups; ++g) {
        double exact = std::log2(getFreeScale(row, g));
        double wanted = rounding == ShiftRounding::Ceil    ? std::ceil(exact)
                        : rounding == ShiftRounding::Floor ? std::floor(exact)
                                                           : std::round(exact);
        EXPECT_EQ(getScale(matrix, row, g), std::exp2(wanted));
        largest = std::max(largest, std::exp2(wanted));
      }
      EXPECT_EQ(matrix.anchors[row], largest);
    }
    EXPECT_EQ(matrix.clampedGroups, 0);
  }
}

TEST_F(ScaleConstraintTest, M1DefaultsToThePapersCeil) {
  options.constraint = ScaleConstraint::M1;
  QuantizedMatrix byDefault = quantize();
  options.shift = ShiftRounding::Ceil;
  EXPECT_EQ(byDefault.codes, quantize().codes);
}

TEST_F(ScaleConstraintTest, M1SearchIsTheBestPowerOfTwo) {
  options.constraint = ScaleConstraint::M1;
  options.shift = ShiftRounding::MSE;
  QuantizedMatrix matrix = quantize();
  for (int64_t row = 0; row < n; ++row)
    for (int64_t g = 0; g < groups; ++g) {
      double found = getError(row, g, getScale(matrix, row, g));
      for (int exponent = -20; exponent < 5; ++exponent)
        EXPECT_LE(found,
                  getError(row, g, std::ldexp(1.0, exponent)) * (1 + 1e-5));
    }
}

TEST_F(ScaleConstraintTest, M2) {
  options.constraint = ScaleConstraint::M2;
  for (auto rounding :
       {ShiftRounding::Ceil, ShiftRounding::Floor, ShiftRounding::Nearest}) {
    options.shift = rounding;
    QuantizedMatrix matrix = quantize();
    for (int64_t row = 0; row < n; ++row) {
      double anchor = 0.0;
      for (int64_t g = 0; g < groups; ++g)
        anchor = std::max(anchor, getFreeScale(row, g));
      EXPECT_EQ(matrix.anchors[row], anchor);
      for (int64_t g = 0; g < groups; ++g) {
        double exact = std::log2(anchor / getFreeScale(row, g));
        double shift = rounding == ShiftRounding::Ceil    ? std::ceil(exact)
                       : rounding == ShiftRounding::Floor ? std::floor(exact)
                                                          : std::round(exact);
        EXPECT_EQ(matrix.shifts[row * groups + g], shift);
      }
    }
  }
}

TEST_F(ScaleConstraintTest, M2SearchIsTheBestShift) {
  options.constraint = ScaleConstraint::M2;
  options.shift = ShiftRounding::MSE;
  for (bool weighted : {false, true}) {
    if (weighted)
      makeImportance();
    QuantizedMatrix matrix = quantize();
    for (int64_t row = 0; row < n; ++row)
      for (int64_t g = 0; g < groups; ++g) {
        double found = getError(row, g, getScale(matrix, row, g));
        for (int shift = 0; shift <= options.maxShift; ++shift)
          EXPECT_LE(found,
                    getError(row, g,
                             std::ldexp(double(matrix.anchors[row]), -shift)) *
                        (1 + 1e-5));
      }
  }
}

/// The row's error under the found anchor, against 17 anchors of an octave with
/// the best shifts under each.
TEST_F(ScaleConstraintTest, M2AnchorSearch) {
  options.constraint = ScaleConstraint::M2;
  options.shift = ShiftRounding::MSE;
  options.anchorSearch = true;
  for (bool weighted : {false, true}) {
    if (weighted)
      makeImportance();
    QuantizedMatrix matrix = quantize();
    for (int64_t row = 0; row < n; ++row) {
      double found = 0.0, base = 0.0;
      for (int64_t g = 0; g < groups; ++g) {
        found += getError(row, g, getScale(matrix, row, g));
        base = std::max(base, getFreeScale(row, g));
      }
      for (int point = -8; point <= 8; ++point) {
        double total = 0.0;
        for (int64_t g = 0; g < groups; ++g) {
          double least = std::numeric_limits<double>::infinity();
          for (int shift = 0; shift <= options.maxShift; ++shift)
            least = std::min(
                least,
                getError(row, g, base * std::exp2(point / 16.0 - shift)));
          total += least;
        }
        EXPECT_LE(found, total * (1 + 1e-5)) << "row " << row;
      }
    }
  }
}

/// Anchors may be searched for any rounding of the shifts.
TEST_F(ScaleConstraintTest, AnchorSearchHelpsEveryRounding) {
  options.constraint = ScaleConstraint::M2;
  for (auto rounding : {ShiftRounding::Ceil, ShiftRounding::Floor,
                        ShiftRounding::Nearest, ShiftRounding::MSE}) {
    options.shift = rounding;
    options.anchorSearch = false;
    double plain = quantize().errorEnergy;
    options.anchorSearch = true;
    EXPECT_LT(quantize().errorEnergy, plain);
  }
}

/// Groups past the window get its last shift, are quantized at that scale, and
/// are counted.
TEST_F(ScaleConstraintTest, Window) {
  for (auto constraint : {ScaleConstraint::M1, ScaleConstraint::M2})
    for (auto rounding : {ShiftRounding::Ceil, ShiftRounding::Floor,
                          ShiftRounding::Nearest, ShiftRounding::MSE}) {
      options.constraint = constraint;
      options.shift = rounding;
      options.maxShift = 127;
      QuantizedMatrix open = quantize();
      EXPECT_EQ(open.clampedGroups, 0);
      options.maxShift = 3;
      QuantizedMatrix clamped = quantize();
      EXPECT_EQ(clamped.anchors, open.anchors);
      int64_t count = 0;
      for (size_t i = 0; i < open.shifts.size(); ++i) {
        count += open.shifts[i] > 3;
        EXPECT_EQ(clamped.shifts[i], std::min<int>(open.shifts[i], 3));
      }
      EXPECT_GT(count, 0);
      EXPECT_EQ(clamped.clampedGroups, count);
      for (int64_t row = 0; row < n; ++row)
        for (int64_t column = 0; column < k; ++column) {
          double scale = getScale(clamped, row, column / group);
          double value = scale * getCodeValue(Format::E2M1, values,
                                              getCode(clamped, row, column));
          double x = w[row * k + column];
          EXPECT_LE(std::fabs(x - value),
                    getDistance(values, x, scale) + std::fabs(x) * 0x1p-23);
        }
    }
}

/// A window of no shifts leaves one scale to a row.
TEST_F(ScaleConstraintTest, WindowOfNothing) {
  options.constraint = ScaleConstraint::M2;
  options.maxShift = 0;
  for (uint8_t shift : quantize().shifts)
    EXPECT_EQ(shift, 0);
}
