//===- Histogram.h - how large inputs are -----------------------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_CALIBRATION_HISTOGRAM_H
#define ZQ_CALIBRATION_HISTOGRAM_H

#include <cstdint>
#include <vector>

namespace zq {

/// Counts magnitudes in bins that are the same for all layers: four to an
/// octave, from 2^-20 to 2^20, and one for what is on either side. Bin i,
/// 1 <= i <= 160, begins at (1 + (i - 1) % 4 / 4) * 2^((i - 1) / 4 - 20), so a
/// float's first bits are its bin's number.
class MagnitudeHistogram {
public:
  static constexpr int firstOctave = -20, octaves = 40, binsPerOctave = 4;
  static constexpr int64_t bins = octaves * binsPerOctave + 2;

  MagnitudeHistogram() : counts(bins) {}

  /// Finite values.
  void add(const float *values, int64_t count);
  const std::vector<int64_t> &getCounts() const { return counts; }

private:
  std::vector<int64_t> counts;
};

} // namespace zq

#endif // ZQ_CALIBRATION_HISTOGRAM_H
