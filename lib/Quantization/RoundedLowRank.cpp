//===- RoundedLowRank.cpp - LoRC by the Hessian, in few bits --------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// With H = S S^T, ||(E - B A) S|| is least where B spans the leading left
// singular vectors of E S; for a B that is given, whatever it is, the best A is
// (B^T B)^-1 B^T E: the weighting cancels.
//
//===----------------------------------------------------------------------===//

#include "LinearAlgebra.h"
#include "RowBlocks.h"
#include "zq/Numerics/Rounding.h"
#include "zq/Quantization/LowRank.h"

#include <cmath>

using namespace zq;

std::optional<FactorFormat> zq::parseFactorFormat(std::string_view name) {
  if (name == "f32")
    return FactorFormat::F32;
  if (name == "bf16")
    return FactorFormat::BF16;
  if (name == "e4m3")
    return FactorFormat::E4M3;
  return std::nullopt;
}

std::vector<float> zq::multiplyFactors(const LowRankFactors &factors,
                                       const ParallelFor &parallelFor) {
  int64_t k = factors.k, rank = factors.rank;
  std::vector<float> product(factors.n * k);
  forEachRowBlock(parallelFor, factors.n, 64,
                  [&](int64_t, int64_t begin, int64_t end) {
                    multiply(end - begin, k, rank, 1.0f,
                             {factors.up.data() + begin * rank, rank},
                             {factors.down.data(), k}, 0.0f,
                             {product.data() + begin * k, k});
                  });
  return product;
}

/// E S, S = R D^1/2; columns in the factor's order.
static std::vector<float> weightError(const float *error, int64_t n,
                                      const HessianFactor &factor,
                                      const ParallelFor &parallelFor) {
  int64_t k = factor.k;
  std::vector<float> weighted(n * k), roots(k);
  for (int64_t j = 0; j < k; ++j)
    roots[j] = float(std::sqrt(factor.d[j]));
  constexpr int64_t blockRows = 64, tile = 512;
  forEachRowBlock(
      parallelFor, n, blockRows, [&](int64_t, int64_t begin, int64_t end) {
        int64_t rows = end - begin;
        std::vector<float> ordered(rows * k);
        for (int64_t row = 0; row < rows; ++row)
          for (int64_t j = 0; j < k; ++j)
            ordered[row * k + j] =
                factor.dead[factor.order[j]]
                    ? 0.0f
                    : error[(begin + row) * k + factor.order[j]];
        // R is upper triangular: column j needs the rows up to j.
        for (int64_t first = 0; first < k; first += tile) {
          int64_t width = std::min(tile, k - first);
          multiply(rows, width, first + width, 1.0f, {ordered.data(), k},
                   {factor.r.data() + first, k}, 0.0f,
                   {weighted.data() + begin * k + first, k});
        }
        for (int64_t row = begin; row < end; ++row)
          for (int64_t j = 0; j < k; ++j)
            weighted[row * k + j] *= roots[j];
      });
  return weighted;
}

/// Rounds `count` values, `stride` apart, that share a power of two.
static void roundVector(FactorFormat format, float *values, int64_t count,
                        int64_t stride) {
  float absmax = 0.0f;
  for (int64_t i = 0; i < count; ++i)
    absmax = std::max(absmax, std::fabs(values[i * stride]));
  if (format == FactorFormat::F32 || absmax == 0.0f)
    return;
  if (format == FactorFormat::BF16) {
    for (int64_t i = 0; i < count; ++i)
      values[i * stride] = decodeBF16(encodeBF16(values[i * stride]));
    return;
  }
  // 448 = 1.75 * 2^8: the largest value goes to (224, 448].
  int exponent = std::ilogb(absmax) - 8;
  if (std::ldexp(absmax, -exponent) > 448.0f)
    ++exponent;
  for (int64_t i = 0; i < count; ++i)
    values[i * stride] = std::ldexp(
        roundTo<Format::E4M3>(std::ldexp(values[i * stride], -exponent)),
        exponent);
}

/// Solves (B^T B) A = B^T E for A (rank x K). A column of zeros in B gets a row
/// of zeros.
static void fitDown(const float *error, LowRankFactors &factors,
                    const ParallelFor &parallelFor) {
  int64_t n = factors.n, k = factors.k, rank = factors.rank;
  std::vector<double> gram(rank * rank);
  for (int64_t row = 0; row < n; ++row)
    for (int64_t i = 0; i < rank; ++i)
      for (int64_t j = 0; j <= i; ++j)
        gram[i * rank + j] += double(factors.up[row * rank + i]) *
                              double(factors.up[row * rank + j]);
  for (int64_t i = 0; i < rank; ++i) {
    double &entry = gram[i * rank + i];
    entry = entry == 0.0 ? 1.0 : entry * (1.0 + 1e-9);
  }
  factorCholesky(gram.data(), rank, {});

  constexpr int64_t blockColumns = 256;
  forEachRowBlock(
      parallelFor, k, blockColumns, [&](int64_t, int64_t begin, int64_t end) {
        int64_t width = end - begin;
        std::vector<float> product(rank * width);
        multiply(rank, width, n, 1.0f, {factors.up.data(), rank, true},
                 {error + begin, k}, 0.0f, {product.data(), width});
        std::vector<double> x(rank);
        for (int64_t column = 0; column < width; ++column) {
          for (int64_t i = 0; i < rank; ++i) {
            x[i] = product[i * width + column];
            for (int64_t j = 0; j < i; ++j)
              x[i] -= gram[i * rank + j] * x[j];
            x[i] /= gram[i * rank + i];
          }
          for (int64_t i = rank; i-- > 0;) {
            for (int64_t j = i + 1; j < rank; ++j)
              x[i] -= gram[j * rank + i] * x[j];
            x[i] /= gram[i * rank + i];
            factors.down[i * k + begin + column] = float(x[i]);
          }
        }
      });
}

/// floor(log2) of the largest magnitude, 0 where there is none.
static int getExponent(const float *values, int64_t count, int64_t stride) {
  float absmax = 0.0f;
  for (int64_t i = 0; i < count; ++i)
    absmax = std::max(absmax, std::fabs(values[i * stride]));
  return absmax > 0.0f ? std::ilogb(absmax) : 0;
}

static void scaleVector(float *values, int64_t count, int64_t stride,
                        int exponent) {
  for (int64_t i = 0; i < count; ++i)
    values[i * stride] = std::ldexp(values[i * stride], exponent);
}

Result<LowRankFactors>
zq::computeRoundedLowRankFactors(const float *error, int64_t n, int64_t k,
                                 const LowRankOptions &options,
                                 const ParallelFor &parallelFor) {
  if (options.hessian && options.hessian->k != k)
    return Error{"Hessian of " + std::to_string(options.hessian->k) +
                 " columns, expected the weight's " + std::to_string(k)};
  // Powers of two change no bits and keep squares in range: the error is
  // brought to [1, 2), and so is each column of `up`.
  int exponent = getExponent(error, n * k, 1);
  std::vector<float> scaled(error, error + n * k);
  scaleVector(scaled.data(), n * k, 1, -exponent);
  Result<LowRankFactors> factors = computeLowRankFactors(
      options.hessian
          ? weightError(scaled.data(), n, *options.hessian, parallelFor).data()
          : scaled.data(),
      n, k, options.rank, parallelFor);
  if (!factors)
    return factors;
  int64_t rank = factors->rank;
  for (int64_t i = 0; i < rank; ++i) {
    float *column = factors->up.data() + i;
    scaleVector(column, n, rank, -getExponent(column, n, rank));
    roundVector(options.format, column, n, rank);
  }
  fitDown(scaled.data(), *factors, parallelFor);
  for (int64_t i = 0; i < rank; ++i) {
    float *row = factors->down.data() + i * k;
    roundVector(options.format, row, k, 1);
    // Both factors get the same size.
    int total = exponent + getExponent(row, k, 1), half = total / 2;
    scaleVector(factors->up.data() + i, n, rank, half);
    scaleVector(row, k, 1, exponent - half);
  }
  return factors;
}
