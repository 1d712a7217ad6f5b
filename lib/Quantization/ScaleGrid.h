//===- ScaleGrid.h - the scales that an anchor allows -----------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_LIB_QUANTIZATION_SCALEGRID_H
#define ZQ_LIB_QUANTIZATION_SCALEGRID_H

#include "zq/Numerics/ShiftCast.h"
#include "zq/Quantization/WeightQuantizer.h"

#include <cstring>

namespace zq {

/// floor(log2(value)) of a normal number.
inline int floorLog2(double value) {
  uint64_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  return int(bits >> 52 & 0x7FF) - 1023;
}

/// 2^exponent, a normal number.
inline double getPower(int exponent) {
  uint64_t bits = uint64_t(exponent + 1023) << 52;
  double value;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

/// The scales that a constraint allows under an anchor, descending: position 0
/// is the anchor, `divisions` positions further is half of it. With M3 the
/// scales between are 1.5 / 2 and 1.25 / 2 of the anchor, and there are two
/// before it: 1.5 and 1.25 of it are positions -2 and -1.
class ScaleGrid {
public:
  ScaleGrid(ScaleConstraint constraint, int maxShift)
      : divisions(constraint == ScaleConstraint::M3
                      ? int(scaleMultipliers.size())
                      : 1),
        first(1 - divisions), last(divisions * maxShift) {}

  /// Positions in an octave.
  int divisions;
  /// The window: what a group's step can say.
  int first, last;

  /// How many whole octaves below the anchor, rounded down.
  int getOctave(int position) const {
    return position >= 0 ? position / divisions
                         : -((divisions - 1 - position) / divisions);
  }
  /// 1, 1.5 / 2, 1.25 / 2: an octave's scales.
  double getFraction(int down) const {
    return down == 0 ? 1.0 : 0.5 * double(scaleMultipliers[divisions - down]);
  }
  float getScale(float anchor, int position) const {
    int octave = getOctave(position);
    return float(double(anchor) * getFraction(position - octave * divisions) *
                 getPower(-octave));
  }
  /// The byte of QuantizedMatrix::shifts.
  uint8_t getStep(int position) const {
    int octave = getOctave(position), down = position - octave * divisions;
    if (divisions == 1)
      return uint8_t(octave);
    return down == 0 ? packScaleStep({octave, 0})
                     : packScaleStep({octave + 1, divisions - down});
  }

  /// The position of the smallest scale that is not below `scale`.
  int getPositionAbove(float anchor, float scale) const {
    double ratio = double(anchor) / double(scale);
    int octave = floorLog2(ratio), down = 0;
    double rest = ratio * getPower(-octave); // in [1, 2)
    while (down + 1 < divisions && rest * getFraction(down + 1) >= 1.0)
      ++down;
    return octave * divisions + down;
  }
  /// The position next to `scale`, as the rounding of a shift says: up is to
  /// the smaller scale.
  int round(float anchor, float scale, ShiftRounding rounding) const {
    int above = getPositionAbove(anchor, scale);
    if (rounding == ShiftRounding::Floor)
      return above;
    double high = double(getScale(anchor, above)) / double(scale);
    double low = double(getScale(anchor, above + 1)) / double(scale);
    if (rounding == ShiftRounding::Ceil)
      return high == 1.0 ? above : above + 1;
    return high * low > 1.0 ? above + 1 : above;
  }
};

} // namespace zq

#endif // ZQ_LIB_QUANTIZATION_SCALEGRID_H
