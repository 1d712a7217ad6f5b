//===- Logits.h - what a language model's logits say ------------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Distributions over a vocabulary from logits: how likely the next token is,
// and how far a model's distribution is from another's. Logits are floats; all
// that is computed from them is float64.
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_EVALUATION_LOGITS_H
#define ZQ_EVALUATION_LOGITS_H

#include <cstdint>
#include <vector>

namespace zq {

/// A distribution p(i) = exp(logits[i]) / sum_j exp(logits[j]), against which
/// others are held. Used again for one token after the other. A logit may be
/// -infinity, which is p(i) = 0: a term of the divergence that is 0.
class ReferenceDistribution {
public:
  explicit ReferenceDistribution(int64_t vocabulary)
      : logits(vocabulary), weights(vocabulary) {}

  void assign(const float *newLogits);

  int64_t getVocabulary() const { return logits.size(); }
  /// log p(token).
  double getLogProbability(int64_t token) const {
    return logits[token] - logNormalizer;
  }

  struct Comparison {
    double logNormalizer; ///< log q(i) = other[i] - logNormalizer
    double divergence;    ///< sum_i p(i) log(p(i) / q(i)), in nats
  };
  /// q is the distribution of `other`, which has as many logits.
  Comparison compare(const float *other) const;

private:
  std::vector<float> logits;
  std::vector<double> weights; ///< exp(logits[i] - their maximum)
  double weightSum = 0;
  double logNormalizer = 0;
};

} // namespace zq

#endif // ZQ_EVALUATION_LOGITS_H
