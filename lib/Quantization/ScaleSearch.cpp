//===- ScaleSearch.cpp - the scales of one row ----------------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Each group is searched on its magnitudes times a power of two that brings its
// absmax into [1, 2): squares neither overflow nor vanish, and the scaling is
// exact.
//
//===----------------------------------------------------------------------===//

#include "ScaleSearch.h"
#include "RowKernels.h"
#include "SquaredError.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

using namespace zq;

static constexpr int minScaleExponent = -100;
static constexpr int stepsPerOctave = 64;

/// By square roots, which IEEE defines.
float zq::getScaleStep(int j) {
  static const std::array<double, stepsPerOctave> steps = [] {
    std::array<double, stepsPerOctave> values;
    double root = 2.0;
    for (int i = 1; i < stepsPerOctave; i *= 2)
      root = std::sqrt(root);
    values[0] = 1.0;
    for (int i = 1; i < stepsPerOctave; ++i)
      values[i] = values[i - 1] * root;
    return values;
  }();
  int octave = j >= 0 ? j / stepsPerOctave
                      : -((stepsPerOctave - 1 - j) / stepsPerOctave);
  return float(steps[j - octave * stepsPerOctave] * getPower(octave));
}

/// 0, 1, -1, 2, -2, ...: searches go outwards from the absmax scale, which so
/// wins where errors do not differ.
static int getOutward(int step) {
  return step % 2 == 0 ? -step / 2 : step / 2 + 1;
}

/// ceil(log2(value)), exactly.
static int ceilLog2(double value) {
  int floor = floorLog2(value);
  return getPower(floor) == value ? floor : floor + 1;
}
/// log2(value) rounded to nearest; sqrt(2) is no double, so there is no tie.
static int nearestLog2(double value) {
  int floor = floorLog2(value);
  return value * getPower(-floor) > std::sqrt(2.0) ? floor + 1 : floor;
}

ScaleSearch::ScaleSearch(const QuantizeOptions &options, int64_t k)
    : options(options), k(k),
      rounding(options.shift.value_or(options.constraint == ScaleConstraint::M1
                                          ? ShiftRounding::Ceil
                                          : ShiftRounding::Nearest)),
      largest(getLargest(options.format)),
      grid(options.constraint, options.maxShift) {
  constexpr int64_t lanes = squaredErrorLanes;
  int64_t size = 0;
  for (int64_t begin = 0; begin < k;) {
    int64_t count = std::min(options.group, k - begin);
    int64_t padded = (count + lanes - 1) / lanes * lanes;
    groups.push_back({size, padded, 0, 0.0f, 1.0f});
    size += padded;
    begin += count;
  }
  magnitudes.resize(size);
  scales.resize(groups.size());
  positions.resize(groups.size());
  if (options.constraint != ScaleConstraint::Free)
    shifts.resize(groups.size());

  if (options.columnImportance.empty())
    return;
  // Only ratios matter; with a largest of 1 sums of errors stay in range.
  float most = 0.0f;
  for (float weight : options.columnImportance)
    most = std::max(most, weight);
  importance.resize(size);
  for (size_t g = 0; g < groups.size(); ++g) {
    int64_t begin = int64_t(g) * options.group;
    int64_t count = std::min(options.group, k - begin);
    for (int64_t i = 0; i < count; ++i)
      importance[groups[g].offset + i] =
          most > 0.0f ? options.columnImportance[begin + i] / most : 1.0f;
  }
}

void ScaleSearch::run(const float *row) {
  clampedGroups = zeroGroups = 0;
  anchor = 1.0f;
  std::fill(scales.begin(), scales.end(), 1.0f);
  std::fill(shifts.begin(), shifts.end(), uint8_t(0));
  for (size_t g = 0; g < groups.size(); ++g) {
    loadGroup(g, row + int64_t(g) * options.group);
    zeroGroups += groups[g].absmax == 0.0f;
  }
  if (options.anchorSearch && rounding == ShiftRounding::MSE)
    return searchAnchor();
  for (Group &group : groups)
    if (group.absmax > 0.0f)
      findFreeScale(group);

  switch (options.constraint) {
  case ScaleConstraint::Free:
    for (size_t g = 0; g < groups.size(); ++g)
      if (groups[g].absmax > 0.0f)
        scales[g] = groups[g].free;
    break;
  case ScaleConstraint::M1:
    findPow2Scales();
    break;
  case ScaleConstraint::M2:
  case ScaleConstraint::M3:
    findRowAnchor();
    break;
  }
}

void ScaleSearch::runGroup(int64_t g, const float *values, float givenAnchor) {
  anchor = givenAnchor;
  loadGroup(g, values);
  Group &group = groups[g];
  clampedGroups = 0;
  if (group.absmax > 0.0f)
    findFreeScale(group);
  if (options.constraint == ScaleConstraint::Free) {
    scales[g] = group.absmax > 0.0f ? group.free : 1.0f;
    return;
  }
  Choice choice{0, false, 0.0};
  if (group.absmax > 0.0f) {
    if (options.constraint == ScaleConstraint::M1) {
      int shift = floorLog2(anchor) - roundExponent(group);
      choice = {std::clamp(shift, 0, grid.last), shift > grid.last, 0.0};
    } else {
      choice = findPosition(group, anchor, false);
    }
  }
  clampedGroups = choice.clamped;
  setPosition(g, choice.position);
}

float ScaleSearch::getAbsMaxScale(const Group &group) const {
  return std::max(group.absmax / largest, float(getPower(minScaleExponent)));
}

void ScaleSearch::loadGroup(int64_t g, const float *values) {
  Group &group = groups[g];
  int64_t count = std::min(options.group, k - g * options.group);
  group.absmax = getAbsMax(values, count);
  if (group.absmax == 0.0f)
    return;
  group.exponent = std::max(floorLog2(double(group.absmax)), minScaleExponent);
  scaleMagnitudes(values, count, float(getPower(-group.exponent)),
                  magnitudes.data() + group.offset);
}

void ScaleSearch::setPosition(int64_t g, int position) {
  positions[g] = position;
  scales[g] = grid.getScale(anchor, position);
  shifts[g] = grid.getStep(position);
}

const double *
ScaleSearch::computeErrors(const Group &group,
                           const std::vector<float> &relativeScales) {
  errors.resize(relativeScales.size());
  computeSquaredErrors(options.format, magnitudes.data() + group.offset,
                       getImportance(group), group.padded,
                       relativeScales.data(), relativeScales.size(),
                       errors.data());
  return errors.data();
}

double ScaleSearch::computeError(const Group &group, float scale) {
  candidates.assign(1, float(double(scale) * getPower(-group.exponent)));
  return *computeErrors(group, candidates);
}

void ScaleSearch::findFreeScale(Group &group) {
  float minScale = float(getPower(minScaleExponent));
  float absmaxScale = getAbsMaxScale(group);
  group.free = absmaxScale;
  if (options.clip == ClipMethod::AbsMax)
    return;
  auto getCandidate = [&](int step) {
    return std::max(absmaxScale * getScaleStep(2 * getOutward(step)), minScale);
  };
  candidates.clear();
  std::vector<int> &tried = positions; // a buffer: no grid without constraint
  tried.clear();
  for (int step = 0; step <= 96; ++step)
    if (getOutward(step) < 32) {
      tried.push_back(step);
      candidates.push_back(
          float(double(getCandidate(step)) * getPower(-group.exponent)));
    }
  const double *found = computeErrors(group, candidates);
  size_t best = std::min_element(found, found + tried.size()) - found;
  group.free = getCandidate(tried[best]);
  positions.resize(groups.size());
}

//===----------------------------------------------------------------------===//
// M1
//===----------------------------------------------------------------------===//

/// The exponent of the group's scale.
int ScaleSearch::roundExponent(const Group &group) {
  switch (rounding) {
  case ShiftRounding::Ceil:
    return ceilLog2(group.free);
  case ShiftRounding::Floor:
    return floorLog2(group.free);
  case ShiftRounding::Nearest:
    return nearestLog2(group.free);
  case ShiftRounding::MSE:
    break;
  }
  int last = floorLog2(group.free * 2.0);
  int first = std::max(ceilLog2(group.free / 8.0), minScaleExponent);
  candidates.clear();
  for (int exponent = last; exponent >= first; --exponent)
    candidates.push_back(float(getPower(exponent - group.exponent)));
  const double *found = computeErrors(group, candidates);
  return last - int(std::min_element(found, found + candidates.size()) - found);
}

void ScaleSearch::findPow2Scales() {
  int top = std::numeric_limits<int>::min();
  std::vector<int> exponents(groups.size());
  for (size_t g = 0; g < groups.size(); ++g)
    if (groups[g].absmax > 0.0f) {
      exponents[g] = roundExponent(groups[g]);
      top = std::max(top, exponents[g]);
    }
  if (isZero())
    return;
  anchor = float(getPower(top));
  for (size_t g = 0; g < groups.size(); ++g) {
    int shift = groups[g].absmax > 0.0f ? top - exponents[g] : 0;
    clampedGroups += shift > grid.last;
    setPosition(g, std::min(shift, grid.last));
  }
}

//===----------------------------------------------------------------------===//
// M2 and M3
//===----------------------------------------------------------------------===//

/// The group's scale under the anchor `candidate`.
ScaleSearch::Choice ScaleSearch::findPosition(const Group &group,
                                              float candidate,
                                              bool needsError) {
  if (rounding == ShiftRounding::MSE)
    return searchPosition(group, candidate);
  int wanted = grid.round(candidate, group.free, rounding);
  int position = std::clamp(wanted, grid.first, grid.last);
  double error = needsError
                     ? computeError(group, grid.getScale(candidate, position))
                     : 0.0;
  return {position, wanted > grid.last, error};
}

ScaleSearch::Choice ScaleSearch::searchPosition(const Group &group,
                                                float candidate) {
  int first =
      std::max(grid.first, grid.getPositionAbove(candidate, group.free * 2.0f));
  int last =
      std::max(first, grid.getPositionAbove(candidate, group.free / 8.0f));
  // Where the window leaves none of these, its last one is the nearest.
  first = std::min(first, grid.last);
  candidates.clear();
  for (int position = first; position <= last; ++position)
    candidates.push_back(float(double(grid.getScale(candidate, position)) *
                               getPower(-group.exponent)));
  const double *found = computeErrors(group, candidates);
  // The best without the window tells whether the window clamps.
  int best = int(std::min_element(found, found + candidates.size()) - found);
  if (first + best <= grid.last)
    return {first + best, false, found[best]};
  int inside =
      int(std::min_element(found, found + grid.last - first + 1) - found);
  return {first + inside, true, found[inside]};
}

/// Anchors one by one; the shifts follow from each.
void ScaleSearch::findRowAnchor() {
  if (isZero())
    return;
  float base = 0.0f;
  int topExponent = std::numeric_limits<int>::min();
  for (const Group &group : groups)
    if (group.absmax > 0.0f) {
      base = std::max(base, group.free);
      topExponent = std::max(topExponent, group.exponent);
    }

  int range = options.anchorSearch ? 16 : 0;
  double least = std::numeric_limits<double>::infinity();
  std::vector<int> found(groups.size()), best;
  for (int step = 0; step <= 2 * range; ++step) {
    float candidate = base * getScaleStep(2 * getOutward(step));
    double total = 0.0;
    int64_t clamped = 0;
    for (size_t g = 0; g < groups.size(); ++g) {
      const Group &group = groups[g];
      found[g] = 0;
      if (group.absmax == 0.0f)
        continue;
      Choice choice = findPosition(group, candidate, options.anchorSearch);
      found[g] = choice.position;
      clamped += choice.clamped;
      total += choice.error * getPower(2 * (group.exponent - topExponent));
    }
    if (total < least) {
      least = total;
      anchor = candidate;
      best = found;
      clampedGroups = clamped;
    }
  }
  for (size_t g = 0; g < groups.size(); ++g)
    setPosition(g, best[g]);
}
