//===- AnchorSearch.cpp - a row's anchor and steps together ---------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Anchors that differ by a power of two allow the same scales, so one octave of
// them holds all: its points are called phases. A group is tried under all
// phases at once, with every scale that may be its best there:
//
// - none from twice the absmax scale S on: half of it represents a superset of
//   the values that it represents up to the group's largest;
// - none so small that what it clips is a larger error than one already found,
//   which is asked once an octave.
//
// So about two octaves of scales are tried for each group. Where all columns
// count the same, the best scales of nearly all groups are near S, and to
// choose among phases those from 2^-0.75 to 2^0.625 times S are enough.
//
//===----------------------------------------------------------------------===//

#include "ScaleSearch.h"
#include "SquaredError.h"

#include <algorithm>
#include <cmath>
#include <limits>

using namespace zq;

/// Octaves that are searched below the absmax scale, at least one.
static constexpr int octavesBelow = 3;

/// An anchor, with the best that it can do.
struct ScaleSearch::Phase {
  float anchor = 1.0f;
  double error = std::numeric_limits<double>::infinity();
  std::vector<int> positions; ///< of the groups, as are the errors
  std::vector<double> errors;
  int64_t clamped = 0;
};

/// What a coarse search tries, as factors of the absmax scale.
static float getCoarseLow() {
  static const float low = getScaleStep(-48);
  return low;
}
static float getCoarseHigh() {
  static const float high = getScaleStep(40);
  return high;
}

void ScaleSearch::searchAnchor() {
  if (isZero())
    return;
  float base = 0.0f;
  int topExponent = std::numeric_limits<int>::min();
  for (const Group &group : groups)
    if (group.absmax > 0.0f) {
      base = std::max(base, getAbsMaxScale(group));
      topExponent = std::max(topExponent, group.exponent);
    }
  // Phases all over the octave, then some beside the best, and then what the
  // codes say. Over many groups the error is a smooth function of the phase: it
  // is enough to try where that is least.
  bool hasManyGroups = groups.size() >= 16;
  bool isCoarse = hasManyGroups && importance.empty();
  int phases = hasManyGroups ? 8 : 16, distance = 64 / phases;
  std::vector<float> anchors(phases);
  for (int phase = 0; phase < phases; ++phase)
    anchors[phase] = base * getScaleStep(phase * distance);
  Phase best;
  searchPhases(anchors, topExponent, isCoarse, best);
  if (hasManyGroups) {
    anchors = {getVertex(anchors, distance)};
  } else {
    anchors.clear();
    for (int step : {-2, -1, 1, 2})
      anchors.push_back(best.anchor * getScaleStep(step * distance / 4));
  }
  searchPhases(anchors, topExponent, isCoarse, best);
  if (isCoarse)
    searchSmallerScales(topExponent, best);

  anchor = best.anchor;
  clampedGroups = best.clamped;
  for (size_t g = 0; g < groups.size(); ++g)
    setPosition(int64_t(g), best.positions[g]);
  refitAnchor(topExponent);
}

/// Where the parabola through the errors of the best of these phases, which
/// are all over the octave, and of its neighbours is least.
float ScaleSearch::getVertex(const std::vector<float> &anchors,
                             int distance) const {
  int best = 0, phases = int(anchors.size());
  for (int i = 1; i < phases; ++i)
    if (sums[i].error < sums[best].error)
      best = i;
  double below = sums[(best + phases - 1) % phases].error;
  double above = sums[(best + 1) % phases].error;
  double curvature = below - 2.0 * sums[best].error + above;
  if (!(curvature > 0.0))
    return anchors[best];
  // Both differences are at least 0: at most half the distance.
  double place = 0.5 * (below - above) / curvature;
  return anchors[best] * getScaleStep(int(std::lround(place * distance)));
}

/// Sets what groups are tried with. Anchors are ascending, within an octave.
void ScaleSearch::setPhases(const std::vector<float> &anchors) {
  int phases = int(anchors.size()), divisions = grid.divisions;
  tries.clear();
  for (int phase = 0; phase < phases; ++phase)
    for (int down = 0; down < divisions; ++down) {
      float scale = float(double(anchors[phase]) * grid.getFraction(down));
      bool isBelow = scale < anchors[0];
      tries.push_back({isBelow ? 2.0f * scale : scale, phase,
                       isBelow ? down - divisions : down});
    }
  if (divisions > 1)
    std::sort(tries.begin(), tries.end(), [](const Try &a, const Try &b) {
      return std::pair(a.scale, a.phase) < std::pair(b.scale, b.phase);
    });
  size_t size = tries.size();
  for (size_t i = 0; i < 2 * size; ++i)
    tries.push_back(
        {2.0f * tries[i].scale, tries[i].phase, tries[i].position - divisions});
  triedScales.clear();
  for (const Try &each : tries)
    triedScales.push_back(each.scale);
  choiceErrors.resize(groups.size() * phases);
  choicePositions.resize(groups.size() * phases);
  sums.assign(phases, {0.0, std::numeric_limits<int>::max(),
                       std::numeric_limits<int>::min()});
}

/// Replaces `best` by the best of these phases, if that is better. They are
/// ascending, within an octave.
void ScaleSearch::searchPhases(const std::vector<float> &anchors,
                               int topExponent, bool isCoarse, Phase &best) {
  size_t phases = anchors.size();
  setPhases(anchors);
  for (size_t g = 0; g < groups.size(); ++g)
    if (groups[g].absmax > 0.0f)
      searchGroup(int64_t(g), topExponent, isCoarse);

  double least = best.error;
  int bestIndex = -1;
  for (size_t index = 0; index < phases; ++index) {
    const PhaseSum &sum = sums[index];
    int octaves = getOctavesDown(sum);
    if (sum.bottom - octaves * grid.divisions <= grid.last) {
      if (sum.error < least) {
        least = sum.error;
        bestIndex = int(index);
      }
      continue;
    }
    // The window is too short for all groups: it may be better to clip the
    // largest.
    for (int more = 0; more <= octavesBelow; ++more) {
      Phase phase =
          fitWindow(index, anchors[index], octaves + more, topExponent);
      if (phase.error < least) {
        least = phase.error;
        best = std::move(phase);
        bestIndex = -1;
      }
    }
  }
  if (bestIndex >= 0)
    best = fitWindow(bestIndex, anchors[bestIndex],
                     getOctavesDown(sums[bestIndex]), topExponent);
}

/// By how many octaves an anchor goes down to where its largest scale has it.
int ScaleSearch::getOctavesDown(const PhaseSum &sum) const {
  return grid.getOctave(sum.top - grid.first);
}

/// After a coarse search: groups for which it cannot be excluded that a smaller
/// scale than any tried is better.
void ScaleSearch::searchSmallerScales(int topExponent, Phase &best) {
  setPhases({best.anchor});
  for (size_t g = 0; g < groups.size(); ++g) {
    const Group &group = groups[g];
    if (group.absmax == 0.0f)
      continue;
    double unit = getPower(2 * (group.exponent - topExponent));
    float tried =
        float(double(getAbsMaxScale(group)) * getPower(-group.exponent)) *
        getCoarseLow();
    if (computeClippingError(magnitudes.data() + group.offset, nullptr,
                             group.padded, tried * largest) *
            unit >=
        best.errors[g])
      continue;
    searchGroup(int64_t(g), topExponent, false);
    // All scales are tried anew, larger ones than the anchor among them.
    int position = choicePositions[g];
    if (choiceErrors[g] < best.errors[g] && position >= grid.first &&
        position <= grid.last)
      best.positions[g] = position;
  }
}

/// The best position and its error (in units of 2^(2 topExponent)) under each
/// anchor, whether in the window or not.
void ScaleSearch::searchGroup(int64_t g, int topExponent, bool isCoarse) {
  const Group &group = groups[g];
  size_t phases = sums.size();
  PhaseChoices found{choiceErrors.data() + g * phases,
                     choicePositions.data() + g * phases};
  std::fill(found.errors, found.errors + phases,
            std::numeric_limits<double>::infinity());
  float absmaxScale =
      float(double(getAbsMaxScale(group)) * getPower(-group.exponent));
  if (isCoarse) {
    tryScales(group, absmaxScale * getCoarseLow(),
              absmaxScale * getCoarseHigh(), found);
  } else {
    tryScales(group, 0.5f * absmaxScale, 2.0f * absmaxScale, found);
    for (int below = 1; below < octavesBelow; ++below) {
      double worst = *std::max_element(found.errors, found.errors + phases);
      float limit = absmaxScale * float(getPower(-below));
      if (computeClippingError(magnitudes.data() + group.offset,
                               getImportance(group), group.padded,
                               limit * largest) >= worst)
        break;
      tryScales(group, 0.5f * limit, limit, found);
    }
  }
  double unit = getPower(2 * (group.exponent - topExponent));
  for (size_t phase = 0; phase < phases; ++phase) {
    found.errors[phase] *= unit;
    PhaseSum &sum = sums[phase];
    sum.error += found.errors[phase];
    sum.top = std::min(sum.top, found.positions[phase]);
    sum.bottom = std::max(sum.bottom, found.positions[phase]);
  }
}

/// All scales under the anchors from `low` on and below `high`, at most four
/// times that; both are scales times 2^-exponent.
void ScaleSearch::tryScales(const Group &group, float low, float high,
                            const PhaseChoices &found) {
  // Down by octaves until the smallest of the scales is in the octave below
  // `low`.
  int octave =
      floorLog2(triedScales[0] * getPower(-group.exponent) / double(low)) + 1;
  float unit = float(getPower(-octave - group.exponent));
  size_t first = 0, end = 0, size = triedScales.size();
  candidates.resize(size);
  for (size_t i = 0; i < size; ++i) {
    float scale = triedScales[i] * unit;
    candidates[i] = scale;
    first += scale < low;
    end += scale < high;
  }
  errors.resize(size);
  computeSquaredErrors(options.format, magnitudes.data() + group.offset,
                       getImportance(group), group.padded,
                       candidates.data() + first, end - first, errors.data());
  // Which is better is anybody's guess: no branches.
  int down = octave * grid.divisions;
  for (size_t i = first; i < end; ++i) {
    double error = errors[i - first];
    double &least = found.errors[tries[i].phase];
    int &position = found.positions[tries[i].phase];
    int isBetter = -int(error < least);
    least = std::min(error, least);
    position ^= (position ^ (tries[i].position + down)) & isBetter;
  }
}

/// The groups' choices under the phase's anchor, moved down by octaves. Groups
/// whose best position is not in the window then get the best of those at its
/// end.
ScaleSearch::Phase ScaleSearch::fitWindow(size_t index, float phaseAnchor,
                                          int octaves, int topExponent) {
  size_t phases = sums.size();
  float candidate = float(double(phaseAnchor) * getPower(-octaves));
  Phase phase;
  phase.anchor = candidate;
  phase.error = 0.0;
  phase.positions.resize(groups.size());
  phase.errors.resize(groups.size());
  for (size_t g = 0; g < groups.size(); ++g) {
    const Group &group = groups[g];
    if (group.absmax == 0.0f)
      continue;
    Choice choice{choicePositions[g * phases + index] -
                      octaves * grid.divisions,
                  false, choiceErrors[g * phases + index]};
    if (choice.position < grid.first || choice.position > grid.last) {
      bool isAbove = choice.position < grid.first;
      phase.clamped += !isAbove;
      int ends = std::min(2 * grid.divisions, grid.last - grid.first + 1);
      int first = isAbove ? grid.first : grid.last - ends + 1;
      candidates.clear();
      for (int i = 0; i < ends; ++i)
        candidates.push_back(float(double(grid.getScale(candidate, first + i)) *
                                   getPower(-group.exponent)));
      const double *tried = computeErrors(group, candidates);
      const double *best = std::min_element(tried, tried + ends);
      choice.position = first + int(best - tried);
      choice.error = *best * getPower(2 * (group.exponent - topExponent));
    }
    phase.positions[g] = choice.position;
    phase.errors[g] = choice.error;
    phase.error += choice.error;
  }
  return phase;
}

/// The anchor of least error for the codes that the row has, which then are
/// nearest or become so: the error cannot grow.
void ScaleSearch::refitAnchor(int topExponent) {
  double along = 0.0, square = 0.0;
  for (size_t g = 0; g < groups.size(); ++g) {
    const Group &group = groups[g];
    if (group.absmax == 0.0f)
      continue;
    Projection sums = computeProjection(
        options.format, magnitudes.data() + group.offset, getImportance(group),
        group.padded, float(double(scales[g]) * getPower(-group.exponent)));
    double unit = getPower(2 * (group.exponent - topExponent));
    along += sums.along * unit;
    square += sums.square * unit;
  }
  double factor = along / square;
  if (!(factor > 0.5 && factor < 2.0))
    return;
  anchor = float(double(anchor) * factor);
  for (size_t g = 0; g < groups.size(); ++g)
    setPosition(int64_t(g), positions[g]);
}
