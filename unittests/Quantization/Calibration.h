//===- Calibration.h - inputs of layers, and their Hessians -----*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Synthetic calibration data, and what the tests of calibrated algorithms
// compare with, in float64 and without the libraries under test.
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_UNITTESTS_QUANTIZATION_CALIBRATION_H
#define ZQ_UNITTESTS_QUANTIZATION_CALIBRATION_H

#include "zq/Quantization/Hessian.h"

#include <vector>

namespace zq::test {

/// Inputs as layers see them: a few strong common directions, channels of very
/// different size, and noise. tokens x k.
std::vector<float> makeInputs(int64_t tokens, int64_t k, unsigned seed);

/// (2/tokens) sum x x^T, in double.
Hessian makeHessian(const std::vector<float> &x, int64_t tokens, int64_t k);

/// The mean over tokens of |w x - w^ x|^2 over that of |w x|^2, in double.
double getOutputError(const std::vector<float> &w,
                      const std::vector<float> &found, int64_t n, int64_t k,
                      const std::vector<float> &x, int64_t tokens);

} // namespace zq::test

#endif // ZQ_UNITTESTS_QUANTIZATION_CALIBRATION_H
