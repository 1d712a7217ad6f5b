//===- LogitsTest.cpp -----------------------------------------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "zq/Evaluation/Logits.h"

#include "gtest/gtest.h"
#include <cmath>
#include <random>

using namespace zq;

namespace {

/// The definitions, in long double.
struct Expected {
  explicit Expected(const std::vector<float> &logits) : logits(logits) {
    long double maximum = -INFINITY;
    for (float logit : logits)
      maximum = std::max<long double>(maximum, logit);
    long double sum = 0;
    for (float logit : logits)
      sum += std::exp(logit - maximum);
    normalizer = maximum + std::log(sum);
  }
  long double getLog(size_t i) const { return logits[i] - normalizer; }
  long double divergenceTo(const Expected &other) const {
    long double sum = 0;
    for (size_t i = 0; i < logits.size(); ++i)
      sum += std::exp(getLog(i)) * (getLog(i) - other.getLog(i));
    return sum;
  }
  std::vector<float> logits;
  long double normalizer;
};

std::vector<float> makeLogits(std::mt19937 &random, size_t count,
                              double spread) {
  std::normal_distribution<float> normal(0, spread);
  std::vector<float> logits(count);
  for (float &logit : logits)
    logit = normal(random);
  return logits;
}

void check(const std::vector<float> &p, const std::vector<float> &q) {
  Expected expectedP(p), expectedQ(q);
  ReferenceDistribution distribution(p.size());
  distribution.assign(p.data());
  for (size_t i : {size_t(0), p.size() / 2, p.size() - 1})
    EXPECT_NEAR(distribution.getLogProbability(i), expectedP.getLog(i),
                1e-13 * (1 + std::fabs(expectedP.getLog(i))));
  ReferenceDistribution::Comparison comparison = distribution.compare(q.data());
  EXPECT_NEAR(comparison.logNormalizer, expectedQ.normalizer,
              1e-13 * (1 + std::fabs(expectedQ.normalizer)));
  long double divergence = expectedP.divergenceTo(expectedQ);
  EXPECT_NEAR(comparison.divergence, divergence,
              1e-13 * (1 + std::fabs(divergence)));
}

TEST(Logits, AgreeWithTheDefinitions) {
  std::mt19937 random(1);
  for (size_t count : {1, 2, 15, 16, 17, 1000, 49152})
    for (double spread : {1e-4, 1.0, 8.0, 300.0})
      check(makeLogits(random, count, spread),
            makeLogits(random, count, spread));
}

TEST(Logits, ASmallDivergenceKeepsItsDigits) {
  // The candidate is the reference but for 1e-4: the divergence is about 5e-9.
  std::mt19937 random(2);
  std::vector<float> p = makeLogits(random, 49152, 3.0), q = p;
  for (float &logit : q)
    logit += 1e-4f * std::normal_distribution<float>()(random);
  check(p, q);
  ReferenceDistribution distribution(p.size());
  distribution.assign(p.data());
  EXPECT_GT(distribution.compare(q.data()).divergence, 1e-9);
  EXPECT_NEAR(distribution.compare(p.data()).divergence, 0, 1e-15);
}

TEST(Logits, IsUsedAgainForTheNextToken) {
  std::mt19937 random(3);
  std::vector<float> first = makeLogits(random, 100, 5),
                     second = makeLogits(random, 100, 5);
  ReferenceDistribution distribution(100);
  distribution.assign(first.data());
  distribution.assign(second.data());
  EXPECT_NEAR(distribution.getLogProbability(7), Expected(second).getLog(7),
              1e-13);
}

TEST(Logits, HaveAnyRange) {
  // Far below the maximum, exponentials are zero, and logarithms are not.
  std::vector<float> p{0, -750, -1e30f, -700}, q{-1000, 0, -3, 500};
  ReferenceDistribution distribution(4);
  distribution.assign(p.data());
  EXPECT_DOUBLE_EQ(distribution.getLogProbability(0), 0);
  EXPECT_FLOAT_EQ(distribution.getLogProbability(2), -1e30f);
  EXPECT_DOUBLE_EQ(distribution.compare(q.data()).divergence, 1500);
}

TEST(Logits, MayBeMasked) {
  // Sizes with and without a remainder after whole vectors.
  std::mt19937 random(4);
  for (size_t count : {5, 16, 37}) {
    std::vector<float> p = makeLogits(random, count, 2),
                       q = makeLogits(random, count, 2);
    std::vector<float> maskedP = p, maskedQ = q;
    for (size_t i : {size_t(2), count - 1}) {
      maskedP[i] = maskedQ[i] = -INFINITY;
      p[i] = q[i] = -5000; // weights 0 all the same
    }
    ReferenceDistribution masked(count), finite(count);
    masked.assign(maskedP.data());
    finite.assign(p.data());
    EXPECT_EQ(masked.compare(maskedQ.data()).divergence,
              finite.compare(q.data()).divergence);
    // Unlikely for the reference alone is no difference, for the other one an
    // infinite one; NaN is never hidden.
    EXPECT_TRUE(std::isfinite(masked.compare(q.data()).divergence));
    q[0] = -INFINITY;
    EXPECT_EQ(masked.compare(q.data()).divergence, INFINITY);
    q[0] = 1;
    q[2] = NAN;
    EXPECT_TRUE(std::isnan(masked.compare(q.data()).divergence));
  }
}

} // namespace
