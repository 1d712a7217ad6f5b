//===- RoundedLowRankTest.cpp - LoRC by the Hessian, in few bits ----------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Calibration.h"
#include "Reference.h"
#include "zq/Quantization/LowRank.h"

#include "gtest/gtest.h"

#include <Eigen/Cholesky>
#include <Eigen/SVD>

using namespace zq;
using namespace zq::test;

using RowMajor =
    Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

static RowMajor toMatrix(const std::vector<float> &values, int64_t rows,
                         int64_t columns) {
  return Eigen::Map<const Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic,
                                        Eigen::RowMajor>>(values.data(), rows,
                                                          columns)
      .cast<double>();
}

namespace {
class RoundedLowRankTest : public testing::TestWithParam<int64_t> {
protected:
  static constexpr int64_t n = 90, k = 110, tokens = 300;
  std::vector<float> error = makeNormal(n * k, 1, 0.01f);
  DampedHessian hessian;
  HessianFactor factor;
  LowRankOptions options;

  RoundedLowRankTest() {
    auto damped = DampedHessian::compute(
        makeHessian(makeInputs(tokens, k, 2), tokens, k), {});
    EXPECT_TRUE(bool(damped));
    hessian = std::move(*damped);
    auto factored = HessianFactor::compute(hessian, ColumnOrder::Descending);
    EXPECT_TRUE(bool(factored));
    factor = std::move(*factored);
    options.rank = GetParam();
    options.hessian = &factor;
  }
  LowRankFactors compute(unsigned threads = 1) const {
    auto factors = computeRoundedLowRankFactors(error.data(), n, k, options,
                                                makeParallelFor(threads));
    EXPECT_TRUE(bool(factors)) << factors.message();
    return std::move(*factors);
  }
  /// tr((E - up down) H (E - up down)^T), in double.
  double getLoss(const LowRankFactors &factors) const {
    RowMajor left =
        toMatrix(error, n, k) - toMatrix(factors.up, n, factors.rank) *
                                    toMatrix(factors.down, factors.rank, k);
    return (left * toMatrix(hessian.values, k, k)).cwiseProduct(left).sum();
  }
  /// The least loss of any product of this rank (Eckart and Young).
  double getLeastLoss() const {
    Eigen::LLT<Eigen::MatrixXd> root(toMatrix(hessian.values, k, k));
    Eigen::MatrixXd weighted =
        toMatrix(error, n, k) * Eigen::MatrixXd(root.matrixL());
    Eigen::VectorXd values = weighted.jacobiSvd().singularValues();
    return values.tail(values.size() - options.rank).squaredNorm();
  }
};
} // namespace

INSTANTIATE_TEST_SUITE_P(Ranks, RoundedLowRankTest,
                         testing::Values(1, 8, 20, 90));

TEST_P(RoundedLowRankTest, IsTheBestOfItsRank) {
  double least = getLeastLoss(), none = getLoss({n, k, 0, {}, {}});
  EXPECT_NEAR(getLoss(compute()), least, 1e-4 * least + 1e-9 * none);
}

/// Weighting by the Hessian is what makes it so.
TEST_P(RoundedLowRankTest, BeatsThePlainOne) {
  double weighted = getLoss(compute());
  options.hessian = nullptr;
  EXPECT_LE(weighted, getLoss(compute()) + 1e-12);
}

/// Without a Hessian and without rounding it is the plain SVD.
TEST_P(RoundedLowRankTest, PlainIsTheSVD) {
  options.hessian = nullptr;
  auto plain = computeLowRankFactors(error.data(), n, k, options.rank);
  ASSERT_TRUE(bool(plain));
  LowRankFactors found = compute();
  double size = toMatrix(error, n, k).norm();
  EXPECT_LE((toMatrix(multiplyFactors(found), n, k) -
             toMatrix(multiplyFactors(*plain), n, k))
                .norm(),
            1e-4 * size);
}

TEST_P(RoundedLowRankTest, FactorsAreNumbersOfTheirFormat) {
  double exact = getLoss(compute()), none = getLoss({n, k, 0, {}, {}});
  for (FactorFormat format : {FactorFormat::BF16, FactorFormat::E4M3}) {
    options.format = format;
    LowRankFactors factors = compute();
    int bits = format == FactorFormat::BF16 ? 8 : 4;
    auto check = [&](const std::vector<float> &values) {
      for (float value : values) {
        int exponent;
        double mantissa = std::frexp(value, &exponent);
        EXPECT_EQ(std::ldexp(mantissa, bits),
                  std::round(std::ldexp(mantissa, bits)));
        EXPECT_EQ(decodeBF16(encodeBF16(value)), value);
      }
    };
    check(factors.up);
    check(factors.down);
    // The bits lost are far less than what the factors bring.
    double slack = format == FactorFormat::BF16 ? 1e-4 : 5e-3;
    EXPECT_LE(getLoss(factors), exact + slack * (none - exact));
  }
}

TEST_P(RoundedLowRankTest, SameBitsOnAnyNumberOfThreads) {
  options.format = FactorFormat::E4M3;
  LowRankFactors one = compute(1), many = compute(5);
  EXPECT_EQ(one.up, many.up);
  EXPECT_EQ(one.down, many.down);
}

/// E4M3 spans 2^15 below its largest value; what is smaller becomes zero, and
/// nothing overflows.
TEST(RoundedLowRank, ExtremeSizes) {
  constexpr int64_t n = 20, k = 30;
  for (int exponent : {-100, -40, 0, 40, 100}) {
    std::vector<float> error = makeNormal(n * k, 3);
    for (float &value : error)
      value = std::ldexp(value, exponent);
    LowRankOptions options{4, FactorFormat::E4M3, nullptr};
    auto factors = computeRoundedLowRankFactors(error.data(), n, k, options);
    ASSERT_TRUE(bool(factors));
    double before = toMatrix(error, n, k).squaredNorm();
    double after = (toMatrix(error, n, k) -
                    toMatrix(factors->up, n, 4) * toMatrix(factors->down, 4, k))
                       .squaredNorm();
    EXPECT_LT(after, 0.8 * before) << exponent;
  }
}

/// No error, and an error of lower rank than asked for.
TEST(RoundedLowRank, Degenerate) {
  constexpr int64_t n = 20, k = 30;
  std::vector<float> zero(n * k, 0.0f), one(n * k);
  std::vector<float> a = makeNormal(n, 4), b = makeNormal(k, 5);
  for (int64_t i = 0; i < n * k; ++i)
    one[i] = a[i / k] * b[i % k];
  for (FactorFormat format :
       {FactorFormat::F32, FactorFormat::BF16, FactorFormat::E4M3}) {
    LowRankOptions options{3, format, nullptr};
    auto factors = computeRoundedLowRankFactors(zero.data(), n, k, options);
    ASSERT_TRUE(bool(factors));
    for (float value : multiplyFactors(*factors))
      EXPECT_EQ(value, 0.0f);
    factors = computeRoundedLowRankFactors(one.data(), n, k, options);
    ASSERT_TRUE(bool(factors));
    double tolerance = format == FactorFormat::F32    ? 1e-5
                       : format == FactorFormat::BF16 ? 0.01
                                                      : 0.1;
    std::vector<float> product = multiplyFactors(*factors);
    for (int64_t i = 0; i < n * k; ++i)
      EXPECT_NEAR(product[i], one[i], tolerance * std::fabs(one[i]) + 1e-6);
  }
}

TEST(RoundedLowRank, Errors) {
  std::vector<float> error(12, 1.0f);
  HessianFactor factor;
  factor.k = 5;
  auto result = computeRoundedLowRankFactors(error.data(), 3, 4,
                                             {2, FactorFormat::F32, &factor});
  ASSERT_FALSE(bool(result));
  EXPECT_EQ(result.message(), "Hessian of 5 columns, expected the weight's 4");
  EXPECT_FALSE(bool(computeRoundedLowRankFactors(
      error.data(), 3, 4, {4, FactorFormat::F32, nullptr})));
  EXPECT_EQ(parseFactorFormat("e4m3"), FactorFormat::E4M3);
  EXPECT_EQ(parseFactorFormat("fp8"), std::nullopt);
}
