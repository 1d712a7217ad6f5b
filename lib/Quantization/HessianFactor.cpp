//===- HessianFactor.cpp - the factor that GPTQ follows -------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LinearAlgebra.h"
#include "RowBlocks.h"
#include "zq/Quantization/Hessian.h"

#include <algorithm>
#include <numeric>

using namespace zq;

std::optional<ColumnOrder> zq::parseColumnOrder(std::string_view name) {
  if (name == "natural")
    return ColumnOrder::Natural;
  if (name == "descending")
    return ColumnOrder::Descending;
  return std::nullopt;
}

Result<HessianFactor> HessianFactor::compute(const Hessian &hessian,
                                             const DampingOptions &damping,
                                             ColumnOrder columnOrder,
                                             const ParallelFor &parallelFor) {
  Result<DampedHessian> damped = DampedHessian::compute(hessian, damping);
  if (!damped)
    return damped.takeError();
  return compute(*damped, columnOrder, parallelFor);
}

Result<HessianFactor> HessianFactor::compute(const DampedHessian &hessian,
                                             ColumnOrder columnOrder,
                                             const ParallelFor &parallelFor) {
  HessianFactor factor;
  int64_t k = factor.k = hessian.k;
  factor.dead = hessian.dead;
  factor.columnOrder = columnOrder;
  factor.order.resize(k);
  std::iota(factor.order.begin(), factor.order.end(), 0);
  if (columnOrder == ColumnOrder::Descending)
    std::sort(factor.order.begin(), factor.order.end(),
              [&](int32_t a, int32_t b) {
                float x = hessian.importance[a], y = hessian.importance[b];
                return x != y ? x > y : a < b;
              });

  // LAPACK factors into lower times upper, and an upper times lower is wanted.
  // They are the same with rows and columns counted from the end.
  std::vector<double> reversed(k * k);
  constexpr int64_t blockRows = 64;
  forEachRowBlock(parallelFor, k, blockRows,
                  [&](int64_t, int64_t begin, int64_t end) {
                    for (int64_t i = begin; i < end; ++i) {
                      const float *row =
                          hessian.values.data() + factor.order[k - 1 - i] * k;
                      for (int64_t j = 0; j <= i; ++j)
                        reversed[i * k + j] = row[factor.order[k - 1 - j]];
                    }
                  });
  int64_t failed = factorCholesky(reversed.data(), k, parallelFor);
  if (failed >= 0)
    return Error{"Hessian is not positive definite (at column " +
                 std::to_string(factor.order[k - 1 - failed]) +
                 "), expected more damping"};

  factor.d.resize(k);
  std::vector<double> roots(k); // side by side, in the order of `reversed`
  for (int64_t j = 0; j < k; ++j) {
    roots[j] = reversed[j * k + j];
    factor.d[k - 1 - j] = roots[j] * roots[j];
  }
  factor.r.resize(k * k);
  forEachRowBlock(
      parallelFor, k, blockRows, [&](int64_t, int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) {
          factor.r[i * k + i] = 1.0f;
          const double *row = reversed.data() + (k - 1 - i) * k;
          for (int64_t j = i + 1; j < k; ++j)
            factor.r[i * k + j] = float(row[k - 1 - j] / roots[k - 1 - j]);
        }
      });
  return factor;
}
