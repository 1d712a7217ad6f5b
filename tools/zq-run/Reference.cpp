//===- Reference.cpp - a linear in float64 --------------------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Reference.h"

#include "zq/Numerics/TileLayout.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <cstring>
#include <system_error>
#include <thread>

using namespace zq;
using namespace zq::run;
using namespace zq::runtime;

/// Calls `task` for 0 to `count` on all cores.
template <typename Task> static void forEach(int64_t count, Task task) {
  std::atomic<int64_t> next{0};
  auto work = [&] {
    for (int64_t i; (i = next++) < count;)
      task(i);
  };
  std::vector<std::thread> threads;
  try {
    while (threads.size() + 1 < std::thread::hardware_concurrency())
      threads.emplace_back(work);
  } catch (const std::system_error &) {
    // The machine gives no more threads; those that there are do the work.
  }
  work();
  for (std::thread &thread : threads)
    thread.join();
}

//===----------------------------------------------------------------------===//
// Formats, from their definitions
//===----------------------------------------------------------------------===//

static std::array<double, 8> getValues(Format format) {
  switch (format) {
  case Format::E2M1:
    return {0, .5, 1, 1.5, 2, 3, 4, 6};
  case Format::E3M0:
    return {0, .25, .5, 1, 2, 4, 8, 16};
  case Format::E1M2:
    return {0, .25, .5, .75, 1, 1.25, 1.5, 1.75};
  default:
    return {0, 1, 2, 3, 4, 5, 6, 7};
  }
}

namespace {
/// An FP8 format in numbers.
struct FP8 {
  int mantissaBits;
  int minExponent;
  double largest;
};
} // namespace

/// The nearest number of the format: a multiple of the spacing around `value`,
/// ties to even, no further than the largest.
static double roundTo(const FP8 &format, double value) {
  if (value == 0)
    return 0;
  int exponent = std::max(std::ilogb(value), format.minExponent);
  double spacing = std::ldexp(1.0, exponent - format.mantissaBits);
  double rounded = std::nearbyint(value / spacing) * spacing;
  return std::clamp(rounded, -format.largest, format.largest);
}

static double getElement(const ModuleFile &module, const BlobRef &ref,
                         int64_t i) {
  const uint8_t *data = module.getBlobData(ref.blob);
  if (ref.type == ElementType::F32) {
    float value;
    std::memcpy(&value, data + 4 * i, 4);
    return value;
  }
  uint16_t bits;
  std::memcpy(&bits, data + 2 * i, 2);
  if (ref.type == ElementType::BF16) {
    uint32_t wide = uint32_t(bits) << 16;
    float value;
    std::memcpy(&value, &wide, 4);
    return value;
  }
  int exponent = bits >> 10 & 0x1F;
  double mantissa = bits & 0x3FF;
  double magnitude = exponent == 0 ? std::ldexp(mantissa, -24)
                     : exponent == 31
                         ? (mantissa == 0 ? INFINITY : NAN)
                         : std::ldexp(mantissa + 1024, exponent - 25);
  return bits >> 15 ? -magnitude : magnitude;
}

//===----------------------------------------------------------------------===//
// The linear
//===----------------------------------------------------------------------===//

/// Row scales are applied here, so that nothing is left for later.
static std::vector<double> getWeights(const ModuleFile &module,
                                      const Linear &linear) {
  int64_t n = linear.n, k = linear.k, rowBytes = (k + 1) / 2;
  int64_t groups = (k + linear.group - 1) / linear.group;
  std::vector<uint8_t> codes(n * rowBytes), shifts(n * groups);
  unpackTiles(TileLayout{n, k, linear.group},
              module.getBlobData(linear.weights), codes.data(), shifts.data());
  std::array<double, 8> values = getValues(linear.weightFormat);
  // The cast's exponent: the largest that keeps the largest value in E4M3.
  double largest = values[7] * (linear.multipliers ? 1.5 : 1);
  int exponent = static_cast<int>(std::floor(std::log2(448 / largest)));
  std::vector<double> weights(n * k);
  forEach(n, [&](int64_t row) {
    double scale =
        getElement(module, BlobRef{linear.rowScale, ElementType::F32}, row);
    for (int64_t i = 0; i != k; ++i) {
      int code = codes[row * rowBytes + i / 2] >> (i % 2 * 4) & 0xF;
      int shift = shifts[row * groups + i / linear.group];
      double multiplier = 1;
      if (linear.multipliers) {
        multiplier += (shift >> 4) / 4.0;
        shift &= 15;
      }
      double value =
          std::ldexp(values[code & 7] * multiplier, exponent - shift) * scale;
      weights[row * k + i] = code & 8 ? -value : value;
    }
  });
  return weights;
}

// Compiled for each level of the architecture: most of the time goes here.
#if defined(__x86_64__)
__attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#endif
static double multiply(const double *a, const double *b, int64_t k) {
  double sums[8] = {};
  int64_t i = 0;
  for (; i + 8 <= k; i += 8)
    for (int64_t j = 0; j != 8; ++j)
      sums[j] += a[i + j] * b[i + j];
  for (; i != k; ++i)
    sums[0] += a[i] * b[i];
  return ((sums[0] + sums[1]) + (sums[2] + sums[3])) +
         ((sums[4] + sums[5]) + (sums[6] + sums[7]));
}

Reference::Reference(const ModuleFile &module, const Linear &linear)
    : linear(linear), weights(getWeights(module, linear)),
      down(linear.rank * linear.k), up(linear.n * linear.rank), bias(linear.n) {
  auto load = [&](const std::optional<BlobRef> &ref,
                  std::vector<double> &values) {
    for (size_t i = 0; ref && i != values.size(); ++i)
      values[i] = getElement(module, *ref, static_cast<int64_t>(i));
  };
  load(linear.down, down);
  load(linear.up, up);
  load(linear.bias, bias);
}

std::vector<double>
Reference::compute(int64_t m, const std::vector<float> &x,
                   const std::vector<float> &residual) const {
  int64_t n = linear.n, k = linear.k, rank = linear.rank;
  FP8 format = linear.activationFormat == Format::E4M3 ? FP8{3, -6, 448}
                                                       : FP8{2, -14, 57344};
  std::vector<double> y(m * n);
  // Few tokens at a time, so that a row of weights serves all of them.
  constexpr int64_t kTokens = 8;
  forEach((m + kTokens - 1) / kTokens, [&](int64_t block) {
    int64_t first = block * kTokens, count = std::min(kTokens, m - first);
    std::vector<double> inputs(count * k), rounded(count * k);
    std::vector<double> scales(count), lowRank(count * rank);
    for (int64_t t = 0; t != count; ++t) {
      const float *token = &x[(first + t) * k];
      float largest = 0;
      for (int64_t i = 0; i != k; ++i)
        largest = std::max(largest, std::fabs(token[i]));
      float scale = largest / static_cast<float>(format.largest);
      scale = scale == 0 ? 1 : scale;
      scales[t] = scale;
      for (int64_t i = 0; i != k; ++i) {
        inputs[t * k + i] = token[i];
        rounded[t * k + i] = roundTo(format, token[i] / scale);
      }
      for (int64_t r = 0; r != rank; ++r)
        lowRank[t * rank + r] = multiply(&inputs[t * k], &down[r * k], k);
    }
    for (int64_t row = 0; row != n; ++row)
      for (int64_t t = 0; t != count; ++t) {
        double sum = multiply(&rounded[t * k], &weights[row * k], k);
        double value = scales[t] * sum + bias[row];
        for (int64_t r = 0; r != rank; ++r)
          value += up[row * rank + r] * lowRank[t * rank + r];
        if (!residual.empty())
          value += residual[(first + t) * n + row];
        y[(first + t) * n + row] = value;
      }
  });
  return y;
}

static double getSquares(const double *values, int64_t count) {
  return multiply(values, values, count);
}

std::vector<double>
Reference::getTokenSizes(int64_t m, const std::vector<float> &x,
                         const std::vector<double> &y) const {
  int64_t n = linear.n, k = linear.k;
  double meanWeight = getSquares(weights.data(), n * k) / double(n * k);
  std::vector<double> sizes(m);
  for (int64_t token = 0; token != m; ++token) {
    double inputs = 0;
    for (int64_t i = 0; i != k; ++i)
      inputs += double(x[token * k + i]) * x[token * k + i];
    double outputs = getSquares(&y[token * n], n) / double(n);
    sizes[token] = std::sqrt(std::max(outputs, inputs * meanWeight));
  }
  return sizes;
}

Comparison run::compare(const std::vector<float> &found,
                        const std::vector<double> &wanted,
                        const std::vector<double> &sizes) {
  Comparison result;
  if (wanted.empty())
    return result;
  double sum = 0;
  size_t n = wanted.size() / sizes.size();
  for (size_t i = 0; i != wanted.size(); ++i) {
    // A token with a NaN gives a row of NaN, here and there.
    if (found[i] == wanted[i] ||
        (std::isnan(found[i]) && std::isnan(wanted[i])))
      continue;
    double difference = std::fabs(found[i] - wanted[i]);
    double size = sizes[i / n], whole = std::fabs(wanted[i]) + size;
    double relative = difference / (size == 0 ? 1 : size);
    double off = difference / (whole == 0 ? 1 : whole);
    sum += relative * relative;
    // A NaN is the worst, and comparisons with it are false.
    if (!(off <= result.worst))
      result.worst = off;
  }
  result.error = std::sqrt(sum / static_cast<double>(wanted.size()));
  return result;
}
