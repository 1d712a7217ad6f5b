//===- Reference.h - quantization in float64 --------------------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What the tests compare with: values of the formats written down, nearest
// values found by trying them all, sums in double. Nothing here calls the
// libraries under test.
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_UNITTESTS_QUANTIZATION_REFERENCE_H
#define ZQ_UNITTESTS_QUANTIZATION_REFERENCE_H

#include "zq/Quantization/WeightQuantizer.h"

#include <cmath>
#include <limits>
#include <vector>

namespace zq::test {

/// The magnitudes of a format, ascending.
std::vector<double> getValues(Format format);

/// The distance from |x| to the nearest of `scale * values`.
double getDistance(const std::vector<double> &values, double x, double scale);

/// The sum of squared distances, weighted where there are weights.
double getSquaredError(const std::vector<double> &values, const float *x,
                       int64_t count, double scale,
                       const float *importance = nullptr);

double getAbsMax(const float *x, int64_t count);

std::vector<float> makeNormal(int64_t count, unsigned seed,
                              float deviation = 1.0f);

std::vector<float> makeStudentT(int64_t count, unsigned seed, float degrees);

/// A weight whose groups differ in size by powers of two at random, so that
/// shifts of all sizes come up.
std::vector<float> makeUnequalGroups(int64_t n, int64_t k, int64_t group,
                                     int octaves, unsigned seed);

/// Code of element (row, column) out of packed or 8-bit storage.
unsigned getCode(const QuantizedMatrix &matrix, int64_t row, int64_t column);

double getCodeValue(Format format, const std::vector<double> &values,
                    unsigned code);

double getScale(const QuantizedMatrix &matrix, int64_t row, int64_t g);

} // namespace zq::test

#endif // ZQ_UNITTESTS_QUANTIZATION_REFERENCE_H
