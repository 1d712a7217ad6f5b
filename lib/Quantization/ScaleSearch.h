//===- ScaleSearch.h - the scales of one row --------------------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_LIB_QUANTIZATION_SCALESEARCH_H
#define ZQ_LIB_QUANTIZATION_SCALESEARCH_H

#include "ScaleGrid.h"
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
  /// With constrained scales: the row's anchor, and each group's step below it
  /// as QuantizedMatrix stores it.
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
  struct Choice {
    int position; ///< on the grid
    bool clamped;
    double error; ///< of the group, only where errors are compared
  };

  bool isZero() const { return zeroGroups == int64_t(groups.size()); }
  const float *getImportance(const Group &group) const {
    return importance.empty() ? nullptr : importance.data() + group.offset;
  }
  float getAbsMaxScale(const Group &group) const;
  void loadGroup(int64_t g, const float *values);
  void findFreeScale(Group &group);
  void setPosition(int64_t g, int position);

  // M1
  void findPow2Scales();
  int roundExponent(const Group &group);

  // M2 and M3
  void findRowAnchor();
  Choice findPosition(const Group &group, float candidate, bool needsError);
  Choice searchPosition(const Group &group, float candidate);

  // Anchors and steps together (AnchorSearch.cpp)
  struct Phase;
  struct PhaseSum {
    double error;
    int top, bottom; ///< positions of the largest scale and of the smallest
  };
  /// A group's best under each phase.
  struct PhaseChoices {
    double *errors;
    int *positions; ///< whether in the window or not
  };
  int getOctavesDown(const PhaseSum &sum) const;
  void searchAnchor();
  float getVertex(const std::vector<float> &anchors, int distance) const;
  void setPhases(const std::vector<float> &anchors);
  void searchGroup(int64_t g, int topExponent, bool isCoarse);
  void tryScales(const Group &group, float low, float high,
                 const PhaseChoices &found);
  void searchPhases(const std::vector<float> &anchors, int topExponent,
                    bool isCoarse, Phase &best);
  Phase fitWindow(size_t index, float phaseAnchor, int octaves,
                  int topExponent);
  void searchSmallerScales(int topExponent, Phase &best);
  void refitAnchor(int topExponent);

  /// Squared errors of a group under scales, both times 2^-exponent.
  const double *computeErrors(const Group &group,
                              const std::vector<float> &relativeScales);
  double computeError(const Group &group, float scale);

  const QuantizeOptions &options;
  int64_t k;
  ShiftRounding rounding;
  float largest;
  ScaleGrid grid;
  std::vector<Group> groups;
  std::vector<float> magnitudes;
  std::vector<float> importance;

  std::vector<int> positions; ///< of the groups
  // Buffers.
  std::vector<float> candidates;
  std::vector<double> errors;
  /// Scales under all phases, ascending: an octave of them, and twice and four
  /// times that.
  struct Try {
    float scale;
    int phase, position;
  };
  std::vector<Try> tries;
  std::vector<float> triedScales;
  /// Of groups x phases.
  std::vector<double> choiceErrors;
  std::vector<int> choicePositions;
  std::vector<PhaseSum> sums; ///< over the groups, of each phase
};

/// 2^(j/64), the same on every machine.
float getScaleStep(int j);

} // namespace zq

#endif // ZQ_LIB_QUANTIZATION_SCALESEARCH_H
