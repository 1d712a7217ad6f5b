//===- quantization-speed.cpp - how long a layer takes --------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Times of the algorithms on one synthetic layer, beside the time that their
// operations would take at the machine's rate for products of matrices:
//   zq-quantization-speed [N] [K] [threads]
//
//===----------------------------------------------------------------------===//

#include "zq/Quantization/GPTQ.h"

#include <cblas.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <random>
#include <thread>

using namespace zq;

static double getSeconds(const std::function<void()> &body) {
  auto start = std::chrono::steady_clock::now();
  body();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start)
      .count();
}

/// The best of three: other processes come and go.
static double getBest(const std::function<void()> &body) {
  double best = getSeconds(body);
  for (int i = 0; i < 2; ++i)
    best = std::min(best, getSeconds(body));
  return best;
}

/// FP32 operations a second of `threads` products at once, 1024^3 each.
static double measureProducts(unsigned threads,
                              const ParallelFor &parallelFor) {
  constexpr int n = 1024;
  std::vector<std::vector<float>> results(threads, std::vector<float>(n * n));
  std::vector<float> a(n * n, 0.5f), b(n * n, 0.25f);
  double seconds = getBest([&] {
    parallelFor(threads, [&](int64_t i) {
      cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, n, n, 1.0f,
                  a.data(), n, b.data(), n, 0.0f, results[i].data(), n);
    });
  });
  return threads * 2.0 * n * n * n / seconds;
}

/// Correlated inputs of unequal sizes, from a linear congruence: quick.
static std::vector<float> makeInputs(int64_t tokens, int64_t k) {
  std::mt19937 generator(1);
  std::vector<float> x(tokens * k);
  for (int64_t token = 0; token < tokens; ++token) {
    float last = 0.0f;
    for (int64_t i = 0; i < k; ++i) {
      last = 0.7f * last + float(int32_t(generator())) * 0x1p-31f;
      x[token * k + i] = last * float(1 + i % 7);
    }
  }
  return x;
}

static std::vector<uint16_t> makeWeight(int64_t n, int64_t k) {
  std::mt19937 generator(2);
  std::vector<uint16_t> weight(n * k);
  for (uint16_t &value : weight) {
    // The sum of four uniform numbers is nearly normal.
    uint64_t bits = uint64_t(generator()) << 32 | generator();
    int sum = 0;
    for (int i = 0; i < 4; ++i)
      sum += int16_t(bits >> (16 * i));
    value = encodeBF16(float(sum) * 0x1p-20f);
  }
  return weight;
}

int main(int argc, char **argv) {
  auto getArgument = [&](int i, int64_t byDefault) {
    return argc > i ? std::max<int64_t>(1, std::atoll(argv[i])) : byDefault;
  };
  int64_t n = getArgument(1, 4096), k = getArgument(2, 4096);
  unsigned threads = unsigned(
      getArgument(3, std::max(1u, std::thread::hardware_concurrency())));
  ParallelFor parallelFor = makeParallelFor(threads);
  std::vector<uint16_t> weights = makeWeight(n, k);
  WeightView weight =
      WeightView::rowMajor(weights.data(), FloatType::BF16, n, k);
  double rate = measureProducts(threads, parallelFor);
  std::printf("weight %ld x %ld, %u threads, FP32 products %.1f GFLOP/s\n",
              long(n), long(k), threads, rate * 1e-9);

  auto report = [&](const char *what, double seconds, double operations) {
    double floor = operations / rate;
    std::printf("%-40s %8.3f s, %.2f x its operations\n", what, seconds,
                seconds / floor);
  };

  struct {
    const char *name;
    ScaleConstraint constraint;
    ClipMethod clip;
    std::optional<ShiftRounding> shift;
    bool anchorSearch;
  } recipes[] = {
      {"RTN free absmax", ScaleConstraint::Free, ClipMethod::AbsMax, {}, false},
      {"RTN free searched",
       ScaleConstraint::Free,
       ClipMethod::Search,
       {},
       false},
      {"RTN M2 nearest", ScaleConstraint::M2, ClipMethod::AbsMax, {}, false},
      {"RTN M2 searched", ScaleConstraint::M2, ClipMethod::AbsMax,
       ShiftRounding::MSE, true},
  };
  for (const auto &recipe : recipes) {
    QuantizeOptions options;
    options.constraint = recipe.constraint;
    options.clip = recipe.clip;
    options.shift = recipe.shift;
    options.anchorSearch = recipe.anchorSearch;
    double seconds = getBest([&] {
      if (!RoundToNearest().quantize(weight, options, parallelFor))
        std::abort();
    });
    std::printf("%-40s %8.3f s, %.2f GB/s of BF16\n", recipe.name, seconds,
                double(n) * double(k) * 2e-9 / seconds);
  }

  constexpr int64_t tokens = 2048;
  std::vector<float> x = makeInputs(tokens, k);
  MomentAccumulator accumulator(k);
  double seconds = getSeconds([&] {
    if (!accumulator.add(x.data(), tokens, parallelFor))
      std::abort();
  });
  report("Hessian of 2048 tokens", seconds, double(k) * double(k) * tokens);
  Hessian hessian = accumulator.getHessian();

  std::shared_ptr<HessianFactor> factor;
  double factorSeconds = getBest([&] {
    auto result = HessianFactor::compute(hessian, {}, ColumnOrder::Descending,
                                         parallelFor);
    if (!result)
      std::abort();
    factor = std::make_shared<HessianFactor>(std::move(*result));
  });
  double cube = double(k) * double(k) * double(k);
  report("GPTQ: factor (in FP64)", factorSeconds, cube / 3);

  QuantizeOptions options;
  options.constraint = ScaleConstraint::M2;
  double loopSeconds = getBest([&] {
    if (!GPTQ(factor).quantize(weight, options, parallelFor))
      std::abort();
  });
  double loop = double(n) * double(k) * double(k);
  report("GPTQ: columns (M2 nearest)", loopSeconds, loop);
  report("GPTQ: both, this form's operations", factorSeconds + loopSeconds,
         cube / 3 + loop);
  report("GPTQ: both, the published operations", factorSeconds + loopSeconds,
         cube * 2 / 3 + loop);
}
