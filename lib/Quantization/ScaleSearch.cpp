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
#include "SquaredError.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

using namespace zq;

static constexpr int minScaleExponent = -100;
/// Searches step by 2^(1/32).
static constexpr int stepsPerOctave = 32;

/// 2^(j/32), the same on every machine: by square roots, which IEEE defines.
static float getStep(int j) {
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
  return float(std::ldexp(steps[j - octave * stepsPerOctave], octave));
}

/// 0, 1, -1, 2, -2, ...: searches go outwards from the absmax scale, which so
/// wins where errors do not differ.
static int getOutward(int step) {
  return step % 2 == 0 ? -step / 2 : step / 2 + 1;
}

/// floor(log2(value)), exactly.
static int floorLog2(double value) { return std::ilogb(value); }
/// ceil(log2(value)), exactly.
static int ceilLog2(double value) {
  int floor = std::ilogb(value);
  return std::ldexp(1.0, floor) == value ? floor : floor + 1;
}
/// log2(value) rounded to nearest; sqrt(2) is no double, so there is no tie.
static int nearestLog2(double value) {
  int floor = std::ilogb(value);
  return std::ldexp(value, -floor) > std::sqrt(2.0) ? floor + 1 : floor;
}

ScaleSearch::ScaleSearch(const QuantizeOptions &options, int64_t k)
    : options(options), k(k),
      rounding(options.shift.value_or(options.constraint == ScaleConstraint::M1
                                          ? ShiftRounding::Ceil
                                          : ShiftRounding::Nearest)),
      largest(getLargest(options.format)) {
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
    if (groups[g].absmax > 0.0f)
      findFreeScale(groups[g]);
    else
      ++zeroGroups;
  }

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
    findRowAnchor();
    break;
  }
}

void ScaleSearch::runGroup(int64_t g, const float *values, float givenAnchor) {
  loadGroup(g, values);
  Group &group = groups[g];
  clampedGroups = 0;
  if (group.absmax > 0.0f)
    findFreeScale(group);
  if (options.constraint == ScaleConstraint::Free) {
    scales[g] = group.absmax > 0.0f ? group.free : 1.0f;
    return;
  }
  shifts[g] = 0;
  if (group.absmax > 0.0f) {
    if (options.constraint == ScaleConstraint::M1) {
      int wanted = std::ilogb(givenAnchor) - roundExponent(group);
      shifts[g] = uint8_t(std::clamp(wanted, 0, options.maxShift));
      clampedGroups = wanted > options.maxShift;
    } else {
      Shift shift = findShift(group, givenAnchor, false);
      shifts[g] = uint8_t(shift.value);
      clampedGroups = shift.clamped;
    }
  }
  scales[g] = std::ldexp(givenAnchor, -int(shifts[g]));
}

void ScaleSearch::loadGroup(int64_t g, const float *values) {
  Group &group = groups[g];
  int64_t count = std::min(options.group, k - g * options.group);
  float absmax = 0.0f;
  for (int64_t i = 0; i < count; ++i) {
    float magnitude = std::fabs(values[i]);
    absmax = magnitude > absmax ? magnitude : absmax;
  }
  group.absmax = absmax;
  if (absmax == 0.0f)
    return;
  group.exponent = std::max(floorLog2(absmax), minScaleExponent);
  float factor = std::ldexp(1.0f, -group.exponent);
  for (int64_t i = 0; i < count; ++i)
    magnitudes[group.offset + i] = std::fabs(values[i]) * factor;
}

double ScaleSearch::computeError(const Group &group, float scale) const {
  return computeSquaredError(
      options.format, magnitudes.data() + group.offset,
      importance.empty() ? nullptr : importance.data() + group.offset,
      group.padded, std::ldexp(scale, -group.exponent));
}

void ScaleSearch::findFreeScale(Group &group) {
  float minScale = std::ldexp(1.0f, minScaleExponent);
  float absmaxScale = std::max(group.absmax / largest, minScale);
  group.free = absmaxScale;
  if (options.clip == ClipMethod::AbsMax)
    return;
  double least = std::numeric_limits<double>::infinity();
  for (int step = 0; step <= 96; ++step) {
    int j = getOutward(step);
    if (j >= stepsPerOctave)
      continue;
    float scale = std::max(absmaxScale * getStep(j), minScale);
    double error = computeError(group, scale);
    if (error < least) {
      least = error;
      group.free = scale;
    }
  }
}

//===----------------------------------------------------------------------===//
// M1
//===----------------------------------------------------------------------===//

/// The exponent of the group's scale.
int ScaleSearch::roundExponent(const Group &group) const {
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
  int best = 0;
  double least = std::numeric_limits<double>::infinity();
  int first = ceilLog2(group.free / 8.0), last = floorLog2(group.free * 2.0);
  for (int exponent = last; exponent >= std::max(first, minScaleExponent);
       --exponent) {
    double error = computeError(group, std::ldexp(1.0f, exponent));
    if (error < least) {
      least = error;
      best = exponent;
    }
  }
  return best;
}

void ScaleSearch::findPow2Scales() {
  int top = std::numeric_limits<int>::min();
  std::vector<int> exponents(groups.size());
  for (size_t g = 0; g < groups.size(); ++g)
    if (groups[g].absmax > 0.0f) {
      exponents[g] = roundExponent(groups[g]);
      top = std::max(top, exponents[g]);
    }
  if (zeroGroups == int64_t(groups.size()))
    return;
  anchor = std::ldexp(1.0f, top);
  for (size_t g = 0; g < groups.size(); ++g)
    if (groups[g].absmax > 0.0f) {
      int shift = top - exponents[g];
      clampedGroups += shift > options.maxShift;
      shifts[g] = uint8_t(std::min(shift, options.maxShift));
    }
  applyShifts();
}

void ScaleSearch::applyShifts() {
  for (size_t g = 0; g < groups.size(); ++g)
    scales[g] = std::ldexp(anchor, -int(shifts[g]));
}

//===----------------------------------------------------------------------===//
// M2
//===----------------------------------------------------------------------===//

/// The group's shift under the anchor `candidate`.
ScaleSearch::Shift ScaleSearch::findShift(const Group &group, float candidate,
                                          bool needsError) const {
  if (rounding == ShiftRounding::MSE)
    return searchShift(group, candidate);
  double ratio = double(candidate) / double(group.free);
  int wanted = rounding == ShiftRounding::Ceil    ? ceilLog2(ratio)
               : rounding == ShiftRounding::Floor ? floorLog2(ratio)
                                                  : nearestLog2(ratio);
  int value = std::clamp(wanted, 0, options.maxShift);
  double error =
      needsError ? computeError(group, std::ldexp(candidate, -value)) : 0.0;
  return {value, wanted > options.maxShift, error};
}

ScaleSearch::Shift ScaleSearch::searchShift(const Group &group,
                                            float candidate) const {
  double ratio = double(candidate) / double(group.free);
  int first = std::max(0, ceilLog2(ratio / 2.0));
  int last = std::max(first, floorLog2(ratio * 8.0));
  double infinity = std::numeric_limits<double>::infinity();
  // The best shift without the window tells whether the window clamps.
  Shift best{0, false, infinity}, inside{options.maxShift, false, infinity};
  for (int shift = first; shift <= last; ++shift) {
    double error = computeError(group, std::ldexp(candidate, -shift));
    if (error < best.error)
      best = {shift, false, error};
    if (shift <= options.maxShift && error < inside.error)
      inside = {shift, false, error};
  }
  if (best.value <= options.maxShift)
    return best;
  if (inside.error == infinity)
    inside.error = computeError(group, std::ldexp(candidate, -inside.value));
  inside.clamped = true;
  return inside;
}

void ScaleSearch::findRowAnchor() {
  if (zeroGroups == int64_t(groups.size()))
    return;
  float base = 0.0f;
  int topExponent = std::numeric_limits<int>::min();
  for (const Group &group : groups)
    if (group.absmax > 0.0f) {
      base = std::max(base, group.free);
      topExponent = std::max(topExponent, group.exponent);
    }

  anchor = base;
  int range = options.anchorSearch ? stepsPerOctave / 2 : 0;
  double least = std::numeric_limits<double>::infinity();
  std::vector<uint8_t> candidateShifts(groups.size());
  for (int step = 0; step <= 2 * range; ++step) {
    float candidate = base * getStep(getOutward(step));
    double total = 0.0;
    int64_t clamped = 0;
    for (size_t g = 0; g < groups.size(); ++g) {
      const Group &group = groups[g];
      candidateShifts[g] = 0;
      if (group.absmax == 0.0f)
        continue;
      Shift shift = findShift(group, candidate, options.anchorSearch);
      candidateShifts[g] = uint8_t(shift.value);
      clamped += shift.clamped;
      total += std::ldexp(shift.error, 2 * (group.exponent - topExponent));
    }
    if (total < least) {
      least = total;
      anchor = candidate;
      shifts = candidateShifts;
      clampedGroups = clamped;
    }
  }
  applyShifts();
}
