//===- CpuLinear.cpp - run a linear on the host ---------------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CpuLinear.h"
#include "ElementConversion.h"

#include "zq/Numerics/Packing.h"
#include "zq/Numerics/Rounding.h"
#include "zq/Numerics/ShiftCast.h"
#include "zq/Numerics/TileLayout.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <system_error>
#include <thread>

using namespace zq;
using namespace zq::runtime;

// The inner loops are compiled once for each level of the architecture, and the
// loader takes the best one that the machine has.
#if defined(__x86_64__)
#define ZQ_VECTORIZED                                                          \
  __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define ZQ_VECTORIZED
#endif

namespace {
/// Sixteen FP32 numbers; the compiler splits them where registers are narrower.
using Vector = float __attribute__((vector_size(64)));
constexpr int64_t kLanes = 16;
/// Tokens that share one pass over a block of weights.
constexpr int64_t kTokens = 4;
/// Columns of weights expanded at a time.
constexpr int64_t kColumns = 256;
/// Rows of weights that one task computes: a band of tiles.
constexpr int64_t kRows = TileLayout::rows;
} // namespace

//===----------------------------------------------------------------------===//
// Threads
//===----------------------------------------------------------------------===//

/// Calls `task(worker, i)` for i from 0 to `count`, on `workers` threads.
template <typename Task>
static void parallelFor(int64_t workers, int64_t count, Task task) {
  std::atomic<int64_t> next{0};
  auto work = [&](int64_t worker) {
    for (int64_t i; (i = next.fetch_add(1)) < count;)
      task(worker, i);
  };
  std::vector<std::thread> threads;
  threads.reserve(workers);
  try {
    for (int64_t worker = 1; worker < workers; ++worker)
      threads.emplace_back(work, worker);
  } catch (const std::system_error &) {
    // The machine gives no more threads; those that there are do the work.
  }
  work(0);
  for (std::thread &thread : threads)
    thread.join();
}

/// Threads that are worth their start for so many multiply-adds.
static int64_t getWorkers(double operations) {
  double useful = 1 + operations / 4e6;
  int64_t cores = std::max(1u, std::thread::hardware_concurrency());
  return useful < static_cast<double>(cores) ? static_cast<int64_t>(useful)
                                             : cores;
}

//===----------------------------------------------------------------------===//
// Activations
//===----------------------------------------------------------------------===//

/// `zq.quantize_activation` on one token: `values` becomes the values of the
/// codes; returns the scale.
template <Format format>
static inline __attribute__((always_inline)) float
quantizeTokenAs(int64_t k, float *values) {
  // Magnitudes compare as integers, and NaN is the largest of them.
  uint32_t largest = 0;
  for (int64_t i = 0; i != k; ++i)
    largest = std::max(largest, getBits(values[i]) & 0x7FFFFFFF);
  if (largest >= 0x7F800000) {
    std::fill(values, values + k, 0.0f);
    return NAN;
  }
  float scale = getFloat(largest) / getLargest(format);
  if (scale == 0)
    scale = 1;
  for (int64_t i = 0; i != k; ++i)
    values[i] = roundTo<format>(values[i] / scale);
  return scale;
}

// Clones of templates are not allowed.
ZQ_VECTORIZED static float quantizeTokenE4M3(int64_t k, float *values) {
  return quantizeTokenAs<Format::E4M3>(k, values);
}
ZQ_VECTORIZED static float quantizeTokenE5M2(int64_t k, float *values) {
  return quantizeTokenAs<Format::E5M2>(k, values);
}

ZQ_VECTORIZED static float dot(const float *a, const float *b, int64_t k) {
  Vector sums = {};
  int64_t i = 0;
  for (; i + kLanes <= k; i += kLanes) {
    Vector va, vb;
    std::memcpy(&va, a + i, sizeof(va));
    std::memcpy(&vb, b + i, sizeof(vb));
    sums += va * vb;
  }
  float sum = 0;
  for (int64_t lane = 0; lane != kLanes; ++lane)
    sum += sums[lane];
  for (; i != k; ++i)
    sum += a[i] * b[i];
  return sum;
}

namespace {
/// What the input becomes before it meets the weights.
struct Activations {
  /// M x K: the values of the FP8 codes.
  std::vector<float> values;
  /// M scales.
  std::vector<float> scales;
  /// M x rank: x times down^T.
  std::vector<float> lowRank;
};
} // namespace

static Activations quantize(const ModuleFile &module, const Linear &linear,
                            int64_t m, const void *x) {
  int64_t k = linear.k, rank = linear.rank;
  Activations result;
  result.values.resize(m * k);
  result.scales.resize(m);
  result.lowRank.resize(m * rank);
  std::vector<float> down(rank * k);
  if (rank != 0)
    loadElements(linear.down->type, module.getBlobData(linear.down->blob), 0,
                 rank * k, down.data());
  double operations = double(m) * k * (1 + rank);
  parallelFor(getWorkers(operations), m, [&](int64_t, int64_t token) {
    float *values = &result.values[token * k];
    loadElements(linear.inputType, x, token * k, k, values);
    for (int64_t r = 0; r != rank; ++r)
      result.lowRank[token * rank + r] = dot(values, &down[r * k], k);
    result.scales[token] = linear.activationFormat == Format::E4M3
                               ? quantizeTokenE4M3(k, values)
                               : quantizeTokenE5M2(k, values);
  });
  return result;
}

//===----------------------------------------------------------------------===//
// Weights
//===----------------------------------------------------------------------===//

namespace {
/// The values that a signed 4-bit code has at each shift or step, by way of the
/// FP8 byte that the GPU multiplies.
class ShiftValues {
public:
  explicit ShiftValues(const Linear &linear) {
    int maxShift = static_cast<int>(linear.maxShift);
    for (int byte = 0; byte != 256; ++byte) {
      // Others can only come from a damaged file.
      if (!isScaleByte(byte, maxShift, linear.multipliers))
        continue;
      std::array<uint8_t, 8> table = getScaleTable(
          linear.weightFormat, Format::E4M3, byte, linear.multipliers);
      for (int i = 0; i != 8; ++i) {
        values[byte][i] = decode(Format::E4M3, table[i]);
        values[byte][i + 8] = -values[byte][i];
      }
    }
  }
  const std::array<float, 16> &operator[](uint8_t shift) const {
    return values[shift];
  }

private:
  std::array<std::array<float, 16>, 256> values{};
};

/// Memory of one thread.
struct Scratch {
  Scratch(const Linear &linear, int64_t m)
      : codes(kRows * getPackedRowBytes(linear.k)),
        shifts(kRows * ((linear.k + linear.group - 1) / linear.group)),
        weights(kRows * kColumns), sums(m * kRows), row(kRows),
        residual(kRows) {}

  std::vector<uint8_t> codes, shifts;
  /// kRows / kLanes groups of kColumns x kLanes: rows side by side.
  std::vector<float> weights;
  /// M x kRows.
  std::vector<float> sums;
  std::vector<float> row, residual;
};
} // namespace

/// Columns [first, first + count) of `rows` rows, as FP32; rows that are not
/// there are zero.
static void expand(const Linear &linear, const ShiftValues &values,
                   Scratch &scratch, int64_t rows, int64_t first,
                   int64_t count) {
  int64_t rowBytes = getPackedRowBytes(linear.k);
  int64_t groups = (linear.k + linear.group - 1) / linear.group;
  std::fill(scratch.weights.begin(), scratch.weights.end(), 0.0f);
  for (int64_t row = 0; row != rows; ++row) {
    const uint8_t *codes = &scratch.codes[row * rowBytes];
    const uint8_t *shifts = &scratch.shifts[row * groups];
    float *out =
        &scratch.weights[row / kLanes * kLanes * kColumns] + row % kLanes;
    for (int64_t k = first; k != first + count;) {
      int64_t group = k / linear.group;
      int64_t end = std::min(first + count, (group + 1) * linear.group);
      const std::array<float, 16> &table = values[shifts[group]];
      for (; k != end; ++k)
        out[(k - first) * kLanes] = table[codes[k / 2] >> (k % 2 * 4) & 0xF];
    }
  }
}

/// sums[token][lane] += sum over `count` columns of values[token][k] *
/// weights[k][lane], for `tokens` tokens.
template <int64_t tokens>
static inline __attribute__((always_inline)) void
multiplyTokens(const float *values, int64_t valueStride, const float *weights,
               int64_t count, float *sums) {
  Vector accumulators[tokens];
  for (int64_t t = 0; t != tokens; ++t)
    std::memcpy(&accumulators[t], sums + t * kRows, sizeof(Vector));
  for (int64_t k = 0; k != count; ++k) {
    Vector weight;
    std::memcpy(&weight, weights + k * kLanes, sizeof(weight));
    for (int64_t t = 0; t != tokens; ++t)
      accumulators[t] += weight * values[t * valueStride + k];
  }
  for (int64_t t = 0; t != tokens; ++t)
    std::memcpy(sums + t * kRows, &accumulators[t], sizeof(Vector));
}

ZQ_VECTORIZED static void multiply(int64_t tokens, const float *values,
                                   int64_t valueStride, const float *weights,
                                   int64_t count, float *sums) {
  if (tokens == kTokens)
    return multiplyTokens<kTokens>(values, valueStride, weights, count, sums);
  for (int64_t t = 0; t != tokens; ++t)
    multiplyTokens<1>(values + t * valueStride, valueStride, weights, count,
                      sums + t * kRows);
}

//===----------------------------------------------------------------------===//
// The linear
//===----------------------------------------------------------------------===//

namespace {
class CpuLinear {
public:
  CpuLinear(const ModuleFile &module, const Linear &linear, int64_t m,
            const void *x, const void *residual, void *y)
      : module(module), linear(linear), m(m), residual(residual), y(y),
        layout{linear.n, linear.k, linear.group}, shiftValues(linear),
        activations(quantize(module, linear, m, x)), up(linear.n * linear.rank),
        bias(linear.n) {
    if (linear.up)
      loadElements(linear.up->type, module.getBlobData(linear.up->blob), 0,
                   up.size(), up.data());
    if (linear.bias)
      loadElements(linear.bias->type, module.getBlobData(linear.bias->blob), 0,
                   linear.n, bias.data());
  }

  void run() {
    int64_t bands = layout.getTileRows();
    int64_t workers = std::min(
        bands, getWorkers(double(linear.n) * linear.k * (1 + double(m))));
    // Allocated here, where running out of memory can be reported.
    std::vector<Scratch> scratch(workers, Scratch(linear, m));
    parallelFor(workers, bands, [&](int64_t worker, int64_t band) {
      runBand(scratch[worker], band * kRows);
    });
  }

private:
  /// Computes outputs of up to `kRows` rows of weights from `first`.
  void runBand(Scratch &scratch, int64_t first) {
    int64_t rows = std::min(kRows, linear.n - first);
    int64_t bandBytes = layout.getTileColumns() * layout.getTileBytes();
    unpackTiles(TileLayout{rows, linear.k, linear.group},
                module.getBlobData(linear.weights) + first / kRows * bandBytes,
                scratch.codes.data(), scratch.shifts.data());
    std::fill(scratch.sums.begin(), scratch.sums.end(), 0.0f);
    for (int64_t column = 0; column < linear.k; column += kColumns) {
      int64_t count = std::min(kColumns, linear.k - column);
      expand(linear, shiftValues, scratch, rows, column, count);
      for (int64_t token = 0; token < m; token += kTokens)
        for (int64_t row = 0; row < rows; row += kLanes)
          multiply(std::min(kTokens, m - token),
                   &activations.values[token * linear.k + column], linear.k,
                   &scratch.weights[row * kColumns], count,
                   &scratch.sums[token * kRows + row]);
    }
    for (int64_t token = 0; token != m; ++token)
      store(scratch, token, first, rows);
  }

  /// Scales, low-rank compensation, bias, residual and the rounding of one
  /// token's outputs.
  void store(Scratch &scratch, int64_t token, int64_t first, int64_t rows) {
    const auto *rowScales =
        reinterpret_cast<const float *>(module.getBlobData(linear.rowScale));
    const float *sums = &scratch.sums[token * kRows];
    const float *lowRank = activations.lowRank.data() + token * linear.rank;
    if (linear.residual)
      loadElements(linear.outputType, residual, token * linear.n + first, rows,
                   scratch.residual.data());
    for (int64_t row = 0; row != rows; ++row) {
      int64_t n = first + row;
      float value = rowScales[n] * activations.scales[token] * sums[row];
      for (int64_t r = 0; r != linear.rank; ++r)
        value += up[n * linear.rank + r] * lowRank[r];
      value += bias[n];
      if (linear.residual)
        value += scratch.residual[row];
      scratch.row[row] = value;
    }
    storeElements(linear.outputType, scratch.row.data(), rows, y,
                  token * linear.n + first);
  }

  const ModuleFile &module;
  const Linear &linear;
  int64_t m;
  const void *residual;
  void *y;
  TileLayout layout;
  ShiftValues shiftValues;
  Activations activations;
  std::vector<float> up, bias;
};
} // namespace

void runtime::runOnCpu(const ModuleFile &module, const Linear &linear,
                       int64_t m, const void *x, const void *residual,
                       void *y) {
  if (m != 0)
    CpuLinear(module, linear, m, x, residual, y).run();
}
