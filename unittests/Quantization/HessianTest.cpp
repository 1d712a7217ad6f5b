//===- HessianTest.cpp - moments, damping, the factor ---------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Calibration.h"
#include "Reference.h"

#include "gtest/gtest.h"

#include <algorithm>

using namespace zq;
using namespace zq::test;

/// Several tiles and products, K no multiple of either.
TEST(MomentAccumulator, Hessian) {
  constexpr int64_t k = 301, tokens = 700;
  std::vector<float> x = makeInputs(tokens, k, 1);
  Hessian expected = makeHessian(x, tokens, k);
  MomentAccumulator accumulator(k);
  ASSERT_TRUE(bool(accumulator.add(x.data(), 600, makeParallelFor(2))));
  ASSERT_TRUE(bool(accumulator.add(x.data() + 600 * k, 100)));
  ASSERT_TRUE(bool(accumulator.add(x.data(), 0)));
  EXPECT_EQ(accumulator.getTokens(), tokens);
  Hessian found = accumulator.getHessian();
  EXPECT_EQ(found.tokens, tokens);
  for (int64_t i = 0; i < k; ++i)
    for (int64_t j = 0; j < k; ++j) {
      EXPECT_EQ(found.get(i, j), found.get(j, i));
      double size = std::sqrt(double(expected.get(i, i)) * expected.get(j, j));
      ASSERT_NEAR(found.get(i, j), expected.get(i, j), 3e-6 * size);
    }
}

TEST(MomentAccumulator, CrossMoment) {
  constexpr int64_t rows = 37, k = 65, tokens = 90;
  std::vector<float> x = makeInputs(tokens, k, 2);
  std::vector<float> y = makeInputs(tokens, rows, 3);
  MomentAccumulator accumulator(rows, k);
  ASSERT_TRUE(bool(accumulator.add(y.data(), x.data(), tokens)));
  CrossMoment found = accumulator.getCrossMoment();
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < k; ++j) {
      double sum = 0.0, size = 0.0;
      for (int64_t token = 0; token < tokens; ++token) {
        double product = double(y[token * rows + i]) * x[token * k + j];
        sum += product * 2.0 / tokens;
        size += std::fabs(product) * 2.0 / tokens;
      }
      EXPECT_NEAR(found.values[i * k + j], sum, 1e-6 * size);
    }
}

TEST(MomentAccumulator, SameBitsOnAnyNumberOfThreads) {
  constexpr int64_t k = 600, tokens = 100;
  std::vector<float> x = makeInputs(tokens, k, 4);
  std::vector<float> first;
  for (unsigned threads : {1u, 2u, 5u}) {
    MomentAccumulator accumulator(k);
    ASSERT_TRUE(
        bool(accumulator.add(x.data(), tokens, makeParallelFor(threads))));
    std::vector<float> values = accumulator.getHessian().values;
    if (first.empty())
      first = values;
    EXPECT_EQ(values, first);
  }
}

TEST(MomentAccumulator, NoTokens) {
  Hessian hessian = MomentAccumulator(4).getHessian();
  EXPECT_EQ(hessian.values, std::vector<float>(16, 0.0f));
}

/// Nothing of a bad batch is added, and the message says where it is bad.
TEST(MomentAccumulator, BadValuesAreLocated) {
  constexpr int64_t k = 20, tokens = 8;
  std::vector<float> x = makeInputs(tokens, k, 5);
  MomentAccumulator accumulator(k);
  ASSERT_TRUE(bool(accumulator.add(x.data(), tokens)));
  Hessian before = accumulator.getHessian();
  for (float bad : {std::nanf(""), INFINITY, -0x1p56f}) {
    std::vector<float> y = x;
    y[3 * k + 17] = bad;
    auto result = accumulator.add(y.data(), tokens);
    ASSERT_FALSE(bool(result));
    EXPECT_NE(
        result.message().find("in the calibration inputs at token 3, value 17"),
        std::string::npos)
        << result.message();
  }
  EXPECT_EQ(accumulator.getHessian().values, before.values);
  EXPECT_EQ(accumulator.getTokens(), tokens);
}

//===----------------------------------------------------------------------===//
// Damping
//===----------------------------------------------------------------------===//

static Hessian makeDiagonal(std::vector<float> diagonal) {
  int64_t k = diagonal.size();
  Hessian hessian{k, 1, std::vector<float>(k * k)};
  for (int64_t i = 0; i < k; ++i)
    hessian.values[i * k + i] = diagonal[i];
  return hessian;
}

TEST(Damping, MeanAndDiagonal) {
  Hessian hessian = makeDiagonal({4.0f, 0.0f, 8.0f});
  auto mean = DampedHessian::compute(hessian, {Damping::Mean, 0.5});
  ASSERT_TRUE(bool(mean));
  EXPECT_EQ(mean->getDiagonal(), (std::vector<float>{7.0f, 1.0f, 11.0f}));
  auto diagonal = DampedHessian::compute(hessian, {Damping::Diagonal, 0.5});
  ASSERT_TRUE(bool(diagonal));
  EXPECT_EQ(diagonal->getDiagonal(), (std::vector<float>{6.0f, 1.0f, 12.0f}));
}

TEST(Damping, Errors) {
  auto getError = [](Hessian hessian, double amount) {
    auto result = DampedHessian::compute(hessian, {Damping::Mean, amount});
    return result ? std::string("no error") : result.message();
  };
  Hessian hessian = makeDiagonal({4.0f, 2.0f, 8.0f});
  EXPECT_NE(getError(hessian, -0.1).find("damping of -0.1"), std::string::npos);
  EXPECT_NE(getError(hessian, std::nan("")).find("damping of"),
            std::string::npos);
  hessian.values[5] = std::nanf("");
  EXPECT_NE(getError(hessian, 0.1).find("at row 1, column 2"),
            std::string::npos);
  EXPECT_NE(getError(makeDiagonal({1.0f, -1.0f}), 0.1).find("in row 1"),
            std::string::npos);
  hessian.values.pop_back();
  EXPECT_NE(getError(hessian, 0.1).find("Hessian of 8 values"),
            std::string::npos);
}

//===----------------------------------------------------------------------===//
// The factor
//===----------------------------------------------------------------------===//

namespace {
class HessianFactorTest : public testing::TestWithParam<ColumnOrder> {};
} // namespace

INSTANTIATE_TEST_SUITE_P(Orders, HessianFactorTest,
                         testing::Values(ColumnOrder::Natural,
                                         ColumnOrder::Descending),
                         [](const auto &info) {
                           return info.param == ColumnOrder::Natural
                                      ? "natural"
                                      : "descending";
                         });

/// R D R^T is the damped Hessian in the order of quantization.
TEST_P(HessianFactorTest, IsTheHessian) {
  constexpr int64_t k = 290, tokens = 500;
  Hessian hessian = makeHessian(makeInputs(tokens, k, 6), tokens, k);
  DampingOptions damping{Damping::Diagonal, 0.01};
  auto factor =
      HessianFactor::compute(hessian, damping, GetParam(), makeParallelFor(2));
  ASSERT_TRUE(bool(factor)) << factor.message();
  std::vector<int32_t> sorted = factor->order;
  if (GetParam() == ColumnOrder::Descending)
    for (int64_t j = 1; j < k; ++j)
      EXPECT_GE(hessian.get(sorted[j - 1], sorted[j - 1]),
                hessian.get(sorted[j], sorted[j]));
  std::sort(sorted.begin(), sorted.end());
  for (int64_t j = 0; j < k; ++j)
    EXPECT_EQ(sorted[j], j);

  for (int64_t i = 0; i < k; ++i) {
    EXPECT_EQ(factor->r[i * k + i], 1.0f);
    for (int64_t j = 0; j < i; ++j)
      EXPECT_EQ(factor->r[i * k + j], 0.0f);
    for (int64_t j = i; j < k; ++j) {
      double sum = 0.0;
      for (int64_t l = j; l < k; ++l)
        sum += double(factor->r[i * k + l]) * factor->d[l] *
               double(factor->r[j * k + l]);
      int64_t a = factor->order[i], b = factor->order[j];
      double expected = hessian.get(a, b) * (i == j ? 1.01 : 1.0);
      double size = std::sqrt(double(hessian.get(a, a)) * hessian.get(b, b));
      ASSERT_NEAR(sum, expected, 1e-6 * size) << i << ", " << j;
    }
  }
}

/// Fewer tokens than columns: damping makes up for the missing rank, and
/// without it the factor is refused.
TEST(HessianFactor, RankDeficient) {
  constexpr int64_t k = 200, tokens = 30;
  Hessian hessian = makeHessian(makeInputs(tokens, k, 7), tokens, k);
  for (Damping kind : {Damping::Mean, Damping::Diagonal})
    EXPECT_TRUE(bool(HessianFactor::compute(hessian, {kind, 0.001})));
  auto singular = HessianFactor::compute(hessian, {Damping::Mean, 0.0});
  ASSERT_FALSE(bool(singular));
  EXPECT_NE(singular.message().find("not positive definite"),
            std::string::npos);
}

TEST(HessianFactor, ColumnsWithoutInputs) {
  Hessian hessian = makeDiagonal({4.0f, 0.0f, 8.0f});
  auto factor = HessianFactor::compute(hessian, {Damping::Mean, 0.0},
                                       ColumnOrder::Descending);
  ASSERT_TRUE(bool(factor));
  EXPECT_EQ(factor->order, (std::vector<int32_t>{2, 0, 1}));
  for (int64_t j = 0; j < 3; ++j)
    EXPECT_DOUBLE_EQ(factor->d[j], (std::vector<double>{8, 4, 1})[j]);
  EXPECT_EQ(factor->dead, (std::vector<bool>{false, true, false}));
}

TEST(HessianFactor, NoColumns) {
  EXPECT_TRUE(bool(HessianFactor::compute(Hessian{}, {})));
}

TEST(HessianFactor, SameBitsOnAnyNumberOfThreads) {
  constexpr int64_t k = 700, tokens = 60;
  std::vector<float> x = makeInputs(tokens, k, 8);
  MomentAccumulator accumulator(k);
  ASSERT_TRUE(bool(accumulator.add(x.data(), tokens)));
  Hessian hessian = accumulator.getHessian();
  auto one = HessianFactor::compute(hessian, {});
  ASSERT_TRUE(bool(one));
  for (unsigned threads : {2u, 5u}) {
    auto many = HessianFactor::compute(hessian, {}, ColumnOrder::Natural,
                                       makeParallelFor(threads));
    ASSERT_TRUE(bool(many));
    EXPECT_EQ(one->r, many->r);
    EXPECT_EQ(one->d, many->d);
  }
}

//===----------------------------------------------------------------------===//
// The output's error
//===----------------------------------------------------------------------===//

TEST(HessianError, IsTheOutputsError) {
  constexpr int64_t n = 70, k = 100, tokens = 150;
  std::vector<float> x = makeInputs(tokens, k, 9);
  std::vector<float> w = makeNormal(n * k, 10);
  WeightView view = WeightView::rowMajor(w.data(), n, k);
  auto matrix = RoundToNearest().quantize(view, {});
  ASSERT_TRUE(bool(matrix));
  Hessian hessian = makeHessian(x, tokens, k);
  auto found = computeHessianError(view, *matrix, hessian);
  ASSERT_TRUE(bool(found));
  double expected = getOutputError(w, dequantize(*matrix), n, k, x, tokens);
  EXPECT_NEAR(*found, expected, 1e-4 * expected);

  // With what LoRC would add: here, all that is missing.
  std::vector<float> rest = dequantize(*matrix);
  for (int64_t i = 0; i < n * k; ++i)
    rest[i] = w[i] - rest[i];
  found = computeHessianError(view, *matrix, hessian, rest.data());
  ASSERT_TRUE(bool(found));
  EXPECT_LT(*found, 1e-12);

  hessian.k = 99;
  EXPECT_FALSE(bool(computeHessianError(view, *matrix, hessian)));
}
