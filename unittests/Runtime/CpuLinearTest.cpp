//===- CpuLinearTest.cpp - the CPU against float64 ------------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "../Support/TemporaryFolder.h"
#include "TestModule.h"
#include "zq/Runtime/zq.h"

#include <cmath>
#include <cstring>
#include <gtest/gtest.h>
#include <pthread.h>
#include <set>
#include <system_error>
#include <thread>

using namespace zq;
using namespace zq::runtime;

static double getCodeValue(Format format, int code) {
  static const double e2m1[] = {0, .5, 1, 1.5, 2, 3, 4, 6};
  static const double e3m0[] = {0, .25, .5, 1, 2, 4, 8, 16};
  int index = code & 7;
  double magnitude = format == Format::E2M1   ? e2m1[index]
                     : format == Format::E3M0 ? e3m0[index]
                     : format == Format::E1M2 ? index / 4.0
                                              : index;
  return code & 8 ? -magnitude : magnitude;
}

/// 2^exponent of the shift cast: the largest magnitude times it is the largest
/// power of two times that magnitude below E4M3's 448.
static int getExponent(Format format, bool multipliers) {
  double largest = getCodeValue(format, 7) * (multipliers ? 1.5 : 1);
  return static_cast<int>(std::floor(std::log2(448 / largest)));
}

/// To the nearest number of an FP8 format with so many mantissa bits, ties to
/// even: nearbyint on multiples of the spacing.
static double roundToFP8(double value, int mantissaBits, int minExponent,
                         double largest) {
  if (value == 0)
    return 0;
  int exponent = std::max(std::ilogb(value), minExponent);
  double spacing = std::ldexp(1.0, exponent - mantissaBits);
  double rounded = std::nearbyint(value / spacing) * spacing;
  return std::min(std::max(rounded, -largest), largest);
}

/// The linear in float64, from its constants in storage order.
static std::vector<double> compute(const TestLinear &test, int64_t m,
                                   const std::vector<float> &x) {
  const Linear &linear = test.linear;
  int64_t n = linear.n, k = linear.k, rank = linear.rank;
  int64_t groups = (k + linear.group - 1) / linear.group;
  bool isE4M3 = linear.activationFormat == Format::E4M3;
  std::vector<double> y(m * n);
  for (int64_t token = 0; token != m; ++token) {
    const float *row = &x[token * k];
    float largest = 0;
    for (int64_t i = 0; i != k; ++i)
      largest = std::max(largest, std::fabs(row[i]));
    float scale = largest / (isE4M3 ? 448.0f : 57344.0f);
    if (scale == 0)
      scale = 1;
    for (int64_t j = 0; j != n; ++j) {
      double sum = 0;
      for (int64_t i = 0; i != k; ++i) {
        int code = test.codes[j * ((k + 1) / 2) + i / 2] >> (i % 2 * 4) & 0xF;
        int shift = test.shifts[j * groups + i / linear.group];
        int exponent = getExponent(linear.weightFormat, linear.multipliers);
        double weight = std::ldexp(getCodeValue(linear.weightFormat, code) *
                                       (1 + (shift >> 4) / 4.0),
                                   exponent - (shift & 15));
        float scaled = row[i] / scale;
        sum += weight * (isE4M3 ? roundToFP8(scaled, 3, -6, 448)
                                : roundToFP8(scaled, 2, -14, 57344));
      }
      double value = double(test.rowScale[j]) * scale * sum;
      for (int64_t r = 0; r != rank; ++r) {
        double t = 0;
        for (int64_t i = 0; i != k; ++i)
          t += double(row[i]) * test.down[r * k + i];
        value += test.up[j * rank + r] * t;
      }
      y[token * n + j] = value + (test.bias.empty() ? 0 : test.bias[j]);
    }
  }
  return y;
}

/// Norm of the difference over norm of `wanted`.
static double getError(const std::vector<float> &found,
                       const std::vector<double> &wanted) {
  double difference = 0, norm = 0;
  for (size_t i = 0; i != wanted.size(); ++i) {
    difference += (found[i] - wanted[i]) * (found[i] - wanted[i]);
    norm += wanted[i] * wanted[i];
  }
  return std::sqrt(difference / norm);
}

static std::vector<float> getInput(int64_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> x(count);
  for (float &value : x)
    value = normal(random) * std::ldexp(1.0f, random() % 8);
  roundToBF16(x);
  return x;
}

/// Runs the linear on the CPU, between guards that must stay as they are.
static std::vector<float> run(const TestLinear &test, int64_t m,
                              const std::vector<float> &x) {
  TemporaryFolder folder;
  EXPECT_TRUE(writeModule(folder / "m.zqm", {test}));
  ZqModule *module = nullptr;
  EXPECT_EQ(zqModuleOpen((folder / "m.zqm").c_str(), &module), ZQ_SUCCESS)
      << zqGetLastErrorText();
  std::vector<uint8_t> input;
  if (test.linear.inputType == ElementType::F32) {
    input = getBytes(x);
  } else {
    std::vector<uint16_t> bits;
    for (float value : x)
      bits.push_back(test.linear.inputType == ElementType::BF16
                         ? encodeBF16(value)
                         : encodeF16(value));
    input = getBytes(bits);
  }
  size_t count = m * test.linear.n;
  size_t size = getByteSize(test.linear.outputType);
  constexpr size_t kGuard = 64;
  std::vector<uint8_t> output(count * size + 2 * kGuard, 0xA5);
  EXPECT_EQ(zqLinearRunCpu(module, 0, m, input.data(), output.data() + kGuard),
            ZQ_SUCCESS)
      << zqGetLastErrorText();
  zqModuleClose(module);
  for (size_t i = 0; i != kGuard; ++i) {
    EXPECT_EQ(output[i], 0xA5);
    EXPECT_EQ(output[output.size() - 1 - i], 0xA5);
  }
  std::vector<float> y(count);
  for (size_t i = 0; i != count; ++i) {
    const uint8_t *element = output.data() + kGuard + i * size;
    if (size == 4) {
      std::memcpy(&y[i], element, 4);
      continue;
    }
    uint16_t bits;
    std::memcpy(&bits, element, 2);
    y[i] = test.linear.outputType == ElementType::BF16 ? decodeBF16(bits)
                                                       : decodeF16(bits);
  }
  return y;
}

TEST(CpuLinear, RandomShapesAgainstFloat64) {
  std::mt19937 random(7);
  const Format weights[] = {Format::E2M1, Format::E3M0, Format::E1M2,
                            Format::INT4};
  const int64_t maxShifts[] = {14, 7, 15, 13};
  for (int i = 0; i != 48; ++i) {
    int64_t n = 1 + random() % 300, k = 1 + random() % 700;
    int64_t group = int64_t(32) << random() % 4;
    if (i % 5 == 0)
      group = k;
    int64_t rank = i % 3 == 0 ? 1 + random() % std::min({n, k, int64_t(9)}) : 0;
    Linear linear = getShape("l", n, k, group, rank);
    linear.weightFormat = weights[i % 4];
    linear.maxShift = std::min(maxShifts[i % 4], int64_t(3 + random() % 9));
    linear.activationFormat = i % 2 ? Format::E4M3 : Format::E5M2;
    linear.inputType = static_cast<ElementType>(i % 2 * 2);
    linear.outputType = ElementType::F32;
    TestLinear test = makeLinear(linear, i % 4 == 1, i);
    int64_t m = 1 + random() % 21;
    std::vector<float> x = getInput(m * k, i);
    EXPECT_LT(getError(run(test, m, x), compute(test, m, x)), 1e-6)
        << n << " x " << k << ", group " << group << ", M " << m;
  }
}

/// y = linear(x) + residual, where the residual is, and where y is to be.
TEST(CpuLinear, AddsAResidual) {
  for (ElementType type : {ElementType::F32, ElementType::BF16}) {
    Linear linear = getShape("l", 150, 96, 32, 3);
    linear.inputType = ElementType::F32;
    linear.outputType = type;
    linear.residual = true;
    TestLinear test = makeLinear(linear, true, 5);
    TemporaryFolder folder;
    ASSERT_TRUE(writeModule(folder / "m.zqm", {test}));
    ZqModule *module = nullptr;
    ASSERT_EQ(zqModuleOpen((folder / "m.zqm").c_str(), &module), ZQ_SUCCESS)
        << zqGetLastErrorText();
    constexpr int64_t m = 7;
    std::vector<float> x = getInput(m * 96, 1), residual = getInput(m * 150, 2);
    std::vector<double> wanted = compute(test, m, x);
    for (size_t i = 0; i != wanted.size(); ++i)
      wanted[i] += residual[i];
    std::vector<uint8_t> addend = getBytes(residual);
    if (type == ElementType::BF16)
      addend = roundToBF16(residual); // as they are already
    auto getValues = [&](const std::vector<uint8_t> &bytes) {
      std::vector<float> values(wanted.size());
      for (size_t i = 0; i != values.size(); ++i)
        if (type == ElementType::F32)
          std::memcpy(&values[i], &bytes[4 * i], 4);
        else
          values[i] = decodeBF16(bytes[2 * i] | bytes[2 * i + 1] << 8);
      return values;
    };
    std::vector<uint8_t> y(addend.size(), 0xFF);
    ZqLinearBuffers buffers = {sizeof(buffers), x.data(), addend.data(),
                               y.data()};
    ASSERT_EQ(zqLinearRunBuffersCpu(module, 0, m, &buffers), ZQ_SUCCESS)
        << zqGetLastErrorText();
    EXPECT_LT(getError(getValues(y), wanted),
              type == ElementType::F32 ? 1e-6 : 2.5e-3);
    buffers.residual = buffers.y = addend.data();
    ASSERT_EQ(zqLinearRunBuffersCpu(module, 0, m, &buffers), ZQ_SUCCESS);
    EXPECT_EQ(addend, y);
    zqModuleClose(module);
  }
}

TEST(CpuLinear, EveryStepWithMultipliersAgainstFloat64) {
  for (Format weight : {Format::E2M1, Format::E3M0}) {
    // Enough groups for each of the steps.
    Linear linear = getShape("l", 200, 96, 32);
    linear.weightFormat = weight;
    linear.maxShift = weight == Format::E2M1 ? 11 : 9;
    linear.multipliers = true;
    linear.inputType = linear.outputType = ElementType::F32;
    TestLinear test = makeLinear(linear, true, 11);
    std::set<uint8_t> steps(test.shifts.begin(), test.shifts.end());
    EXPECT_EQ(steps.size(), size_t(3 * (linear.maxShift + 1)));
    std::vector<float> x = getInput(5 * 96, 11);
    EXPECT_LT(getError(run(test, 5, x), compute(test, 5, x)), 1e-6);
  }
}

TEST(CpuLinear, EveryElementType) {
  for (ElementType type :
       {ElementType::BF16, ElementType::F16, ElementType::F32}) {
    Linear linear = getShape("l", 130, 200, 64, 3);
    linear.inputType = linear.outputType = type;
    TestLinear test = makeLinear(linear, true, 3);
    std::vector<float> x = getInput(5 * 200, 3);
    // Half a unit in the last place of BF16 or F16.
    double limit = type == ElementType::BF16  ? 2e-3
                   : type == ElementType::F16 ? 3e-4
                                              : 1e-6;
    EXPECT_LT(getError(run(test, 5, x), compute(test, 5, x)), limit);
  }
}

TEST(CpuLinear, ATokenOfZerosGivesTheBias) {
  TestLinear test = makeLinear(getShape("l", 20, 64, 32, 2), true, 5);
  std::vector<float> y = run(test, 1, std::vector<float>(64));
  for (int i = 0; i != 20; ++i)
    EXPECT_EQ(y[i], test.bias[i]);
}

TEST(CpuLinear, NaNAndInfinityStayInTheirToken) {
  TestLinear test = makeLinear(getShape("l", 20, 64, 32), false, 5);
  std::vector<float> x(3 * 64, 1.0f);
  x[5] = NAN;
  x[2 * 64 + 63] = INFINITY;
  std::vector<float> y = run(test, 3, x);
  for (int i = 0; i != 20; ++i) {
    EXPECT_TRUE(std::isnan(y[i]));
    EXPECT_TRUE(std::isfinite(y[20 + i]));
    EXPECT_TRUE(std::isnan(y[40 + i]));
  }
}

TEST(CpuLinear, SubnormalTokens) {
  Linear linear = getShape("l", 8, 32, 32);
  linear.inputType = linear.outputType = ElementType::F32;
  TestLinear test = makeLinear(linear, false, 5);
  // The scale of such a token underflows to zero.
  std::vector<float> x(32, std::ldexp(1.0f, -149));
  for (float value : run(test, 1, x))
    EXPECT_EQ(value, 0.0f);
}

// A machine may refuse more threads at any time.
TEST(CpuLinear, WorksWhereNoThreadStarts) {
  Linear linear = getShape("l", 512, 512, 128);
  TestLinear test = makeLinear(linear, true, 5);
  TemporaryFolder folder;
  ASSERT_TRUE(writeModule(folder / "m.zqm", {test}));
  ZqModule *module = nullptr;
  ASSERT_EQ(zqModuleOpen((folder / "m.zqm").c_str(), &module), ZQ_SUCCESS);
  std::vector<uint16_t> x(64 * 512, encodeBF16(1.0f));
  std::vector<uint16_t> wanted(64 * 512), found(64 * 512);
  ASSERT_EQ(zqLinearRunCpu(module, 0, 64, x.data(), wanted.data()), ZQ_SUCCESS);

  // No address space for the stack of one.
  pthread_attr_t attributes;
  ASSERT_EQ(pthread_getattr_default_np(&attributes), 0);
  size_t stackSize;
  pthread_attr_getstacksize(&attributes, &stackSize);
  pthread_attr_setstacksize(&attributes, size_t(1) << 50);
  ASSERT_EQ(pthread_setattr_default_np(&attributes), 0);
  EXPECT_THROW(std::thread([] {}).join(), std::system_error);
  EXPECT_EQ(zqLinearRunCpu(module, 0, 64, x.data(), found.data()), ZQ_SUCCESS)
      << zqGetLastErrorText();
  pthread_attr_setstacksize(&attributes, stackSize);
  pthread_setattr_default_np(&attributes);
  pthread_attr_destroy(&attributes);
  EXPECT_EQ(found, wanted);
  zqModuleClose(module);
}
