//===- LowRankTest.cpp - LoRC against Eckart and Young --------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "zq/Quantization/LowRank.h"
#include "Reference.h"

#include "gtest/gtest.h"

#include <Eigen/SVD>

using namespace zq;
using namespace zq::test;

using Matrix =
    Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

static Matrix toMatrix(const std::vector<float> &values, int64_t rows,
                       int64_t columns) {
  return Eigen::Map<const Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic,
                                        Eigen::RowMajor>>(values.data(), rows,
                                                          columns)
      .cast<double>();
}

/// ||E - up down|| is the least that any rank-r matrix reaches, by the singular
/// values that Eigen finds in double; the factors share them evenly.
static void checkFactors(const std::vector<float> &error, int64_t n, int64_t k,
                         int64_t rank, double tolerance) {
  SCOPED_TRACE(testing::Message() << n << "x" << k << ", rank " << rank);
  auto factors = computeLowRankFactors(error.data(), n, k, rank);
  ASSERT_TRUE(bool(factors)) << factors.message();
  ASSERT_EQ(factors->n, n);
  ASSERT_EQ(factors->k, k);
  ASSERT_EQ(factors->rank, rank);
  ASSERT_EQ(factors->down.size(), size_t(rank * k));
  ASSERT_EQ(factors->up.size(), size_t(n * rank));
  Matrix e = toMatrix(error, n, k), down = toMatrix(factors->down, rank, k),
         up = toMatrix(factors->up, n, rank);

  Eigen::VectorXd s =
      Eigen::BDCSVD<Eigen::MatrixXd>(Eigen::MatrixXd(e)).singularValues();
  double least = s.tail(s.size() - rank).norm();
  double found = (e - up * down).norm();
  EXPECT_LE(found, least * (1 + tolerance) + 1e-5 * e.norm());
  EXPECT_GE(found, least * (1 - 1e-5));

  Eigen::VectorXd ups = up.colwise().squaredNorm();
  Eigen::VectorXd downs = down.rowwise().squaredNorm();
  for (int64_t i = 0; i < rank; ++i) {
    EXPECT_NEAR(ups(i), downs(i), 1e-4 * s(0));
    EXPECT_NEAR(ups(i), s(i), 0.02 * s(i) + 1e-4 * s(0));
    Eigen::Index peak;
    down.row(i).cwiseAbs().maxCoeff(&peak);
    EXPECT_GE(down(i, peak), 0.0);
  }
}

TEST(LowRank, SmallMatricesAreExact) {
  struct {
    int64_t n, k, rank;
  } cases[] = {{1, 1, 1},   {1, 50, 1},   {50, 1, 1},
               {20, 30, 5}, {64, 48, 48}, {128, 300, 16}};
  for (auto [n, k, rank] : cases)
    checkFactors(makeNormal(n * k, 13), n, k, rank, 1e-5);
}

/// White noise is the worst case: a flat spectrum.
TEST(LowRank, LargeMatricesOfNoise) {
  checkFactors(makeNormal(400 * 600, 14), 400, 600, 8, 2e-4);
  checkFactors(makeNormal(600 * 400, 15), 600, 400, 32, 2e-4);
  checkFactors(makeNormal(300 * 500, 16), 300, 500, 200, 1e-5); // exact again
}

/// A decaying spectrum, as errors of real layers have in part.
TEST(LowRank, LargeMatrixWithLeadingDirections) {
  int64_t n = 350, k = 450;
  std::vector<float> error = makeNormal(n * k, 17, 0.1f);
  std::vector<float> left = makeNormal(n * 4, 18);
  std::vector<float> right = makeNormal(k * 4, 19);
  for (int64_t row = 0; row < n; ++row)
    for (int64_t column = 0; column < k; ++column)
      for (int64_t i = 0; i < 4; ++i)
        error[row * k + column] += left[row * 4 + i] * right[column * 4 + i];
  checkFactors(error, n, k, 4, 1e-4);
  checkFactors(error, n, k, 12, 2e-4);
}

TEST(LowRank, MatrixOfLowerRank) {
  int64_t n = 200, k = 180;
  std::vector<float> left = makeNormal(n, 20), right = makeNormal(k, 21);
  std::vector<float> error(n * k);
  for (int64_t row = 0; row < n; ++row)
    for (int64_t column = 0; column < k; ++column)
      error[row * k + column] = left[row] * right[column];
  checkFactors(error, n, k, 3, 1e-5);
  std::fill(error.begin(), error.end(), 0.0f);
  checkFactors(error, n, k, 3, 0.0);
}

TEST(LowRank, ErrorOfAQuantizedWeight) {
  int64_t n = 150, k = 260;
  std::vector<float> w = makeNormal(n * k, 22);
  WeightView view = WeightView::rowMajor(w.data(), n, k);
  auto quantized = RoundToNearest().quantize(view, {});
  ASSERT_TRUE(bool(quantized));
  std::vector<float> error = dequantize(*quantized);
  for (int64_t i = 0; i < n * k; ++i)
    error[i] = w[i] - error[i];
  auto expected = computeLowRankFactors(error.data(), n, k, 6);
  ASSERT_TRUE(bool(expected));
  for (unsigned threads : {1u, 2u, 5u}) {
    auto found =
        computeLowRankFactors(view, *quantized, 6, makeParallelFor(threads));
    ASSERT_TRUE(bool(found));
    EXPECT_EQ(found->down, expected->down);
    EXPECT_EQ(found->up, expected->up);
  }
}

TEST(LowRank, ImpossibleRanksAndShapes) {
  std::vector<float> error = makeNormal(6 * 9, 23);
  for (int64_t rank : {-1, 0, 7}) {
    auto factors = computeLowRankFactors(error.data(), 6, 9, rank);
    ASSERT_FALSE(bool(factors));
    EXPECT_EQ(factors.message(), "rank " + std::to_string(rank) +
                                     " for a weight of 6 x 9, expected 1 to 6");
  }
  WeightView view = WeightView::rowMajor(error.data(), 6, 9);
  auto quantized = RoundToNearest().quantize(view, {});
  ASSERT_TRUE(bool(quantized));
  auto factors = computeLowRankFactors(WeightView::rowMajor(error.data(), 9, 6),
                                       *quantized, 2);
  ASSERT_FALSE(bool(factors));
  EXPECT_EQ(factors.message(), "quantized weight of 6 x 9, expected 9 x 6 as "
                               "the float weight");
}
