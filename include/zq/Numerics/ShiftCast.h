//===- ShiftCast.h - FP4 code and shift to FP8 ------------------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The cast that makes power-of-two scales free (ZeroQuant-FP, section 3,
// "Casting the FP4 to FP8"): a 4-bit code times 2^(exponent - shift) is exactly
// an FP8 number, whose bits follow from the code's bits by integers alone.
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_NUMERICS_SHIFTCAST_H
#define ZQ_NUMERICS_SHIFTCAST_H

#include "zq/Numerics/Formats.h"

namespace zq {

/// Where a 4-bit format sits inside an FP8 format (E4M3 or E5M2).
struct ShiftWindow {
  /// The largest e for which every magnitude times 2^e is in the FP8 format.
  int exponent;
  /// The largest shift s for which every magnitude times 2^(exponent - s) is
  /// still exact; 0 <= shift <= maxShift is the window.
  int maxShift;
  /// The largest shift for which all nonzero magnitudes are normal numbers, so
  /// that a shift by s subtracts s from each exponent field (`8 * s` from an
  /// E4M3 byte, `4 * s` from an E5M2 byte) and keeps zero.
  int maxNormalShift;
};

/// The window of a 4-bit format in E4M3 or E5M2.
ShiftWindow getShiftWindow(Format weight, Format target);

/// The FP8 bytes of the eight magnitudes times 2^(exponent - shift), ascending;
/// 0 <= shift <= maxShift. Two 32-bit words: the table of one `prmt`.
std::array<uint8_t, 8> getShiftTable(Format weight, Format target, int shift);

/// The FP8 byte of a signed 4-bit code times 2^(exponent - shift).
uint8_t shiftCast(Format weight, Format target, uint8_t code, int shift);

//===----------------------------------------------------------------------===//
// With multipliers (the scale constraint M3)
//===----------------------------------------------------------------------===//
//
// A scale anchor * m * 2^-shift, m in {1, 1.25, 1.5}, is as free as one without
// m where the products of magnitudes and m are FP8 numbers: m picks the table
// and nothing else changes.

/// A group's scale below its row's anchor, in 6 bits.
struct ScaleStep {
  int shift;      ///< 0 to 15
  int multiplier; ///< index of `scaleMultipliers`
};
inline constexpr std::array<float, 3> scaleMultipliers = {1.0f, 1.25f, 1.5f};
inline constexpr int maxStepShift = 15;

/// The shift in bits 0 to 3, the multiplier's index in bits 4 and 5.
inline uint8_t packScaleStep(ScaleStep step) {
  return uint8_t(step.shift | step.multiplier << 4);
}
inline ScaleStep unpackScaleStep(uint8_t bits) {
  return {bits & 15, bits >> 4};
}

/// The window in which the products with all multipliers are exact (and normal,
/// up to maxNormalShift), under one exponent; shifts no larger than what a step
/// holds. None where no shift is exact for all of them: E5M2 and formats with
/// three significant bits have no room for 1.25.
std::optional<ShiftWindow> getStepWindow(Format weight, Format target);

/// The FP8 bytes of the eight magnitudes times the multiplier times
/// 2^(exponent - shift), of that window.
std::array<uint8_t, 8> getStepTable(Format weight, Format target,
                                    ScaleStep step);

/// The FP8 byte of a signed 4-bit code by that table.
uint8_t stepCast(Format weight, Format target, uint8_t code, ScaleStep step);

//===----------------------------------------------------------------------===//
// Either
//===----------------------------------------------------------------------===//
//
// For those who only carry the byte that a group has: a shift (M1 and M2), or a
// packed step (M3), which `multipliers` tells apart.

/// getShiftWindow or getStepWindow.
std::optional<ShiftWindow> getScaleWindow(Format weight, Format target,
                                          bool multipliers);
/// Whether a byte stands for a scale of a window that ends at `maxShift`.
bool isScaleByte(uint8_t byte, int maxShift, bool multipliers);
/// getShiftTable or getStepTable.
std::array<uint8_t, 8> getScaleTable(Format weight, Format target, uint8_t byte,
                                     bool multipliers);

} // namespace zq

#endif // ZQ_NUMERICS_SHIFTCAST_H
