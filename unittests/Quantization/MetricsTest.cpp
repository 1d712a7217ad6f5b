//===- MetricsTest.cpp - SQNR and output error against double -------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "zq/Quantization/Metrics.h"
#include "Reference.h"

#include "gtest/gtest.h"

using namespace zq;
using namespace zq::test;

namespace {
class MetricsTest : public testing::Test {
protected:
  static constexpr int64_t n = 70, k = 90, m = 11;
  std::vector<float> w = makeNormal(n * k, 31);
  std::vector<float> x = makeNormal(m * k, 32);
  WeightView view = WeightView::rowMajor(w.data(), n, k);
  QuantizedMatrix quantized = std::move(*RoundToNearest().quantize(view, {}));
  LowRankFactors lowRank =
      std::move(*computeLowRankFactors(view, quantized, 5));

  /// The weight that the layer stands for, in double.
  double getWeight(int64_t row, int64_t column, bool withLowRank) const {
    double value = getScale(quantized, row, 0) *
                   getCodeValue(Format::E2M1, getValues(Format::E2M1),
                                getCode(quantized, row, column));
    for (int64_t i = 0; withLowRank && i < lowRank.rank; ++i)
      value += double(lowRank.up[row * lowRank.rank + i]) *
               double(lowRank.down[i * k + column]);
    return value;
  }
};
} // namespace

TEST_F(MetricsTest, SQNR) {
  for (bool withLowRank : {false, true}) {
    double signal = 0.0, error = 0.0;
    for (int64_t row = 0; row < n; ++row)
      for (int64_t column = 0; column < k; ++column) {
        double value = w[row * k + column];
        double difference = value - getWeight(row, column, withLowRank);
        signal += value * value;
        error += difference * difference;
      }
    auto found = computeSQNR(view, quantized, withLowRank ? &lowRank : nullptr,
                             makeParallelFor(2));
    ASSERT_TRUE(bool(found));
    EXPECT_NEAR(*found, 10.0 * std::log10(signal / error), 1e-4);
  }
  EXPECT_NEAR(quantized.getSQNR(), *computeSQNR(view, quantized), 1e-4);
}

TEST_F(MetricsTest, SQNRWithoutError) {
  std::vector<float> exact = {6, -3, 0.5f, 0};
  WeightView exactView = WeightView::rowMajor(exact.data(), 1, 4);
  auto matrix = RoundToNearest().quantize(exactView, {});
  ASSERT_TRUE(bool(matrix));
  EXPECT_EQ(*computeSQNR(exactView, *matrix),
            std::numeric_limits<double>::infinity());
  EXPECT_EQ(*computeOutputError(exactView, *matrix, std::nullopt, nullptr, 3),
            0.0);
}

/// y = x w^T in double; activations rounded by the brute-force reference.
TEST_F(MetricsTest, OutputError) {
  for (auto activation :
       {std::optional<Format>(), std::optional(Format::E4M3),
        std::optional(Format::E5M2), std::optional(Format::INT8)})
    for (bool withLowRank : {false, true}) {
      double signal = 0.0, error = 0.0;
      for (int64_t token = 0; token < m; ++token) {
        std::vector<double> rounded(x.begin() + token * k,
                                    x.begin() + (token + 1) * k);
        if (activation) {
          std::vector<double> values = getValues(*activation);
          double scale = getAbsMax(&x[token * k], k) / values.back();
          for (double &value : rounded) {
            double nearest = 0.0;
            for (double candidate : values)
              if (std::fabs(std::fabs(value) - scale * candidate) <
                  std::fabs(std::fabs(value) - nearest))
                nearest = scale * candidate;
            value = std::copysign(nearest, value);
          }
        }
        for (int64_t row = 0; row < n; ++row) {
          double y = 0.0, found = 0.0;
          for (int64_t column = 0; column < k; ++column) {
            double input = x[token * k + column];
            double plain = getWeight(row, column, false);
            y += input * w[row * k + column];
            found += rounded[column] * plain;
            if (withLowRank)
              found += input * (getWeight(row, column, true) - plain);
          }
          signal += y * y;
          error += (y - found) * (y - found);
        }
      }
      auto found = computeOutputError(view, quantized, activation, x.data(), m,
                                      withLowRank ? &lowRank : nullptr,
                                      makeParallelFor(2));
      ASSERT_TRUE(bool(found));
      EXPECT_NEAR(*found, std::sqrt(error / signal), 2e-4 * *found);
    }
}

/// Without a batch, one of standard normal values: the error of the output is
/// about that of the weight.
TEST_F(MetricsTest, OutputErrorOnTheDefaultProbe) {
  auto found = computeOutputError(view, quantized, std::nullopt, nullptr, 200);
  ASSERT_TRUE(bool(found));
  double expected = std::pow(10.0, -quantized.getSQNR() / 20);
  EXPECT_NEAR(*found, expected, 0.05 * expected);
  EXPECT_EQ(*found, *computeOutputError(view, quantized, std::nullopt, nullptr,
                                        200, nullptr, makeParallelFor(5)));
}

TEST_F(MetricsTest, ShapesThatDiffer) {
  WeightView other = WeightView::rowMajor(w.data(), k, n);
  EXPECT_EQ(
      computeSQNR(other, quantized).message(),
      "quantized weight of 70 x 90, expected 90 x 70 as the float weight");
  LowRankFactors wrong = lowRank;
  wrong.k = 91;
  EXPECT_EQ(
      computeOutputError(view, quantized, std::nullopt, nullptr, 2, &wrong)
          .message(),
      "low-rank factors of 70 x 91, expected 70 x 90 as the float weight");
}
