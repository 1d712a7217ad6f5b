//===- Rounding.h - rounding to a format, for inner loops -------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What Formats.h does for one value, with the format as a template argument
// and without branches, so that loops over it vectorize. Everything follows
// from the layout of a format (how many exponent and mantissa bits, the bias,
// the largest code); there are no tables of results.
//
// The code below expects the default floating-point environment (round to
// nearest even) and works with or without flushing of subnormals.
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_NUMERICS_ROUNDING_H
#define ZQ_NUMERICS_ROUNDING_H

#include "zq/Numerics/Formats.h"

#include <cstring>
#include <type_traits>

namespace zq {

/// How a sign-magnitude format of at most 8 bits is laid out.
struct FormatLayout {
  int exponentBits;
  int mantissaBits;
  int bias;
  /// The code of the largest finite magnitude.
  uint8_t maxCode;
  /// The positive NaN that `encode` gives; 0 where the format has none.
  uint8_t nanCode;
  /// The positive infinity; 0 where the format has none.
  uint8_t infCode;
  /// INT4 alone has no negative zero.
  bool signedZero;

  constexpr int width() const { return 1 + exponentBits + mantissaBits; }
  constexpr uint8_t signMask() const { return uint8_t(1u << (width() - 1)); }
};

/// The layout of any format but INT8, which is in two's complement.
/// E1M2 and INT4 never leave their subnormals' spacing: they are fixed point.
constexpr FormatLayout getLayout(Format format) {
  switch (format) {
  case Format::E2M1:
    return {2, 1, 1, 0x7, 0, 0, true};
  case Format::E3M0:
    return {3, 0, 3, 0x7, 0, 0, true};
  case Format::E1M2:
    return {1, 2, 1, 0x7, 0, 0, true};
  case Format::INT4:
    return {1, 2, -1, 0x7, 0, 0, false};
  case Format::E4M3:
    return {4, 3, 7, 0x7E, 0x7F, 0, true};
  case Format::E5M2:
    return {5, 2, 15, 0x7B, 0x7F, 0x7C, true};
  case Format::E3M4:
    return {3, 4, 3, 0x6F, 0x7F, 0x70, true};
  case Format::E2M5:
    return {2, 5, 1, 0x7F, 0, 0, true};
  case Format::INT8:
    break;
  }
  return {0, 0, 0, 0, 0, 0, false};
}

inline uint32_t getBits(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  return bits;
}
inline float getFloat(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

/// The float 2^exponent, -126 <= exponent <= 127.
inline float getPowerOfTwo(int exponent) {
  return getFloat(uint32_t(exponent + 127) << 23);
}

/// `encode`, one value, without branches.
template <Format format> inline uint8_t encodeAs(float value) {
  if constexpr (format == Format::INT8) {
    // Adding 1.5 * 2^23 leaves the rounded integer in the low bits.
    float clamped = value < -127.0f ? -127.0f : value;
    clamped = clamped > 127.0f ? 127.0f : clamped;
    return uint8_t(getBits(clamped + 12582912.0f));
  } else {
    constexpr FormatLayout layout = getLayout(format);
    constexpr int dropped = 23 - layout.mantissaBits;
    constexpr uint32_t minNormal = uint32_t(128 - layout.bias) << 23;
    uint32_t bits = getBits(value);
    uint32_t magnitude = bits & 0x7FFFFFFF;
    // Normal numbers: rebias, then add half of the last kept place less one,
    // plus the last kept bit: ties go to the even code. A carry out of the
    // mantissa is the next exponent, as it should be.
    uint32_t normal = magnitude - (uint32_t(127 - layout.bias) << 23);
    normal += ((1u << (dropped - 1)) - 1) + ((normal >> dropped) & 1);
    normal >>= dropped;
    // Subnormal numbers are fixed point: a power of two, whose last place is
    // the smallest subnormal, makes the addition round there.
    constexpr uint32_t magic =
        uint32_t(128 - layout.bias - layout.mantissaBits + 23) << 23;
    uint32_t subnormal = getBits(getFloat(magnitude) + getFloat(magic)) - magic;
    uint32_t code = magnitude < minNormal ? subnormal : normal;
    code = code < layout.maxCode ? code : layout.maxCode;
    if constexpr (layout.nanCode != 0)
      code = magnitude > 0x7F800000 ? layout.nanCode : code;
    uint32_t sign = (bits >> 31) << (layout.width() - 1);
    if constexpr (!layout.signedZero)
      sign = code == 0 ? 0 : sign;
    return uint8_t(code | sign);
  }
}

/// The value nearest to a magnitude (not negative, not NaN) in the format, ties
/// to even, saturating: what decoding its code gives.
template <Format format> inline float roundMagnitude(float magnitude) {
  if constexpr (format == Format::INT8) {
    magnitude = magnitude < 127.0f ? magnitude : 127.0f;
    return (magnitude + 8388608.0f) - 8388608.0f;
  } else {
    constexpr FormatLayout layout = getLayout(format);
    constexpr uint32_t biasBits = uint32_t(127 - layout.bias) << 23;
    constexpr uint32_t minNormal = biasBits + (1u << 23);
    constexpr uint32_t largest =
        biasBits + (uint32_t(layout.maxCode) << (23 - layout.mantissaBits));
    float largestValue = getFloat(largest);
    magnitude = magnitude < largestValue ? magnitude : largestValue;
    // The power of two below; subnormals have the spacing of the first.
    float binade = getFloat(getBits(magnitude) & 0x7F800000);
    float firstBinade = getFloat(minNormal);
    binade = binade > firstBinade ? binade : firstBinade;
    // Adding 2^23 times the spacing and taking it away rounds to the spacing.
    float magic =
        getFloat(getBits(binade) + (uint32_t(23 - layout.mantissaBits) << 23));
    float rounded = (magnitude + magic) - magic;
    if constexpr (layout.mantissaBits == 0) {
      // Without mantissa bits the even multiple of the spacing is always the
      // upper power of two; the even code is the one with an even exponent.
      uint32_t lifted = getBits(magnitude) - biasBits;
      lifted += ((1u << 22) - 1) + ((lifted >> 23) & 1);
      float power = getFloat((lifted & 0x7F800000) + biasBits);
      rounded = magnitude < firstBinade ? rounded : power;
    }
    return rounded;
  }
}

/// The same for a value of either sign; a zero has the sign of `value`.
template <Format format> inline float roundTo(float value) {
  uint32_t bits = getBits(value);
  float rounded = roundMagnitude<format>(getFloat(bits & 0x7FFFFFFF));
  return getFloat(getBits(rounded) | (bits & 0x80000000));
}

/// Calls `callee` with std::integral_constant<Format, F>, F the given format,
/// to leave the choice of format outside of a loop.
template <typename Callee>
decltype(auto) dispatchFormat(Format format, Callee &&callee) {
  switch (format) {
  case Format::E2M1:
    return callee(std::integral_constant<Format, Format::E2M1>());
  case Format::E3M0:
    return callee(std::integral_constant<Format, Format::E3M0>());
  case Format::E1M2:
    return callee(std::integral_constant<Format, Format::E1M2>());
  case Format::INT4:
    return callee(std::integral_constant<Format, Format::INT4>());
  case Format::E4M3:
    return callee(std::integral_constant<Format, Format::E4M3>());
  case Format::E5M2:
    return callee(std::integral_constant<Format, Format::E5M2>());
  case Format::E3M4:
    return callee(std::integral_constant<Format, Format::E3M4>());
  case Format::E2M5:
    return callee(std::integral_constant<Format, Format::E2M5>());
  case Format::INT8:
    break;
  }
  return callee(std::integral_constant<Format, Format::INT8>());
}

} // namespace zq

#endif // ZQ_NUMERICS_ROUNDING_H
