//===- CoordinateDescentTest.cpp - no code, no scale can do better --------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "zq/Quantization/CoordinateDescent.h"
#include "Calibration.h"
#include "Reference.h"
#include "zq/Quantization/WeightQuantizer.h"

#include "gtest/gtest.h"

#include <tuple>

using namespace zq;
using namespace zq::test;

namespace {
class CoordinateDescentTest
    : public testing::TestWithParam<std::tuple<Format, ScaleConstraint>> {
protected:
  /// K odd, no multiple of the group, more than one block of the algorithm.
  static constexpr int64_t n = 21, k = 173, tokens = 300;
  QuantizeOptions options;
  std::vector<float> w = makeNormal(n * k, 1);
  DampedHessian hessian;

  CoordinateDescentTest() {
    options.format = std::get<0>(GetParam());
    options.constraint = std::get<1>(GetParam());
    options.shift = ShiftRounding::Nearest;
    options.group = 32;
    auto damped = DampedHessian::compute(
        makeHessian(makeInputs(tokens, k, 2), tokens, k), {});
    EXPECT_TRUE(bool(damped));
    hessian = std::move(*damped);
  }
  WeightView getView() const { return WeightView::rowMajor(w.data(), n, k); }
  QuantizedMatrix round() const {
    auto matrix = RoundToNearest().quantize(getView(), options);
    EXPECT_TRUE(bool(matrix));
    return std::move(*matrix);
  }
  /// The row's (q - w) H in double.
  std::vector<double> getGradient(const QuantizedMatrix &matrix,
                                  int64_t row) const {
    std::vector<double> gradient(k);
    std::vector<float> values(k);
    matrix.dequantizeRow(row, values.data());
    for (int64_t i = 0; i < k; ++i) {
      double error = double(values[i]) - double(w[row * k + i]);
      for (int64_t j = 0; j < k; ++j)
        gradient[j] += error * double(hessian.get(i, j));
    }
    return gradient;
  }
  double getError(const QuantizedMatrix &matrix) const {
    double sum = 0.0;
    for (int64_t row = 0; row < n; ++row) {
      std::vector<double> gradient = getGradient(matrix, row);
      std::vector<float> values(k);
      matrix.dequantizeRow(row, values.data());
      for (int64_t i = 0; i < k; ++i)
        sum += gradient[i] * (double(values[i]) - double(w[row * k + i]));
    }
    return sum;
  }
};
} // namespace

static std::string getTestName(
    const testing::TestParamInfo<CoordinateDescentTest::ParamType> &info) {
  const char *constraints[] = {"free", "m1", "m2", "m3"};
  return std::string(getFormatName(std::get<0>(info.param))) + "_" +
         constraints[int(std::get<1>(info.param))];
}

INSTANTIATE_TEST_SUITE_P(
    All, CoordinateDescentTest,
    testing::Combine(testing::Values(Format::E2M1, Format::E3M0, Format::INT4,
                                     Format::INT8),
                     testing::Values(ScaleConstraint::Free, ScaleConstraint::M1,
                                     ScaleConstraint::M2, ScaleConstraint::M3)),
    getTestName);

/// When codes stay, none of them has a better value, all others as they are.
TEST_P(CoordinateDescentTest, EndsWhereNoCodeCanDoBetter) {
  QuantizedMatrix matrix = round();
  double before = getError(matrix);
  std::vector<float> scales = matrix.scales, anchors = matrix.anchors;
  DescentOptions descent{200, false};
  ASSERT_TRUE(bool(refineCodes(getView(), hessian, descent, matrix)));
  EXPECT_LT(getError(matrix), 0.7 * before);
  EXPECT_EQ(matrix.scales, scales);
  EXPECT_EQ(matrix.anchors, anchors);

  std::vector<double> values = getValues(matrix.format);
  for (int64_t row = 0; row < n; ++row) {
    std::vector<double> gradient = getGradient(matrix, row);
    for (int64_t i = 0; i < k; ++i) {
      double scale = getScale(matrix, row, i / matrix.group);
      double value =
          scale * getCodeValue(matrix.format, values, getCode(matrix, row, i));
      double wanted = value - gradient[i] / hessian.get(i, i);
      EXPECT_LE(std::fabs(wanted - value),
                getDistance(values, wanted, scale) + 1e-3 * scale)
          << "row " << row << ", column " << i;
    }
  }
}

/// Each pass helps, and refitted scales help.
TEST_P(CoordinateDescentTest, NoStepMakesItWorse) {
  double last = getError(round());
  for (int passes : {1, 2, 4, 8}) {
    QuantizedMatrix matrix = round();
    ASSERT_TRUE(bool(refineCodes(getView(), hessian, {passes, true}, matrix)));
    double error = getError(matrix);
    EXPECT_LE(error, last * (1 + 1e-6));
    last = error;
  }
  QuantizedMatrix fixed = round();
  ASSERT_TRUE(bool(refineCodes(getView(), hessian, {8, false}, fixed)));
  if (options.constraint == ScaleConstraint::M1)
    EXPECT_NEAR(last, getError(fixed), 1e-9 * last);
  else
    EXPECT_LT(last, getError(fixed));
}

/// The anchor's derivative is zero in the end; so is that of the last group's
/// scale, the one that was fitted last.
TEST_P(CoordinateDescentTest, ScalesAreFitted) {
  if (options.constraint == ScaleConstraint::M1)
    return;
  QuantizedMatrix matrix = round();
  ASSERT_TRUE(bool(refineCodes(getView(), hessian, {3, true}, matrix)));
  int64_t begin = options.constraint >= ScaleConstraint::M2
                      ? 0
                      : (matrix.getNumGroups() - 1) * matrix.group;
  for (int64_t row = 0; row < n; ++row) {
    std::vector<double> gradient = getGradient(matrix, row);
    std::vector<float> values(k);
    matrix.dequantizeRow(row, values.data());
    double along = 0.0, curvature = 0.0;
    for (int64_t i = begin; i < k; ++i) {
      along += gradient[i] * double(values[i]);
      for (int64_t j = begin; j < k; ++j)
        curvature +=
            double(values[i]) * double(values[j]) * double(hessian.get(i, j));
    }
    EXPECT_LE(std::fabs(along), 1e-4 * curvature) << "row " << row;
  }
}

TEST_P(CoordinateDescentTest, EnergiesAndThreads) {
  QuantizedMatrix one = round(), many = round();
  ASSERT_TRUE(bool(refineCodes(getView(), hessian, {}, one)));
  ASSERT_TRUE(
      bool(refineCodes(getView(), hessian, {}, many, makeParallelFor(3))));
  EXPECT_EQ(one.codes, many.codes);
  EXPECT_EQ(one.scales, many.scales);
  EXPECT_EQ(one.anchors, many.anchors);
  std::vector<float> found = dequantize(one);
  double error = 0.0;
  for (int64_t i = 0; i < n * k; ++i)
    error += std::pow(double(w[i]) - double(found[i]), 2);
  EXPECT_NEAR(one.errorEnergy, error, 1e-9 * error);
}

//===----------------------------------------------------------------------===//
// Degenerate inputs
//===----------------------------------------------------------------------===//

TEST(CoordinateDescent, ColumnsAndRowsOfZeros) {
  constexpr int64_t n = 4, k = 40, tokens = 50;
  std::vector<float> w = makeNormal(n * k, 3), x = makeInputs(tokens, k, 4);
  std::fill(w.begin() + k, w.begin() + 2 * k, 0.0f);
  for (int64_t token = 0; token < tokens; ++token)
    x[token * k + 7] = 0.0f;
  auto hessian = DampedHessian::compute(makeHessian(x, tokens, k), {});
  WeightView view = WeightView::rowMajor(w.data(), n, k);
  for (auto constraint :
       {ScaleConstraint::Free, ScaleConstraint::M1, ScaleConstraint::M2}) {
    QuantizeOptions options;
    options.constraint = constraint;
    auto matrix = RoundToNearest().quantize(view, options);
    ASSERT_TRUE(bool(matrix));
    ASSERT_TRUE(bool(refineCodes(view, *hessian, {}, *matrix)));
    for (int64_t row = 0; row < n; ++row)
      EXPECT_EQ(getCode(*matrix, row, 7) & 7, 0u);
    for (int64_t column = 0; column < k; ++column)
      EXPECT_EQ(getCode(*matrix, 1, column) & 7, 0u);
    for (float value : dequantize(*matrix))
      EXPECT_TRUE(std::isfinite(value));
  }
}

TEST(CoordinateDescent, Errors) {
  constexpr int64_t n = 3, k = 20;
  std::vector<float> w = makeNormal(n * k, 5);
  WeightView view = WeightView::rowMajor(w.data(), n, k);
  auto hessian =
      DampedHessian::compute(makeHessian(makeInputs(30, k, 6), 30, k), {});
  auto matrix = RoundToNearest().quantize(view, {});
  auto getError = [&](const WeightView &weight, int passes) {
    auto result = refineCodes(weight, *hessian, {passes, true}, *matrix);
    return result ? std::string("no error") : result.message();
  };
  EXPECT_EQ(getError(view, -1),
            "coordinate descent of -1 passes, expected 0 or more");
  EXPECT_EQ(getError(WeightView::rowMajor(w.data(), 2, k), 1),
            "quantized weight of 3 x 20, expected 2 x 20 as the float weight");
  w[1 * k + 4] = std::nanf("");
  EXPECT_EQ(getError(view, 1), "NaN in the weight at row 1, column 4, expected "
                               "finite values to quantize");
  hessian->k = 19;
  EXPECT_EQ(getError(view, 1),
            "Hessian of 19 columns, expected the weight's 20");
}
