//===- Target.cpp - the weight that a quantized one should act as ---------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "zq/Quantization/Target.h"
#include "Checks.h"
#include "LinearAlgebra.h"
#include "RowBlocks.h"

#include <cmath>

using namespace zq;

static std::optional<Error> checkMoment(const char *what,
                                        const CrossMoment *moment, int64_t rows,
                                        const Hessian &hessian) {
  if (!moment)
    return std::nullopt;
  std::string name = std::string("cross moment of ") + what;
  if (moment->rows != rows || moment->k != hessian.k ||
      int64_t(moment->values.size()) != rows * hessian.k)
    return Error{name + " of " + std::to_string(moment->rows) + " x " +
                 std::to_string(moment->k) + ", expected " +
                 std::to_string(rows) + " x " + std::to_string(hessian.k)};
  if (moment->tokens != hessian.tokens)
    return Error{name + " over " + std::to_string(moment->tokens) +
                 " tokens, expected the same " +
                 std::to_string(hessian.tokens) +
                 " that the Hessian was taken over"};
  for (int64_t i = 0; i < rows * hessian.k; ++i)
    if (!std::isfinite(moment->values[i]))
      return Error{name + " has " + std::to_string(moment->values[i]) +
                   " at row " + std::to_string(i / hessian.k) + ", column " +
                   std::to_string(i % hessian.k) + ", expected finite values"};
  return std::nullopt;
}

Result<std::vector<float>>
zq::computeTargetWeight(const WeightView &weight, const DampedHessian &hessian,
                        const HessianFactor &factor,
                        const TargetMoments &moments, double strength,
                        const ParallelFor &parallelFor) {
  int64_t n = weight.n, k = weight.k;
  if (hessian.k != k || factor.k != k)
    return Error{"Hessian of " + std::to_string(hessian.k) +
                 " columns and factor of " + std::to_string(factor.k) +
                 ", expected the weight's " + std::to_string(k)};
  if (auto error = checkMoment("inputs", moments.inputs, k, hessian))
    return std::move(*error);
  if (auto error = checkMoment("residuals", moments.residual, n, hessian))
    return std::move(*error);
  if (!std::isfinite(strength))
    return Error{"target strength of " + std::to_string(strength) +
                 ", expected a finite number"};
  if (auto error = checkValues(weight, parallelFor))
    return std::move(*error);

  // What the inputs' moment says more than the Hessian does.
  std::vector<float> excess;
  if (moments.inputs) {
    excess.resize(k * k);
    for (int64_t i = 0; i < k * k; ++i)
      excess[i] = moments.inputs->values[i] - hessian.values[i];
    for (int64_t i = 0; i < k; ++i)
      excess[i * k + i] =
          moments.inputs->values[i * k + i] - hessian.importance[i];
  }
  std::vector<float> target(n * k);
  constexpr int64_t blockRows = 64;
  forEachRowBlock(
      parallelFor, n, blockRows, [&](int64_t, int64_t begin, int64_t end) {
        int64_t rows = end - begin;
        float *w = target.data() + begin * k;
        for (int64_t row = 0; row < rows; ++row)
          weight.loadRow(begin + row, w + row * k);
        std::vector<float> b(rows * k), step(rows * k);
        if (moments.inputs)
          multiply(rows, k, k, 1.0f, {w, k}, {excess.data(), k}, 0.0f,
                   {b.data(), k});
        if (moments.residual)
          for (int64_t i = 0; i < rows * k; ++i)
            b[i] += moments.residual->values[begin * k + i];
        // step H' = b, by H' = R D R^T with columns in the factor's order.
        for (int64_t row = 0; row < rows; ++row)
          for (int64_t j = 0; j < k; ++j)
            step[row * k + j] = b[row * k + factor.order[j]];
        solveUnitUpperFromRight(rows, k, factor.r.data(), k, true, step.data(),
                                k);
        for (int64_t row = 0; row < rows; ++row)
          for (int64_t j = 0; j < k; ++j)
            step[row * k + j] = float(double(step[row * k + j]) / factor.d[j]);
        solveUnitUpperFromRight(rows, k, factor.r.data(), k, false, step.data(),
                                k);
        for (int64_t row = 0; row < rows; ++row)
          for (int64_t j = 0; j < k; ++j)
            w[row * k + factor.order[j]] += float(strength) * step[row * k + j];
      });
  return target;
}
