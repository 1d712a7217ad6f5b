//===- ScaleSearch.h - the scales of one row --------------------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_LIB_QUANTIZATION_SCALESEARCH_H
#define ZQ_LIB_QUANTIZATION_SCALESEARCH_H

#include "zq/Quantization/WeightQuantizer.h"

namespace zq {

/// Finds the scales of one row after the other, as RoundToNearest documents.
/// One object for each thread: it owns the buffers.
class ScaleSearch {
public:
  ScaleSearch(const QuantizeOptions &options, int64_t k);

  /// Reads `row` (k finite values) and finds its scales.
  void run(const float *row);
  /// Finds the scale of group `g` alone, for these values of its columns, under
  /// an anchor that is given; sets scales[g], shifts[g] and clampedGroups (0
  /// or 1).
  void runGroup(int64_t g, const float *values, float givenAnchor);

  /// The scale of each group.
  std::vector<float> scales;
  /// With constrained scales: scales[g] = anchor * 2^-shifts[g].
  float anchor = 1.0f;
  std::vector<uint8_t> shifts;
  int64_t clampedGroups = 0;
  int64_t zeroGroups = 0;

private:
  struct Group {
    int64_t offset; ///< in `magnitudes`
    int64_t padded; ///< values there, zeros at the end included
    int exponent;   ///< the magnitudes are those of the row times 2^-exponent
    float absmax;   ///< of the row; 0 for a group that has no scale to find
    float free;     ///< the free scale
  };
  struct Shift {
    int value;
    bool clamped;
    double error; ///< of the group, only where errors are compared
  };

  void loadGroup(int64_t g, const float *values);
  void findFreeScale(Group &group);
  void findPow2Scales();
  void findRowAnchor();
  int roundExponent(const Group &group) const;
  Shift findShift(const Group &group, float candidate, bool needsError) const;
  Shift searchShift(const Group &group, float candidate) const;
  void applyShifts();
  double computeError(const Group &group, float scale) const;

  const QuantizeOptions &options;
  int64_t k;
  ShiftRounding rounding;
  float largest;
  std::vector<Group> groups;
  std::vector<float> magnitudes;
  std::vector<float> importance;
};

} // namespace zq

#endif // ZQ_LIB_QUANTIZATION_SCALESEARCH_H
