//===- Logits.cpp - what a language model's logits say --------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "zq/Evaluation/Logits.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

using namespace zq;

// A vocabulary times thousands of tokens are many exponentials: loops are
// compiled for several CPUs, which choose at run time, and written so that
// compilers vectorize them. Without contraction all compute the same bits.
#if defined(__x86_64__)
#define ZQ_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define ZQ_CLONES
#endif
#define ZQ_INLINE inline __attribute__((always_inline))

/// Sums have this many parts, whatever the CPU.
static constexpr int kLanes = 16;

/// e^x for x <= 0, to 2 units in the last place; 0 where that is below 2^-1000.
static ZQ_INLINE double expOfNonPositive(double x) {
  // x = n log 2 + r, |r| <= log(2) / 2. Adding and subtracting 1.5 * 2^52
  // rounds to an integer, which also stands in the low bits of the sum.
  constexpr double magic = 0x1.8p52;
  constexpr double log2High = 0x1.62e42feep-1; // n times it is exact
  constexpr double log2Low = 0x1.a39ef35793c76p-33;
  bool tiny = x < -693.0;
  double shifted = std::max(x, -693.0) * 0x1.71547652b82fep+0 + magic;
  double n = shifted - magic;
  double r = (std::max(x, -693.0) - n * log2High) - n * log2Low;
  // The series to r^13: the next term is below 2^-57.
  double e = 1.0 / 6227020800;
  e = e * r + 1.0 / 479001600;
  e = e * r + 1.0 / 39916800;
  e = e * r + 1.0 / 3628800;
  e = e * r + 1.0 / 362880;
  e = e * r + 1.0 / 40320;
  e = e * r + 1.0 / 5040;
  e = e * r + 1.0 / 720;
  e = e * r + 1.0 / 120;
  e = e * r + 1.0 / 24;
  e = e * r + 1.0 / 6;
  e = e * r + 0.5;
  e = e * r + 1.0;
  e = e * r + 1.0;
  uint64_t bits;
  std::memcpy(&bits, &shifted, sizeof(bits));
  bits = (bits + 1023) << 52;
  double power;
  std::memcpy(&power, &bits, sizeof(power));
  return tiny ? 0.0 : e * power;
}

static ZQ_INLINE double sumOf(const double *lanes) {
  double sum = 0;
  for (int lane = 0; lane < kLanes; ++lane)
    sum += lanes[lane];
  return sum;
}

ZQ_CLONES static float findMaximum(const float *logits, int64_t count) {
  float lanes[kLanes];
  std::fill_n(lanes, kLanes, -std::numeric_limits<float>::infinity());
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes)
    for (int lane = 0; lane < kLanes; ++lane)
      lanes[lane] = std::max(lanes[lane], logits[i + lane]);
  for (; i < count; ++i)
    lanes[0] = std::max(lanes[0], logits[i]);
  return *std::max_element(lanes, lanes + kLanes);
}

/// weight * (logit - other), and 0 where the weight is, whatever the logits: a
/// token that is masked (-infinity) in both is no difference.
static ZQ_INLINE double getDifference(double weight, double logit,
                                      double other) {
  double difference = weight * (logit - other);
  return weight == 0 ? 0.0 : difference;
}

/// Writes exp(logits[i] - maximum) and returns their sum.
ZQ_CLONES static double computeWeights(const float *logits, int64_t count,
                                       double maximum, double *weights) {
  double lanes[kLanes] = {};
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes)
    for (int lane = 0; lane < kLanes; ++lane) {
      double weight = expOfNonPositive(logits[i + lane] - maximum);
      weights[i + lane] = weight;
      lanes[lane] += weight;
    }
  for (; i < count; ++i)
    lanes[0] += weights[i] = expOfNonPositive(logits[i] - maximum);
  return sumOf(lanes);
}

namespace {
struct ComparisonSums {
  double exponentials; ///< of exp(other[i] - maximum)
  double differences;  ///< of weights[i] * (logits[i] - other[i]), if not 0
};
} // namespace

ZQ_CLONES static ComparisonSums sumComparison(const float *logits,
                                              const double *weights,
                                              const float *other, int64_t count,
                                              double maximum) {
  double exponentials[kLanes] = {}, differences[kLanes] = {};
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes)
    for (int lane = 0; lane < kLanes; ++lane) {
      double theirs = other[i + lane];
      exponentials[lane] += expOfNonPositive(theirs - maximum);
      differences[lane] +=
          getDifference(weights[i + lane], logits[i + lane], theirs);
    }
  for (; i < count; ++i) {
    exponentials[0] += expOfNonPositive(other[i] - maximum);
    differences[0] += getDifference(weights[i], logits[i], other[i]);
  }
  return {sumOf(exponentials), sumOf(differences)};
}

void ReferenceDistribution::assign(const float *newLogits) {
  int64_t count = getVocabulary();
  std::copy_n(newLogits, count, logits.begin());
  double maximum = findMaximum(newLogits, count);
  weightSum = computeWeights(newLogits, count, maximum, weights.data());
  logNormalizer = maximum + std::log(weightSum);
}

ReferenceDistribution::Comparison
ReferenceDistribution::compare(const float *other) const {
  int64_t count = getVocabulary();
  double maximum = findMaximum(other, count);
  ComparisonSums sums =
      sumComparison(logits.data(), weights.data(), other, count, maximum);
  double otherNormalizer = maximum + std::log(sums.exponentials);
  // log(p / q) = (logit - ours) - (other - theirs).
  double divergence =
      sums.differences / weightSum - logNormalizer + otherNormalizer;
  return {otherNormalizer, divergence};
}
