//===- ShiftCast.cpp - FP4 code and shift to FP8 --------------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "zq/Numerics/ShiftCast.h"
#include "zq/Numerics/Rounding.h"

#include <algorithm>
#include <cassert>

using namespace zq;

/// Whether every magnitude times 2^exponent, times each of the multipliers, is
/// a number of `target`.
static bool isExact(Format weight, Format target, int exponent,
                    int numMultipliers) {
  for (float magnitude : getMagnitudes(weight))
    for (int i = 0; i < numMultipliers; ++i) {
      float value = magnitude * scaleMultipliers[i] * getPowerOfTwo(exponent);
      if (decode(target, encode(target, value)) != value)
        return false;
    }
  return true;
}

/// Tries the exponents; the formats are narrow, so +-32 holds every window.
static std::optional<ShiftWindow> findShiftWindow(Format weight, Format target,
                                                  int numMultipliers = 1) {
  ShiftWindow window{32, 0, 0};
  while (!isExact(weight, target, window.exponent, numMultipliers))
    if (--window.exponent < -32)
      return std::nullopt;
  while (isExact(weight, target, window.exponent - window.maxShift - 1,
                 numMultipliers))
    ++window.maxShift;

  FormatLayout layout = getLayout(target);
  float smallest = getMagnitudes(weight)[1];
  float minNormal = getPowerOfTwo(1 - layout.bias);
  window.maxNormalShift = window.maxShift;
  while (smallest * getPowerOfTwo(window.exponent - window.maxNormalShift) <
         minNormal)
    --window.maxNormalShift;
  return window;
}

ShiftWindow zq::getShiftWindow(Format weight, Format target) {
  assert(isFourBit(weight) && "the shift cast starts from a 4-bit format");
  assert((target == Format::E4M3 || target == Format::E5M2) &&
         "the shift cast ends in E4M3 or E5M2");
  struct Windows {
    ShiftWindow windows[4][2];
    Windows() {
      for (int weight = 0; weight < 4; ++weight)
        for (int target = 0; target < 2; ++target)
          windows[weight][target] = *findShiftWindow(
              Format(weight), target == 0 ? Format::E4M3 : Format::E5M2);
    }
  };
  static_assert(int(Format::INT4) == 3, "the 4-bit formats come first");
  static const Windows windows;
  return windows.windows[int(weight)][target == Format::E4M3 ? 0 : 1];
}

std::array<uint8_t, 8> zq::getShiftTable(Format weight, Format target,
                                         int shift) {
  ShiftWindow window = getShiftWindow(weight, target);
  assert(shift >= 0 && shift <= window.maxShift && "shift outside the window");
  std::array<float, 8> magnitudes = getMagnitudes(weight);
  std::array<uint8_t, 8> table;
  for (int i = 0; i < 8; ++i)
    table[i] =
        encode(target, magnitudes[i] * getPowerOfTwo(window.exponent - shift));
  return table;
}

uint8_t zq::shiftCast(Format weight, Format target, uint8_t code, int shift) {
  assert(code < 16 && "not a 4-bit code");
  uint8_t magnitude = getShiftTable(weight, target, shift)[code & 7];
  return uint8_t(magnitude | (code & 8) << 4);
}

//===----------------------------------------------------------------------===//
// With multipliers
//===----------------------------------------------------------------------===//

std::optional<ShiftWindow> zq::getStepWindow(Format weight, Format target) {
  assert(isFourBit(weight) && "the shift cast starts from a 4-bit format");
  assert((target == Format::E4M3 || target == Format::E5M2) &&
         "the shift cast ends in E4M3 or E5M2");
  struct Windows {
    std::optional<ShiftWindow> windows[4][2];
    Windows() {
      for (int weight = 0; weight < 4; ++weight)
        for (int target = 0; target < 2; ++target) {
          std::optional<ShiftWindow> &window = windows[weight][target];
          window = findShiftWindow(Format(weight),
                                   target == 0 ? Format::E4M3 : Format::E5M2,
                                   int(scaleMultipliers.size()));
          if (!window)
            continue;
          window->maxShift = std::min(window->maxShift, maxStepShift);
          window->maxNormalShift =
              std::min(window->maxNormalShift, maxStepShift);
        }
    }
  };
  static const Windows windows;
  return windows.windows[int(weight)][target == Format::E4M3 ? 0 : 1];
}

std::array<uint8_t, 8> zq::getStepTable(Format weight, Format target,
                                        ScaleStep step) {
  std::optional<ShiftWindow> window = getStepWindow(weight, target);
  assert(window && "the format has no room for multipliers");
  assert(step.shift >= 0 && step.shift <= window->maxShift &&
         "shift outside the window");
  std::array<float, 8> magnitudes = getMagnitudes(weight);
  std::array<uint8_t, 8> table;
  for (int i = 0; i < 8; ++i)
    table[i] =
        encode(target, magnitudes[i] * scaleMultipliers[step.multiplier] *
                           getPowerOfTwo(window->exponent - step.shift));
  return table;
}

uint8_t zq::stepCast(Format weight, Format target, uint8_t code,
                     ScaleStep step) {
  assert(code < 16 && "not a 4-bit code");
  uint8_t magnitude = getStepTable(weight, target, step)[code & 7];
  return uint8_t(magnitude | (code & 8) << 4);
}

//===----------------------------------------------------------------------===//
// Either
//===----------------------------------------------------------------------===//

std::optional<ShiftWindow> zq::getScaleWindow(Format weight, Format target,
                                              bool multipliers) {
  return multipliers ? getStepWindow(weight, target)
                     : getShiftWindow(weight, target);
}

bool zq::isScaleByte(uint8_t byte, int maxShift, bool multipliers) {
  if (!multipliers)
    return byte <= maxShift;
  ScaleStep step = unpackScaleStep(byte);
  return step.shift <= maxShift &&
         step.multiplier < int(scaleMultipliers.size());
}

std::array<uint8_t, 8> zq::getScaleTable(Format weight, Format target,
                                         uint8_t byte, bool multipliers) {
  return multipliers ? getStepTable(weight, target, unpackScaleStep(byte))
                     : getShiftTable(weight, target, byte);
}
