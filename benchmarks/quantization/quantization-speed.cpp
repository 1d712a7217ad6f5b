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

#include "zq/Quantization/Calibrated.h"

#include <cblas.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <random>
#include <thread>

using namespace zq;

namespace {
/// By the clock, and of CPU time over all threads.
struct Time {
  double seconds;
  double cpuSeconds;

  Time operator+(const Time &other) const {
    return {seconds + other.seconds, cpuSeconds + other.cpuSeconds};
  }
};
} // namespace

static double getCpuSeconds() {
  timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return double(time.tv_sec) + 1e-9 * double(time.tv_nsec);
}

static Time measure(const std::function<void()> &body) {
  auto start = std::chrono::steady_clock::now();
  double cpuStart = getCpuSeconds();
  body();
  double cpuSeconds = getCpuSeconds() - cpuStart;
  return {
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start)
          .count(),
      cpuSeconds};
}

/// The best of five: other processes come and go.
static Time measureBest(const std::function<void()> &body) {
  Time best = measure(body);
  for (int i = 0; i < 4; ++i) {
    Time time = measure(body);
    best = {std::min(best.seconds, time.seconds),
            std::min(best.cpuSeconds, time.cpuSeconds)};
  }
  return best;
}

/// The time of one product of 1024 x 1024 matrices on each thread, at once.
static Time measureProducts(unsigned threads, const ParallelFor &parallelFor) {
  constexpr int n = 1024;
  std::vector<std::vector<float>> results(threads, std::vector<float>(n * n));
  std::vector<float> a(n * n, 0.5f), b(n * n, 0.25f);
  return measureBest([&] {
    parallelFor(threads, [&](int64_t i) {
      cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, n, n, 1.0f,
                  a.data(), n, b.data(), n, 0.0f, results[i].data(), n);
    });
  });
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
  for (int i = 1; i < argc; ++i)
    if (argc > 4 || std::atoll(argv[i]) < 1) {
      std::fprintf(stderr, "usage: zq-quantization-speed [N [K [THREADS]]], by "
                           "default 4096, 4096 and all cores\n");
      return 1;
    }
  auto getArgument = [&](int i, int64_t byDefault) {
    return argc > i ? std::atoll(argv[i]) : byDefault;
  };
  int64_t n = getArgument(1, 4096), k = getArgument(2, 4096);
  unsigned threads = unsigned(
      getArgument(3, std::max(1u, std::thread::hardware_concurrency())));
  ParallelFor parallelFor = makeParallelFor(threads);
  std::vector<uint16_t> weights = makeWeight(n, k);
  WeightView weight =
      WeightView::rowMajor(weights.data(), FloatType::BF16, n, k);
  openblas_set_num_threads(1);
  Time product = measureProducts(threads, parallelFor);
  double operations = threads * 2.0 * 1024 * 1024 * 1024;
  double rate = operations / product.seconds;
  double cpuRate = operations / product.cpuSeconds;
  std::printf("weight %ld x %ld, %u threads, FP32 products: %.1f GFLOP/s, %.1f "
              "a CPU second\n",
              long(n), long(k), threads, rate * 1e-9, cpuRate * 1e-9);

  auto report = [&](const char *what, Time time, double operations) {
    std::printf("%-34s %8.3f s, %8.3f CPU s, %5.2f (%5.2f) x its operations\n",
                what, time.seconds, time.cpuSeconds,
                time.seconds * rate / operations,
                time.cpuSeconds * cpuRate / operations);
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
      {"RTN M3 searched", ScaleConstraint::M3, ClipMethod::AbsMax,
       ShiftRounding::MSE, true},
  };
  double bytes = double(n) * double(k) * 2.0;
  for (const auto &recipe : recipes) {
    QuantizeOptions options;
    options.constraint = recipe.constraint;
    options.clip = recipe.clip;
    options.shift = recipe.shift;
    options.anchorSearch = recipe.anchorSearch;
    Time time = measureBest([&] {
      if (!RoundToNearest().quantize(weight, options, parallelFor))
        std::abort();
    });
    std::printf("%-34s %8.3f s, %8.3f CPU s, BF16 at %.2f GB/s, %.2f a CPU "
                "second\n",
                recipe.name, time.seconds, time.cpuSeconds,
                bytes * 1e-9 / time.seconds, bytes * 1e-9 / time.cpuSeconds);
  }

  constexpr int64_t tokens = 2048;
  std::vector<float> x = makeInputs(tokens, k);
  MomentAccumulator accumulator(k);
  Time time = measure([&] {
    if (!accumulator.add(x.data(), tokens, parallelFor))
      std::abort();
  });
  report("Hessian of 2048 tokens", time, double(k) * double(k) * tokens);
  Hessian hessian = accumulator.getHessian();

  QuantizeOptions weighted;
  weighted.constraint = ScaleConstraint::M2;
  weighted.shift = ShiftRounding::MSE;
  weighted.anchorSearch = true;
  weighted.columnImportance = hessian.getDiagonal();
  time = measureBest([&] {
    if (!RoundToNearest().quantize(weight, weighted, parallelFor))
      std::abort();
  });
  std::printf("%-34s %8.3f s, %8.3f CPU s, BF16 at %.2f GB/s, %.2f a CPU "
              "second\n",
              "RTN M2 searched by diag(H)", time.seconds, time.cpuSeconds,
              bytes * 1e-9 / time.seconds, bytes * 1e-9 / time.cpuSeconds);

  DampingOptions damping;
  LayerInputs inputs;
  Time factorTime = measureBest([&] {
    auto result = LayerInputs::compute(hessian, damping,
                                       ColumnOrder::Descending, parallelFor);
    if (!result)
      std::abort();
    inputs = std::move(*result);
  });
  double cube = double(k) * double(k) * double(k);
  report("GPTQ: factor (in FP64)", factorTime, cube / 3);

  QuantizeOptions options;
  options.constraint = ScaleConstraint::M2;
  QuantizedMatrix matrix;
  Time loopTime = measureBest([&] {
    auto result = GPTQ(inputs.factor).quantize(weight, options, parallelFor);
    if (!result)
      std::abort();
    matrix = std::move(*result);
  });
  double square = double(n) * double(k) * double(k);
  report("GPTQ: columns (M2 nearest)", loopTime, square);
  report("GPTQ: this form's operations", factorTime + loopTime,
         cube / 3 + square);
  report("GPTQ: the published operations", factorTime + loopTime,
         cube * 2 / 3 + square);

  time = measure([&] {
    if (!refineCodes(weight, inputs.hessian, {1, true}, matrix, parallelFor))
      std::abort();
  });
  report("one pass of descent, and its start", time, 6 * square);

  LowRankOptions lowRank{8, FactorFormat::E4M3, inputs.factor.get()};
  std::vector<float> rest = dequantize(matrix);
  time = measure([&] {
    if (!computeRoundedLowRankFactors(rest.data(), n, k, lowRank, parallelFor))
      std::abort();
  });
  report("LoRC of rank 8, by the Hessian", time, square);
}
