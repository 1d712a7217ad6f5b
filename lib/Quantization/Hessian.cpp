//===- Hessian.cpp - second moments of a layer's inputs -------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "zq/Quantization/Hessian.h"
#include "LinearAlgebra.h"
#include "RowBlocks.h"
#include "zq/Numerics/Rounding.h"

#include <cmath>

using namespace zq;

std::vector<float> Hessian::getDiagonal() const {
  std::vector<float> diagonal(k);
  for (int64_t i = 0; i < k; ++i)
    diagonal[i] = get(i, i);
  return diagonal;
}

//===----------------------------------------------------------------------===//
// Accumulation
//===----------------------------------------------------------------------===//

static constexpr int64_t tile = 256;
static constexpr int64_t tokensPerProduct = 512;

MomentAccumulator::MomentAccumulator(int64_t k)
    : rows(k), k(k), symmetric(true), sums(k * k) {}

MomentAccumulator::MomentAccumulator(int64_t rows, int64_t k)
    : rows(rows), k(k), symmetric(false), sums(rows * k) {}

/// Squares up to 2^112, summed over a product's tokens, stay in FP32's range.
static std::optional<Error> checkBatch(const char *what, const float *values,
                                       int64_t tokens, int64_t width) {
  constexpr uint32_t limit = uint32_t(127 + 56) << 23;
  for (int64_t token = 0; token < tokens; ++token) {
    const float *row = values + token * width;
    uint32_t most = 0;
    for (int64_t i = 0; i < width; ++i) {
      uint32_t magnitude = getBits(row[i]) & 0x7FFFFFFF;
      most = magnitude > most ? magnitude : most;
    }
    if (most < limit)
      continue;
    int64_t i = 0;
    while ((getBits(row[i]) & 0x7FFFFFFF) < limit)
      ++i;
    std::string name = std::isnan(row[i])   ? "NaN"
                       : std::isinf(row[i]) ? "infinity"
                                            : "magnitude above 2^56";
    return Error{name + " in the calibration " + what + " at token " +
                 std::to_string(token) + ", value " + std::to_string(i) +
                 ", expected finite values"};
  }
  return std::nullopt;
}

Result<void> MomentAccumulator::add(const float *x, int64_t count,
                                    const ParallelFor &parallelFor) {
  assert(symmetric && "a cross moment takes pairs");
  if (std::optional<Error> error = checkBatch("inputs", x, count, k))
    return std::move(*error);
  addProducts(x, x, count, parallelFor);
  return {};
}

Result<void> MomentAccumulator::add(const float *y, const float *x,
                                    int64_t count,
                                    const ParallelFor &parallelFor) {
  assert(!symmetric && "a Hessian takes inputs alone");
  if (std::optional<Error> error = checkBatch("outputs", y, count, rows))
    return std::move(*error);
  if (std::optional<Error> error = checkBatch("inputs", x, count, k))
    return std::move(*error);
  addProducts(y, x, count, parallelFor);
  return {};
}

void MomentAccumulator::addProducts(const float *y, const float *x,
                                    int64_t count,
                                    const ParallelFor &parallelFor) {
  int64_t tilesDown = (rows + tile - 1) / tile;
  int64_t tilesAcross = (k + tile - 1) / tile;
  forEachRowBlock(
      parallelFor, tilesDown * tilesAcross, 1,
      [&](int64_t index, int64_t, int64_t) {
        // The long rows of a triangle first: the threads end together.
        int64_t down = tilesDown - 1 - index / tilesAcross;
        int64_t across = index % tilesAcross;
        if (symmetric && across > down)
          return;
        int64_t i0 = down * tile, height = std::min(tile, rows - i0);
        int64_t j0 = across * tile, width = std::min(tile, k - j0);
        std::vector<float> product(height * width);
        for (int64_t token = 0; token < count; token += tokensPerProduct) {
          int64_t some = std::min(tokensPerProduct, count - token);
          multiply(height, width, some, 1.0f,
                   {y + token * rows + i0, rows, true}, {x + token * k + j0, k},
                   0.0f, {product.data(), width});
          for (int64_t i = 0; i < height; ++i) {
            double *sum = sums.data() + (i0 + i) * k + j0;
            for (int64_t j = 0; j < width; ++j)
              sum[j] += double(product[i * width + j]);
          }
        }
      });
  tokens += count;
}

Hessian MomentAccumulator::getHessian() const {
  assert(symmetric && "this is a cross moment");
  Hessian hessian{k, tokens, std::vector<float>(k * k)};
  double factor = tokens > 0 ? 2.0 / double(tokens) : 0.0;
  for (int64_t i = 0; i < k; ++i)
    for (int64_t j = 0; j <= i; ++j)
      hessian.values[i * k + j] = hessian.values[j * k + i] =
          float(sums[i * k + j] * factor);
  return hessian;
}

CrossMoment MomentAccumulator::getCrossMoment() const {
  assert(!symmetric && "this is a Hessian");
  CrossMoment moment{rows, k, tokens, std::vector<float>(rows * k)};
  double factor = tokens > 0 ? 2.0 / double(tokens) : 0.0;
  for (int64_t i = 0; i < rows * k; ++i)
    moment.values[i] = float(sums[i] * factor);
  return moment;
}

//===----------------------------------------------------------------------===//
// Damping
//===----------------------------------------------------------------------===//

std::optional<Damping> zq::parseDamping(std::string_view name) {
  if (name == "mean")
    return Damping::Mean;
  if (name == "diagonal")
    return Damping::Diagonal;
  return std::nullopt;
}

static std::optional<Error> checkHessian(const Hessian &hessian) {
  int64_t k = hessian.k;
  if (int64_t(hessian.values.size()) != k * k)
    return Error{"Hessian of " + std::to_string(hessian.values.size()) +
                 " values, expected " + std::to_string(k) + " x " +
                 std::to_string(k)};
  for (int64_t i = 0; i < k; ++i) {
    for (int64_t j = 0; j < k; ++j)
      if (!std::isfinite(hessian.get(i, j)))
        return Error{"Hessian has " + std::to_string(hessian.get(i, j)) +
                     " at row " + std::to_string(i) + ", column " +
                     std::to_string(j) + ", expected finite values"};
    if (hessian.get(i, i) < 0.0f)
      return Error{"Hessian has " + std::to_string(hessian.get(i, i)) +
                   " on its diagonal in row " + std::to_string(i) +
                   ", expected a sum of squares"};
  }
  return std::nullopt;
}

Result<DampedHessian> DampedHessian::compute(const Hessian &hessian,
                                             const DampingOptions &options) {
  if (std::optional<Error> error = checkHessian(hessian))
    return std::move(*error);
  if (!(options.amount >= 0.0) || !std::isfinite(options.amount))
    return Error{"damping of " + std::to_string(options.amount) +
                 ", expected a finite number that is not negative"};
  DampedHessian damped;
  static_cast<Hessian &>(damped) = hessian;
  damped.importance = hessian.getDiagonal();
  double sum = 0.0;
  int64_t live = 0;
  for (float entry : damped.importance) {
    damped.dead.push_back(entry == 0.0f);
    sum += double(entry);
    live += entry > 0.0f;
  }
  double mean = live > 0 ? sum / double(live) : 0.0;
  for (int64_t i = 0; i < hessian.k; ++i) {
    double entry = damped.importance[i];
    double base = options.kind == Damping::Mean ? mean : entry;
    damped.values[i * hessian.k + i] =
        damped.dead[i] ? 1.0f : float(entry + options.amount * base);
  }
  return damped;
}

//===----------------------------------------------------------------------===//
// Error of the output
//===----------------------------------------------------------------------===//

/// `diagonal` takes the place of the Hessian's own where it is given.
static Result<double>
computeError(const WeightView &weight, const QuantizedMatrix &quantized,
             const Hessian &hessian, const float *diagonal,
             const float *compensation, const ParallelFor &parallelFor) {
  int64_t n = weight.n, k = weight.k;
  if (quantized.n != n || quantized.k != k || hessian.k != k)
    return Error{"quantized weight of " + std::to_string(quantized.n) + " x " +
                 std::to_string(quantized.k) + " and Hessian of " +
                 std::to_string(hessian.k) +
                 ", expected those of a weight of " + std::to_string(n) +
                 " x " + std::to_string(k)};
  constexpr int64_t blockRows = 64;
  struct Sums {
    double signal = 0.0, error = 0.0;
  };
  std::vector<Sums> blocks((n + blockRows - 1) / blockRows);
  forEachRowBlock(
      parallelFor, n, blockRows,
      [&](int64_t block, int64_t begin, int64_t end) {
        int64_t height = end - begin;
        std::vector<float> exact(height * k), error(height * k);
        std::vector<float> product(height * k);
        for (int64_t row = 0; row < height; ++row) {
          float *w = exact.data() + row * k, *e = error.data() + row * k;
          weight.loadRow(begin + row, w);
          quantized.dequantizeRow(begin + row, e);
          const float *c =
              compensation ? compensation + (begin + row) * k : nullptr;
          for (int64_t i = 0; i < k; ++i)
            e[i] = w[i] - e[i] - (c ? c[i] : 0.0f);
        }
        auto form = [&](const std::vector<float> &rows) {
          multiply(height, k, k, 1.0f, {rows.data(), k},
                   {hessian.values.data(), k}, 0.0f, {product.data(), k});
          double sum = 0.0;
          for (int64_t i = 0; i < height * k; ++i)
            sum += double(product[i]) * double(rows[i]);
          if (diagonal)
            for (int64_t i = 0; i < height * k; ++i)
              sum +=
                  double(rows[i]) * double(rows[i]) *
                  (double(diagonal[i % k]) - double(hessian.get(i % k, i % k)));
          return sum;
        };
        blocks[block] = {form(exact), form(error)};
      });
  Sums total;
  for (const Sums &block : blocks) {
    total.signal += block.signal;
    total.error += block.error;
  }
  return total.error > 0.0 ? total.error / total.signal : 0.0;
}

Result<double> zq::computeHessianError(const WeightView &weight,
                                       const QuantizedMatrix &quantized,
                                       const Hessian &hessian,
                                       const float *compensation,
                                       const ParallelFor &parallelFor) {
  return computeError(weight, quantized, hessian, nullptr, compensation,
                      parallelFor);
}

Result<double> zq::computeHessianError(const WeightView &weight,
                                       const QuantizedMatrix &quantized,
                                       const DampedHessian &hessian,
                                       const float *compensation,
                                       const ParallelFor &parallelFor) {
  return computeError(weight, quantized, hessian, hessian.importance.data(),
                      compensation, parallelFor);
}
