//===- Reference.h - what the numerics are checked against ------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Definitions of the formats that share nothing with lib/Numerics: APFloat
// where it has the format, the list of all values in double otherwise.
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_UNITTESTS_NUMERICS_REFERENCE_H
#define ZQ_UNITTESTS_NUMERICS_REFERENCE_H

#include "zq/Numerics/Formats.h"

#include "llvm/ADT/APFloat.h"

#include <cmath>
#include <cstring>
#include <vector>

namespace zq::test {

inline constexpr Format allFormats[] = {
    Format::E2M1, Format::E3M0, Format::E1M2, Format::INT4, Format::E4M3,
    Format::E5M2, Format::E3M4, Format::E2M5, Format::INT8};
inline constexpr Format fourBitFormats[] = {Format::E2M1, Format::E3M0,
                                            Format::E1M2, Format::INT4};

/// Null where APFloat has no such format.
inline const llvm::fltSemantics *getSemantics(Format format) {
  switch (format) {
  case Format::E2M1:
    return &llvm::APFloat::Float4E2M1FN();
  case Format::E4M3:
    return &llvm::APFloat::Float8E4M3FN();
  case Format::E5M2:
    return &llvm::APFloat::Float8E5M2();
  case Format::E3M4:
    return &llvm::APFloat::Float8E3M4();
  default:
    return nullptr;
  }
}

/// The finite magnitudes of a format, indexed by code, in double.
inline std::vector<double> getValues(Format format) {
  std::vector<double> values;
  switch (format) {
  case Format::E2M1:
    return {0, .5, 1, 1.5, 2, 3, 4, 6};
  case Format::E3M0:
    return {0, .25, .5, 1, 2, 4, 8, 16};
  case Format::E1M2:
    return {0, .25, .5, .75, 1, 1.25, 1.5, 1.75};
  case Format::INT4:
    return {0, 1, 2, 3, 4, 5, 6, 7};
  case Format::INT8:
    for (int i = 0; i <= 127; ++i)
      values.push_back(i);
    return values;
  case Format::E2M5:
    for (int code = 0; code < 128; ++code) {
      int exponent = code / 32, mantissa = code % 32;
      values.push_back(exponent == 0
                           ? mantissa / 32.0
                           : std::ldexp(1 + mantissa / 32.0, exponent - 1));
    }
    return values;
  default:
    break;
  }
  const llvm::fltSemantics &semantics = *getSemantics(format);
  for (unsigned code = 0; code < 128; ++code) {
    llvm::APFloat value(semantics, llvm::APInt(8, code));
    if (!value.isFinite())
      break;
    bool losesInfo;
    value.convert(llvm::APFloat::IEEEdouble(),
                  llvm::APFloat::rmNearestTiesToEven, &losesInfo);
    values.push_back(value.convertToDouble());
  }
  return values;
}

/// The code nearest to |value|, ties to the even code, by trying them all.
inline unsigned findNearest(const std::vector<double> &values, double value) {
  unsigned best = 0;
  for (unsigned code = 1; code < values.size(); ++code) {
    double delta = std::fabs(values[code] - std::fabs(value)) -
                   std::fabs(values[best] - std::fabs(value));
    if (delta < 0 || (delta == 0 && code % 2 == 0))
      best = code;
  }
  return best;
}

inline float toFloat(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}
inline uint32_t toBits(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  return bits;
}

/// FP32 numbers of all exponents and both signs, with mantissas that end after
/// `places` bits and those up to two ulps beside them: around every number and
/// every midpoint of a format with fewer than `places` mantissa bits. With
/// infinities, without NaN.
inline std::vector<float> getDenseSample(int places, int firstExponent = 0,
                                         int lastExponent = 255) {
  std::vector<float> sample;
  uint32_t step = 1u << (23 - places);
  uint64_t last = uint64_t(lastExponent) << 23;
  for (uint64_t center = uint64_t(firstExponent) << 23; center <= last;
       center += step)
    for (int64_t bits = int64_t(center) - 2; bits <= int64_t(center) + 2;
         ++bits)
      if (bits >= 0 && bits <= 0x7F800000)
        for (uint32_t sign : {0u, 0x80000000u})
          sample.push_back(toFloat(uint32_t(bits) | sign));
  return sample;
}

} // namespace zq::test

#endif // ZQ_UNITTESTS_NUMERICS_REFERENCE_H
