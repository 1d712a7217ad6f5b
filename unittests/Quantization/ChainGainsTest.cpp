//===- ChainGainsTest.cpp - each option measured with it and without ------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "zq/Quantization/ChainGains.h"
#include "Calibration.h"
#include "Reference.h"

#include "gtest/gtest.h"

using namespace zq;
using namespace zq::test;

namespace {
class ChainGainsTest : public testing::Test {
protected:
  static constexpr int64_t n = 64, k = 192, tokens = 900;
  std::vector<float> w = makeStudentT(n * k, 1, 5.0f);
  std::vector<float> inFloat = makeInputs(tokens, k, 2), x = inFloat;
  std::vector<float> missing = makeNormal(tokens * n, 4, 0.3f);
  CalibrationOptions options;
  DampingOptions damping{Damping::Diagonal, 1e-3};
  Hessian hessian;
  CrossMoment inputMoment, residualMoment;

  ChainGainsTest() {
    options.weight.group = 64;
    options.weight.constraint = ScaleConstraint::M2;
    options.weight.shift = ShiftRounding::MSE;
    options.weight.anchorSearch = true;
    options.descent.passes = 4;
    std::vector<float> noise = makeNormal(tokens * k, 3, 0.2f);
    for (int64_t i = 0; i < tokens * k; ++i)
      x[i] = 0.9f * x[i] + noise[i];
    hessian = makeHessian(x, tokens, k);
    MomentAccumulator input(k, k), residual(n, k);
    EXPECT_TRUE(bool(input.add(inFloat.data(), x.data(), tokens)));
    EXPECT_TRUE(bool(residual.add(missing.data(), x.data(), tokens)));
    inputMoment = input.getCrossMoment();
    residualMoment = residual.getCrossMoment();
  }
  WeightView view() const { return WeightView::rowMajor(w.data(), n, k); }
  LayerInputs getInputs(ColumnOrder order = ColumnOrder::Descending) const {
    auto inputs = LayerInputs::compute(hessian, damping, order);
    EXPECT_TRUE(bool(inputs));
    return std::move(*inputs);
  }
  std::vector<ChainGain> measure(const TargetMoments &moments = {}) const {
    auto gains = measureChainGains(view(), getInputs(), damping, options,
                                   moments, makeParallelFor(2));
    EXPECT_TRUE(bool(gains)) << gains.message();
    return std::move(*gains);
  }
  static std::vector<std::string>
  getNames(const std::vector<ChainGain> &gains) {
    std::vector<std::string> names;
    for (const ChainGain &gain : gains)
      names.push_back(gain.name);
    return names;
  }
  /// Of a quantized weight, found from the inputs without a Hessian.
  double getError(const QuantizedMatrix &matrix) const {
    return getOutputError(w, dequantize(matrix), n, k, x, tokens);
  }
};
} // namespace

TEST_F(ChainGainsTest, AllOptions) {
  options.lowRank.rank = 8;
  options.scaleImportance = ScaleImportance::Conditional;
  std::vector<ChainGain> gains = measure({&inputMoment, &residualMoment});
  EXPECT_EQ(getNames(gains),
            (std::vector<std::string>{
                "shifts", "anchors", "importance", "gptq", "damping", "order",
                "conditional", "descent", "refit", "float output", "residual",
                "lorc", "lorc weighted", "lorc rounds"}));
  for (size_t i = 1; i < gains.size(); ++i) {
    // Targets change the measure.
    bool isTarget =
        gains[i].name == "float output" || gains[i].name == "residual";
    if (!isTarget)
      EXPECT_EQ(gains[i].before, gains[i - 1].after) << gains[i].name;
  }
  // What has nothing to do with chance.
  for (const ChainGain &gain : gains)
    if (gain.name != "anchors" && gain.name != "shifts" &&
        gain.name != "damping" && gain.name != "order" &&
        gain.name != "conditional")
      EXPECT_LT(gain.after, gain.before) << gain.name;

  // The first and some others, each made by itself.
  QuantizeOptions scales = options.weight;
  scales.shift.reset();
  scales.anchorSearch = false;
  auto nearest = RoundToNearest().quantize(view(), scales);
  ASSERT_TRUE(bool(nearest));
  double wanted = getError(*nearest);
  EXPECT_NEAR(gains[0].before, wanted, 1e-3 * wanted);

  scales = options.weight;
  scales.columnImportance = hessian.getDiagonal();
  auto gptq = [&](const DampingOptions &damping, ColumnOrder order) {
    auto factor = HessianFactor::compute(hessian, damping, order);
    EXPECT_TRUE(bool(factor));
    auto matrix =
        GPTQ(std::make_shared<const HessianFactor>(std::move(*factor)))
            .quantize(view(), scales);
    EXPECT_TRUE(bool(matrix));
    return getError(*matrix);
  };
  wanted = gptq({}, ColumnOrder::Natural);
  EXPECT_NEAR(gains[3].after, wanted, 1e-3 * wanted);
  wanted = gptq(damping, ColumnOrder::Natural);
  EXPECT_NEAR(gains[4].after, wanted, 1e-3 * wanted);
  wanted = gptq(damping, ColumnOrder::Descending);
  EXPECT_NEAR(gains[5].after, wanted, 1e-3 * wanted);
}

/// The last error is that of the weight that the options give.
TEST_F(ChainGainsTest, EndsWithTheWholeChain) {
  options.reportSteps = true;
  options.lowRank.rank = 4;
  TargetMoments moments{&inputMoment, nullptr};
  auto whole = quantizeCalibrated(view(), getInputs(), options, moments);
  ASSERT_TRUE(bool(whole));
  std::vector<ChainGain> gains = measure(moments);
  EXPECT_EQ(gains.back().name, "lorc rounds");
  EXPECT_EQ(gains.back().after, whole->steps.back().error);
}

TEST_F(ChainGainsTest, OnlyOptionsThatAreOn) {
  options.descent.passes = 0;
  options.weight.anchorSearch = false;
  damping = {};
  EXPECT_EQ(getNames(measure()), (std::vector<std::string>{
                                     "shifts", "importance", "gptq", "order"}));
  options.gptq = options.weightScales = false;
  options.lowRank.rank = 2;
  options.weightLowRank = false;
  options.lowRankRounds = 1;
  EXPECT_EQ(getNames(measure()), (std::vector<std::string>{"shifts", "lorc"}));
}

TEST_F(ChainGainsTest, SearchesWithoutInputs) {
  auto getGains = [&] {
    auto gains = measureSearchGains(view(), options.weight);
    EXPECT_TRUE(bool(gains));
    return std::move(*gains);
  };
  std::vector<ChainGain> gains = getGains();
  EXPECT_EQ(getNames(gains), (std::vector<std::string>{"shifts", "anchors"}));
  EXPECT_LT(gains[0].after, gains[0].before);
  EXPECT_LT(gains[1].after, gains[1].before);
  EXPECT_EQ(gains[1].before, gains[0].after);
  options.weight.constraint = ScaleConstraint::Free;
  options.weight.clip = ClipMethod::Search;
  options.weight.anchorSearch = false;
  EXPECT_EQ(getNames(getGains()), std::vector<std::string>{"clip"});
  options.weight.clip = ClipMethod::AbsMax;
  EXPECT_TRUE(getGains().empty());
}
