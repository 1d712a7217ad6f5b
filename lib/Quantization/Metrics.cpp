//===- Metrics.cpp - how good a quantized layer is ------------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "zq/Quantization/Metrics.h"
#include "RowBlocks.h"
#include "zq/Quantization/Activations.h"

#include <Eigen/Core>

#include <cmath>
#include <limits>
#include <random>

using namespace zq;

using RowMajor =
    Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using RowMajorMap = Eigen::Map<const RowMajor>;

static constexpr int64_t blockRows = 64;

static std::optional<Error> checkShapes(const WeightView &weight,
                                        const QuantizedMatrix &quantized,
                                        const LowRankFactors *lowRank) {
  auto describe = [](int64_t n, int64_t k) {
    return std::to_string(n) + " x " + std::to_string(k);
  };
  auto differ = [&](const char *what, int64_t n, int64_t k) {
    return Error{std::string(what) + " of " + describe(n, k) + ", expected " +
                 describe(weight.n, weight.k) + " as the float weight"};
  };
  if (quantized.n != weight.n || quantized.k != weight.k)
    return differ("quantized weight", quantized.n, quantized.k);
  if (lowRank && (lowRank->n != weight.n || lowRank->k != weight.k))
    return differ("low-rank factors", lowRank->n, lowRank->k);
  return std::nullopt;
}

/// Rows begin..end of the weight and of what stands for it.
static void loadRows(const WeightView &weight, const QuantizedMatrix &quantized,
                     int64_t begin, int64_t end, RowMajor &exact,
                     RowMajor &approximate) {
  exact.resize(end - begin, weight.k);
  approximate.resize(end - begin, weight.k);
  for (int64_t row = begin; row < end; ++row) {
    weight.loadRow(row, exact.row(row - begin).data());
    quantized.dequantizeRow(row, approximate.row(row - begin).data());
  }
}

namespace {
struct Energies {
  double signal = 0.0, error = 0.0;

  void add(const RowMajor &exact, const RowMajor &approximate) {
    signal += exact.cast<double>().squaredNorm();
    error += (exact - approximate).cast<double>().squaredNorm();
  }
};
} // namespace

static Energies sum(const std::vector<Energies> &blocks) {
  Energies total;
  for (const Energies &block : blocks) {
    total.signal += block.signal;
    total.error += block.error;
  }
  return total;
}

Result<double> zq::computeSQNR(const WeightView &weight,
                               const QuantizedMatrix &quantized,
                               const LowRankFactors *lowRank,
                               const ParallelFor &parallelFor) {
  if (std::optional<Error> error = checkShapes(weight, quantized, lowRank))
    return std::move(*error);
  std::vector<Energies> blocks((weight.n + blockRows - 1) / blockRows);
  forEachRowBlock(parallelFor, weight.n, blockRows,
                  [&](int64_t block, int64_t begin, int64_t end) {
                    RowMajor exact, approximate;
                    loadRows(weight, quantized, begin, end, exact, approximate);
                    if (lowRank) {
                      int64_t rank = lowRank->rank;
                      RowMajorMap up(lowRank->up.data() + begin * rank,
                                     end - begin, rank);
                      RowMajorMap down(lowRank->down.data(), rank, weight.k);
                      approximate.noalias() += up * down;
                    }
                    blocks[block].add(exact, approximate);
                  });
  Energies total = sum(blocks);
  if (total.error == 0.0)
    return std::numeric_limits<double>::infinity();
  return 10.0 * std::log10(total.signal / total.error);
}

/// Standard normal values, by Box and Muller's transformation.
static RowMajor makeProbe(int64_t m, int64_t k) {
  std::mt19937_64 generator(20240229);
  auto uniform = [&] { return (double(generator() >> 11) + 0.5) * 0x1p-53; };
  RowMajor probe(m, k);
  for (int64_t i = 0; i < m * k; ++i) {
    double radius = std::sqrt(-2.0 * std::log(uniform()));
    probe.data()[i] = float(radius * std::cos(2.0 * M_PI * uniform()));
  }
  return probe;
}

static RowMajor quantizeProbe(const RowMajor &x, Format format) {
  int64_t m = x.rows(), k = x.cols();
  std::vector<uint8_t> codes(m * k);
  std::vector<float> scales(m);
  quantizeActivations(x.data(), m, k, format, codes.data(), scales.data());
  RowMajor result(m, k);
  decode(format, codes.data(), m * k, result.data());
  for (int64_t token = 0; token < m; ++token)
    result.row(token) *= scales[token];
  return result;
}

Result<double> zq::computeOutputError(const WeightView &weight,
                                      const QuantizedMatrix &quantized,
                                      std::optional<Format> activation,
                                      const float *x, int64_t m,
                                      const LowRankFactors *lowRank,
                                      const ParallelFor &parallelFor) {
  if (std::optional<Error> error = checkShapes(weight, quantized, lowRank))
    return std::move(*error);
  RowMajor input =
      x ? RowMajor(RowMajorMap(x, m, weight.k)) : makeProbe(m, weight.k);
  RowMajor rounded = activation ? quantizeProbe(input, *activation) : input;
  RowMajor projected;
  if (lowRank)
    projected =
        input *
        RowMajorMap(lowRank->down.data(), lowRank->rank, weight.k).transpose();

  std::vector<Energies> blocks((weight.n + blockRows - 1) / blockRows);
  forEachRowBlock(parallelFor, weight.n, blockRows,
                  [&](int64_t block, int64_t begin, int64_t end) {
                    RowMajor exact, approximate;
                    loadRows(weight, quantized, begin, end, exact, approximate);
                    RowMajor y = input * exact.transpose();
                    RowMajor found = rounded * approximate.transpose();
                    if (lowRank)
                      found +=
                          projected * RowMajorMap(lowRank->up.data() +
                                                      begin * lowRank->rank,
                                                  end - begin, lowRank->rank)
                                          .transpose();
                    blocks[block].add(y, found);
                  });
  Energies total = sum(blocks);
  if (total.error == 0.0)
    return 0.0;
  return std::sqrt(total.error / total.signal);
}
