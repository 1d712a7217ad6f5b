//===- Calibration.cpp - inputs of layers, and their Hessians -------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Calibration.h"
#include "Reference.h"

using namespace zq;

std::vector<float> zq::test::makeInputs(int64_t tokens, int64_t k,
                                        unsigned seed) {
  int64_t directions = std::max<int64_t>(1, k / 16);
  std::vector<float> noise = makeNormal(tokens * k, seed);
  std::vector<float> common = makeNormal(tokens * directions, seed + 1);
  std::vector<float> mix = makeNormal(directions * k, seed + 2);
  std::vector<float> sizes = makeNormal(k, seed + 3);
  std::vector<float> x(tokens * k);
  for (int64_t token = 0; token < tokens; ++token)
    for (int64_t i = 0; i < k; ++i) {
      float value = 0.3f * noise[token * k + i];
      for (int64_t d = 0; d < directions; ++d)
        value += common[token * directions + d] * mix[d * k + i];
      x[token * k + i] = value * std::exp2(sizes[i]);
    }
  return x;
}

Hessian zq::test::makeHessian(const std::vector<float> &x, int64_t tokens,
                              int64_t k) {
  std::vector<double> sums(k * k);
  for (int64_t token = 0; token < tokens; ++token)
    for (int64_t i = 0; i < k; ++i) {
      double value = x[token * k + i];
      for (int64_t j = 0; j < k; ++j)
        sums[i * k + j] += value * double(x[token * k + j]);
    }
  Hessian hessian{k, tokens, std::vector<float>(k * k)};
  for (int64_t i = 0; i < k * k; ++i)
    hessian.values[i] = float(2.0 / double(tokens) * sums[i]);
  return hessian;
}

double zq::test::getOutputError(const std::vector<float> &w,
                                const std::vector<float> &found, int64_t n,
                                int64_t k, const std::vector<float> &x,
                                int64_t tokens) {
  double signal = 0.0, error = 0.0;
  for (int64_t token = 0; token < tokens; ++token)
    for (int64_t row = 0; row < n; ++row) {
      double y = 0.0, difference = 0.0;
      for (int64_t i = 0; i < k; ++i) {
        double input = x[token * k + i];
        y += double(w[row * k + i]) * input;
        difference +=
            (double(w[row * k + i]) - double(found[row * k + i])) * input;
      }
      signal += y * y;
      error += difference * difference;
    }
  return error / signal;
}
