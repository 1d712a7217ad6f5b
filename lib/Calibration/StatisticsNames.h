//===- StatisticsNames.h - how a statistics file spells things --*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_LIB_CALIBRATION_STATISTICSNAMES_H
#define ZQ_LIB_CALIBRATION_STATISTICSNAMES_H

namespace zq::statistics {

// Metadata of the file.
inline constexpr const char *kFormatKey = "format";
inline constexpr const char *kFormat = "zq-statistics";
inline constexpr const char *kVersionKey = "version";
inline constexpr const char *kVersion = "1";
/// `<layer>.inputs` is the layer that reads the same.
inline constexpr const char *kInputs = ".inputs";

// Tensors.
inline constexpr const char *kHessian = ".hessian";
inline constexpr const char *kCount = ".count";
inline constexpr const char *kAbsMax = ".absmax";
inline constexpr const char *kHistogram = ".histogram";
inline constexpr const char *kInputMoment = ".input_moment";
inline constexpr const char *kResidualMoment = ".residual_moment";

} // namespace zq::statistics

#endif // ZQ_LIB_CALIBRATION_STATISTICSNAMES_H
