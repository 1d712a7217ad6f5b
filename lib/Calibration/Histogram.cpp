//===- Histogram.cpp - how large inputs are -------------------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "zq/Calibration/Histogram.h"

#include <algorithm>
#include <cstring>

using namespace zq;

void MagnitudeHistogram::add(const float *values, int64_t count) {
  // Exponent and two bits of mantissa number the bins of all floats.
  constexpr int mantissaBits = 21;
  constexpr int32_t first = (127 + firstOctave) * binsPerOctave;
  for (int64_t i = 0; i < count; ++i) {
    uint32_t bits;
    std::memcpy(&bits, values + i, sizeof(bits));
    int32_t bin = int32_t((bits & 0x7FFFFFFF) >> mantissaBits) - first + 1;
    ++counts[std::clamp<int32_t>(bin, 0, bins - 1)];
  }
}
