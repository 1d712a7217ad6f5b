//===- Reference.cpp - quantization in float64 ----------------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Reference.h"

#include <algorithm>
#include <limits>
#include <random>

using namespace zq;

std::vector<double> zq::test::getValues(Format format) {
  std::vector<double> values;
  // Formats with exponents: `codes` codes with `mantissaBits` and a bias.
  auto fill = [&](int codes, int mantissaBits, int bias) {
    for (int code = 0; code < codes; ++code) {
      int field = code >> mantissaBits, mantissa = code % (1 << mantissaBits);
      double fraction = double(mantissa) / (1 << mantissaBits);
      values.push_back(field == 0 ? std::ldexp(fraction, 1 - bias)
                                  : std::ldexp(1 + fraction, field - bias));
    }
  };
  switch (format) {
  case Format::E2M1:
    return {0, .5, 1, 1.5, 2, 3, 4, 6};
  case Format::E3M0:
    return {0, .25, .5, 1, 2, 4, 8, 16};
  case Format::E1M2:
    return {0, .25, .5, .75, 1, 1.25, 1.5, 1.75};
  case Format::INT4:
    return {0, 1, 2, 3, 4, 5, 6, 7};
  case Format::E4M3:
    fill(127, 3, 7);
    return values;
  case Format::E5M2:
    fill(124, 2, 15);
    return values;
  case Format::E3M4:
    fill(112, 4, 3);
    return values;
  case Format::E2M5:
    fill(128, 5, 1);
    return values;
  case Format::INT8:
    for (int i = 0; i <= 127; ++i)
      values.push_back(i);
    return values;
  }
  return values;
}

double zq::test::getDistance(const std::vector<double> &values, double x,
                             double scale) {
  x = std::fabs(x);
  double least = std::numeric_limits<double>::infinity();
  for (double value : values)
    least = std::min(least, std::fabs(x - scale * value));
  return least;
}

double zq::test::getSquaredError(const std::vector<double> &values,
                                 const float *x, int64_t count, double scale,
                                 const float *importance) {
  double sum = 0.0;
  for (int64_t i = 0; i < count; ++i) {
    double distance = getDistance(values, x[i], scale);
    sum += distance * distance * (importance ? importance[i] : 1.0f);
  }
  return sum;
}

double zq::test::getAbsMax(const float *x, int64_t count) {
  double most = 0.0;
  for (int64_t i = 0; i < count; ++i)
    most = std::max(most, double(std::fabs(x[i])));
  return most;
}

std::vector<float> zq::test::makeNormal(int64_t count, unsigned seed,
                                        float deviation) {
  std::mt19937 generator(seed);
  std::normal_distribution<float> distribution(0.0f, deviation);
  std::vector<float> values(count);
  for (float &value : values)
    value = distribution(generator);
  return values;
}

std::vector<float> zq::test::makeStudentT(int64_t count, unsigned seed,
                                          float degrees) {
  std::mt19937 generator(seed);
  std::student_t_distribution<float> distribution(degrees);
  std::vector<float> values(count);
  for (float &value : values)
    value = distribution(generator);
  return values;
}

std::vector<float> zq::test::makeUnequalGroups(int64_t n, int64_t k,
                                               int64_t group, int octaves,
                                               unsigned seed) {
  std::vector<float> values = makeNormal(n * k, seed);
  std::mt19937 generator(seed + 1);
  for (int64_t row = 0; row < n; ++row)
    for (int64_t begin = 0; begin < k; begin += group) {
      float factor = std::ldexp(1.0f, -int(generator() % octaves));
      for (int64_t i = begin; i < std::min(k, begin + group); ++i)
        values[row * k + i] *= factor;
    }
  return values;
}

unsigned zq::test::getCode(const QuantizedMatrix &matrix, int64_t row,
                           int64_t column) {
  if (getValues(matrix.format).size() > 8)
    return matrix.codes[row * matrix.k + column];
  unsigned byte = matrix.codes[row * ((matrix.k + 1) / 2) + column / 2];
  return column % 2 == 0 ? byte & 15 : byte >> 4;
}

double zq::test::getCodeValue(Format format, const std::vector<double> &values,
                              unsigned code) {
  if (format == Format::INT8)
    return double(int8_t(code));
  unsigned signBit = values.size() > 8 ? 128 : 8;
  double value = values[code & (signBit - 1)];
  return (code & signBit) != 0 ? -value : value;
}

double zq::test::getScale(const QuantizedMatrix &matrix, int64_t row,
                          int64_t g) {
  int64_t groups = (matrix.k + matrix.group - 1) / matrix.group;
  if (matrix.constraint == ScaleConstraint::Free)
    return matrix.scales[row * groups + g];
  unsigned shift = matrix.shifts[row * groups + g];
  double anchor = matrix.anchors[row];
  if (matrix.constraint == ScaleConstraint::M3) {
    anchor = float(anchor * (1.0 + (shift >> 4) / 4.0)); // one FP32 product
    shift &= 15;
  }
  return std::ldexp(anchor, -int(shift));
}
