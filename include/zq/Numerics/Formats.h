//===- Formats.h - number formats and rounding ------------------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The number formats of weights and activations. Plain C++: no MLIR, no LLVM,
// so that the runtime computes with the same code as the compiler.
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_NUMERICS_FORMATS_H
#define ZQ_NUMERICS_FORMATS_H

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace zq {

/// A number format of at most 8 bits. All saturate and none has a zero point.
enum class Format : uint8_t {
  E2M1, ///< 4 bits: 0 .5 1 1.5 2 3 4 6
  E3M0, ///< 4 bits: 0 .25 .5 1 2 4 8 16
  E1M2, ///< 4 bits: 0 .25 .5 .75 1 1.25 1.5 1.75
  INT4, ///< 4 bits, sign and magnitude: -7..7
  E4M3, ///< 8 bits, largest 448, NaN but no infinity
  E5M2, ///< 8 bits, largest 57344, IEEE
  E3M4, ///< 8 bits, largest 15.5, IEEE
  E2M5, ///< 8 bits, bias 1, largest 7.875, neither infinity nor NaN
  INT8, ///< 8 bits, two's complement, used symmetrically: -127..127
};

/// "e2m1", "int8", ...: the spelling of options, reports and files.
std::string_view getFormatName(Format format);
std::optional<Format> parseFormat(std::string_view name);

/// 4 or 8.
unsigned getBitWidth(Format format);
/// Whether values of the format are sign-magnitude 4-bit codes: bit 3 is the
/// sign, bits 0 to 2 index `getMagnitudes`.
bool isFourBit(Format format);
/// The largest finite magnitude, what a scale maps the largest element to.
float getLargest(Format format);
/// The eight magnitudes of a 4-bit format, ascending.
std::array<float, 8> getMagnitudes(Format format);

/// The code nearest to `value`, ties to even, saturating (infinities too).
/// A zero keeps its sign in the floating-point formats; INT4 and INT8 have one
/// zero. NaN gives the format's NaN where it has one and must not be passed
/// where it has none.
uint8_t encode(Format format, float value);
/// The value of a code; bits above the format's width must be zero.
float decode(Format format, uint8_t code);

/// The same for `count` values, vectorized. `codes` has one byte a code, also
/// for 4-bit formats (see Packing.h).
void encode(Format format, const float *values, int64_t count, uint8_t *codes);
void decode(Format format, const uint8_t *codes, int64_t count, float *values);

//===----------------------------------------------------------------------===//
// Float formats of models
//===----------------------------------------------------------------------===//

float decodeBF16(uint16_t bits);
float decodeF16(uint16_t bits);
/// To nearest, ties to even; overflow gives infinity, as IEEE says.
uint16_t encodeBF16(float value);
uint16_t encodeF16(float value);

} // namespace zq

#endif // ZQ_NUMERICS_FORMATS_H
