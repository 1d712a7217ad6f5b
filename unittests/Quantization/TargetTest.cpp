//===- TargetTest.cpp - least squares towards other outputs ---------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "zq/Quantization/Target.h"
#include "Calibration.h"
#include "Reference.h"

#include "gtest/gtest.h"

using namespace zq;
using namespace zq::test;

namespace {
/// A layer whose inputs x were changed from xf, beside a residual stream.
class TargetTest : public testing::Test {
protected:
  static constexpr int64_t n = 70, k = 60, tokens = 400;
  std::vector<float> w = makeNormal(n * k, 1);
  std::vector<float> xf = makeInputs(tokens, k, 2);
  std::vector<float> x = xf;
  std::vector<float> residual = makeNormal(tokens * n, 3, 2.0f);
  DampingOptions damping{Damping::Diagonal, 1e-3};
  DampedHessian hessian;
  HessianFactor factor;
  CrossMoment inputs, residuals;

  TargetTest() {
    std::vector<float> noise = makeNormal(tokens * k, 4, 0.3f);
    for (int64_t i = 0; i < tokens * k; ++i)
      x[i] = 0.8f * xf[i] + noise[i];
    // A residual that the inputs can explain in part.
    for (int64_t token = 0; token < tokens; ++token)
      for (int64_t row = 0; row < n; ++row)
        residual[token * n + row] += x[token * k + row % k];
    MomentAccumulator square(k), cross(k, k), sums(n, k);
    EXPECT_TRUE(bool(square.add(x.data(), tokens)));
    EXPECT_TRUE(bool(cross.add(xf.data(), x.data(), tokens)));
    EXPECT_TRUE(bool(sums.add(residual.data(), x.data(), tokens)));
    inputs = cross.getCrossMoment();
    residuals = sums.getCrossMoment();
    auto damped = DampedHessian::compute(square.getHessian(), damping);
    EXPECT_TRUE(bool(damped));
    hessian = std::move(*damped);
    auto factored = HessianFactor::compute(hessian, ColumnOrder::Descending);
    EXPECT_TRUE(bool(factored));
    factor = std::move(*factored);
  }
  Result<std::vector<float>> compute(const TargetMoments &moments,
                                     double strength) {
    return computeTargetWeight(WeightView::rowMajor(w.data(), n, k), hessian,
                               factor, moments, strength, makeParallelFor(2));
  }
  /// sum |v x - y|^2 + sum damping H_ii (v_i - w_i)^2 tokens / 2, in double:
  /// what a target of strength 1 minimises. y = w xf (+ residual).
  double getLoss(const std::vector<float> &v, bool withInputs,
                 bool withResidual) const {
    double loss = 0.0;
    for (int64_t token = 0; token < tokens; ++token)
      for (int64_t row = 0; row < n; ++row) {
        double difference = withResidual ? -residual[token * n + row] : 0.0;
        for (int64_t i = 0; i < k; ++i) {
          double before = withInputs ? xf[token * k + i] : x[token * k + i];
          difference += double(v[row * k + i]) * double(x[token * k + i]) -
                        double(w[row * k + i]) * before;
        }
        loss += difference * difference;
      }
    for (int64_t i = 0; i < n * k; ++i)
      loss += damping.amount * double(hessian.importance[i % k]) * tokens / 2 *
              std::pow(double(v[i]) - double(w[i]), 2);
    return loss;
  }
};
} // namespace

/// No small step in any of some random directions makes the loss smaller.
TEST_F(TargetTest, IsTheMinimum) {
  for (bool withInputs : {false, true})
    for (bool withResidual : {false, true}) {
      if (!withInputs && !withResidual)
        continue;
      TargetMoments moments{withInputs ? &inputs : nullptr,
                            withResidual ? &residuals : nullptr};
      auto target = compute(moments, 1.0);
      ASSERT_TRUE(bool(target)) << target.message();
      double least = getLoss(*target, withInputs, withResidual);
      EXPECT_LT(least, 0.9 * getLoss(w, withInputs, withResidual));
      for (unsigned seed = 10; seed < 14; ++seed) {
        std::vector<float> step = makeNormal(n * k, seed, 1e-2f), v = *target;
        for (float sign : {-1.0f, 1.0f}) {
          for (int64_t i = 0; i < n * k; ++i)
            v[i] = (*target)[i] + sign * step[i];
          EXPECT_GT(getLoss(v, withInputs, withResidual), least);
        }
      }
    }
}

/// Strengths are points on the line from the weight to the full target.
TEST_F(TargetTest, Strength) {
  TargetMoments moments{&inputs, &residuals};
  auto none = compute(moments, 0.0), half = compute(moments, 0.5),
       full = compute(moments, 1.0);
  ASSERT_TRUE(none && half && full);
  for (int64_t i = 0; i < n * k; ++i) {
    EXPECT_EQ((*none)[i], w[i]);
    EXPECT_NEAR((*half)[i], 0.5f * (w[i] + (*full)[i]), 1e-5);
  }
}

/// The weight's own outputs ask for no change.
TEST_F(TargetTest, OwnOutputs) {
  MomentAccumulator own(k, k);
  ASSERT_TRUE(bool(own.add(x.data(), x.data(), tokens)));
  CrossMoment moment = own.getCrossMoment();
  auto target = compute({&moment, nullptr}, 1.0);
  ASSERT_TRUE(bool(target));
  for (int64_t i = 0; i < n * k; ++i)
    EXPECT_NEAR((*target)[i], w[i], 1e-4);
}

TEST_F(TargetTest, Errors) {
  auto getError = [&](const TargetMoments &moments) {
    auto result = compute(moments, 1.0);
    return result ? std::string("no error") : result.message();
  };
  CrossMoment fewer = inputs;
  fewer.tokens -= 1;
  EXPECT_EQ(getError({&fewer, nullptr}),
            "cross moment of inputs over 399 tokens, expected the same 400 "
            "that the Hessian was taken over");
  EXPECT_EQ(getError({&residuals, nullptr}),
            "cross moment of inputs of 70 x 60, expected 60 x 60");
  residuals.values[2 * k + 3] = INFINITY;
  EXPECT_NE(getError({nullptr, &residuals}).find("at row 2, column 3"),
            std::string::npos);
  w[3 * k + 5] = std::nanf("");
  EXPECT_NE(getError({&inputs, nullptr}).find("NaN in the weight at row 3"),
            std::string::npos);
}
