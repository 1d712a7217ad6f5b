//===- CalibratedTest.cpp - every step of the chain brings something ------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "zq/Quantization/Calibrated.h"
#include "Calibration.h"
#include "Reference.h"

#include "gtest/gtest.h"

#include <cmath>

using namespace zq;
using namespace zq::test;

namespace {
class CalibratedTest : public testing::TestWithParam<ScaleConstraint> {
protected:
  static constexpr int64_t n = 96, k = 256, tokens = 1500;
  std::vector<float> w = makeStudentT(n * k, 1, 5.0f);
  std::vector<float> x = makeInputs(tokens, k, 2);
  Hessian hessian = makeHessian(x, tokens, k);
  CalibrationOptions options;

  CalibratedTest() {
    options.weight.group = 64;
    options.weight.constraint = GetParam();
    if (GetParam() == ScaleConstraint::Free)
      options.weight.clip = ClipMethod::Search;
    else
      options.weight.shift = ShiftRounding::MSE;
    options.weight.anchorSearch = GetParam() >= ScaleConstraint::M2;
    options.reportSteps = true;
  }
  CalibratedWeight quantize(const TargetMoments &moments = {}) {
    auto inputs = LayerInputs::compute(hessian, {Damping::Diagonal, 1e-3},
                                       ColumnOrder::Descending);
    EXPECT_TRUE(bool(inputs));
    auto result =
        quantizeCalibrated(WeightView::rowMajor(w.data(), n, k), *inputs,
                           options, moments, makeParallelFor(2));
    EXPECT_TRUE(bool(result)) << result.message();
    return std::move(*result);
  }
  /// What the layer then computes.
  static std::vector<float> getWeight(const CalibratedWeight &result) {
    std::vector<float> found = dequantize(result.matrix);
    if (result.lowRank) {
      std::vector<float> rest = multiplyFactors(*result.lowRank);
      for (int64_t i = 0; i < n * k; ++i)
        found[i] += rest[i];
    }
    return found;
  }
};
} // namespace

INSTANTIATE_TEST_SUITE_P(Constraints, CalibratedTest,
                         testing::Values(ScaleConstraint::Free,
                                         ScaleConstraint::M1,
                                         ScaleConstraint::M2,
                                         ScaleConstraint::M3));

TEST_P(CalibratedTest, EachStepHelps) {
  options.lowRank.rank = 8;
  CalibratedWeight result = quantize();
  std::vector<std::string> names;
  for (const CalibrationStep &step : result.steps) {
    names.push_back(step.name);
    RecordProperty(step.name, std::to_string(step.error));
  }
  EXPECT_EQ(names,
            (std::vector<std::string>{"nearest", "scales", "gptq", "descent",
                                      "lorc 1", "lorc 2", "lorc 3"}));
  for (size_t i = 1; i < result.steps.size(); ++i)
    EXPECT_LT(result.steps[i].error, result.steps[i - 1].error)
        << result.steps[i].name;
  EXPECT_LT(result.steps[2].error, 0.5 * result.steps[0].error);
  // The last one is the error on the data, found without a Hessian.
  double expected = getOutputError(w, getWeight(result), n, k, x, tokens);
  EXPECT_NEAR(result.steps.back().error, expected, 1e-3 * expected);
}

/// Steps that are not asked for are not taken.
TEST_P(CalibratedTest, EachStepIsAnOption) {
  options.reportSteps = false;
  options.gptq = false;
  options.descent.passes = 0;
  CalibratedWeight result = quantize();
  EXPECT_TRUE(result.steps.empty());
  EXPECT_FALSE(result.lowRank);
  QuantizeOptions plain = options.weight;
  plain.columnImportance = hessian.getDiagonal();
  WeightView view = WeightView::rowMajor(w.data(), n, k);
  auto nearest = RoundToNearest().quantize(view, plain);
  ASSERT_TRUE(bool(nearest));
  EXPECT_EQ(result.matrix.codes, nearest->codes);
  EXPECT_NEAR(result.matrix.errorEnergy, nearest->errorEnergy,
              1e-6 * nearest->errorEnergy);

  options.weightScales = false;
  result = quantize();
  nearest = RoundToNearest().quantize(view, options.weight);
  EXPECT_EQ(result.matrix.codes, nearest->codes);
}

/// What of each column's curvature is left once the columns after it in `order`
/// make up for its error, by elimination in double.
static std::vector<float>
getConditionalImportance(const DampedHessian &hessian,
                         const std::vector<int32_t> &order) {
  int64_t k = hessian.k;
  std::vector<double> a(k * k);
  for (int64_t i = 0; i < k; ++i)
    for (int64_t j = 0; j < k; ++j)
      a[i * k + j] = double(hessian.get(order[i], order[j]));
  std::vector<float> importance(k);
  for (int64_t pivot = k; pivot-- > 0;) {
    importance[order[pivot]] = float(a[pivot * k + pivot]);
    for (int64_t i = 0; i < pivot; ++i)
      for (int64_t j = 0; j < pivot; ++j)
        a[i * k + j] -=
            a[i * k + pivot] * a[pivot * k + j] / a[pivot * k + pivot];
  }
  return importance;
}

/// Scales are those of a search with that importance, and better for GPTQ.
TEST_P(CalibratedTest, ConditionalImportance) {
  options.descent.passes = 0;
  double diagonal = quantize().steps.back().error;
  options.scaleImportance = ScaleImportance::Conditional;
  CalibratedWeight result = quantize();
  EXPECT_LT(result.steps.back().error, 0.98 * diagonal);

  auto inputs = LayerInputs::compute(hessian, {Damping::Diagonal, 1e-3},
                                     ColumnOrder::Descending);
  ASSERT_TRUE(bool(inputs));
  QuantizeOptions plain = options.weight;
  plain.columnImportance =
      getConditionalImportance(inputs->hessian, inputs->factor->order);
  auto expected =
      RoundToNearest().quantize(WeightView::rowMajor(w.data(), n, k), plain);
  ASSERT_TRUE(bool(expected));
  int64_t groups = expected->getNumGroups(), same = 0;
  for (int64_t row = 0; row < n; ++row)
    for (int64_t g = 0; g < groups; ++g)
      same += std::fabs(expected->getScale(row, g) /
                            result.matrix.getScale(row, g) -
                        1.0f) < 1e-3f;
  // But for ties of the search.
  EXPECT_GE(same, n * groups * 99 / 100);
}

/// Without descent, codes and factors are found in turn, and the best round is
/// what comes out.
TEST_P(CalibratedTest, AlternatingCodesAndFactors) {
  options.descent.passes = 0;
  options.lowRank.rank = 8;
  for (bool gptq : {false, true}) {
    options.gptq = gptq;
    CalibratedWeight result = quantize();
    double least = 1.0;
    for (const CalibrationStep &step : result.steps)
      least = std::min(least, step.error);
    EXPECT_EQ(result.steps.back().name, "lorc 3");
    double found = getOutputError(w, getWeight(result), n, k, x, tokens);
    EXPECT_NEAR(found, least, 1e-3 * least);
    EXPECT_LT(least, result.steps[gptq ? 2 : 1].error);
  }
}

/// Towards the output of other inputs: nearer to it than without.
TEST_P(CalibratedTest, Target) {
  std::vector<float> before = x, noise = makeNormal(tokens * k, 3, 0.2f);
  for (int64_t i = 0; i < tokens * k; ++i)
    x[i] = 0.9f * x[i] + noise[i];
  MomentAccumulator square(k), cross(k, k);
  ASSERT_TRUE(bool(square.add(x.data(), tokens)));
  ASSERT_TRUE(bool(cross.add(before.data(), x.data(), tokens)));
  hessian = square.getHessian();
  CrossMoment moment = cross.getCrossMoment();
  auto getError = [&](const CalibratedWeight &result) {
    std::vector<float> found = getWeight(result);
    double signal = 0.0, error = 0.0;
    for (int64_t token = 0; token < tokens; token += 10)
      for (int64_t row = 0; row < n; ++row) {
        double y = 0.0, difference = 0.0;
        for (int64_t i = 0; i < k; ++i) {
          double wanted =
              double(w[row * k + i]) * double(before[token * k + i]);
          y += wanted;
          difference +=
              wanted - double(found[row * k + i]) * double(x[token * k + i]);
        }
        signal += y * y;
        error += difference * difference;
      }
    return error / signal;
  };
  double none = getError(quantize());
  options.targetStrength = 1.0;
  EXPECT_LT(getError(quantize({&moment, nullptr})), 0.8 * none);
}

TEST(Calibrated, Errors) {
  std::vector<float> w = makeNormal(6, 1);
  Hessian hessian{3, 1, {1, 0, 0, 0, 1, 0, 0, 0, 1}};
  auto inputs = LayerInputs::compute(hessian, {}, ColumnOrder::Natural);
  ASSERT_TRUE(bool(inputs));
  auto getError = [&](const WeightView &view,
                      const CalibrationOptions &options) {
    auto result = quantizeCalibrated(view, *inputs, options);
    return result ? std::string("no error") : result.message();
  };
  CalibrationOptions options;
  EXPECT_EQ(getError(WeightView::rowMajor(w.data(), 3, 2), options),
            "Hessian of 3 columns, expected the weight's 2");
  WeightView view = WeightView::rowMajor(w.data(), 2, 3);
  options.weight.columnImportance = {1, 2, 3};
  EXPECT_NE(getError(view, options).find("expected one of them"),
            std::string::npos);
  options.weight.columnImportance.clear();
  options.lowRank.rank = 3;
  EXPECT_NE(getError(view, options).find("rank 3"), std::string::npos);
  options.lowRankRounds = 0;
  EXPECT_NE(getError(view, options).find("LoRC in 0 rounds"),
            std::string::npos);
}
