//===- Formats.cpp - number formats and rounding --------------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "zq/Numerics/Formats.h"
#include "zq/Numerics/Rounding.h"

#include <cassert>
#include <limits>

using namespace zq;

//===----------------------------------------------------------------------===//
// Names
//===----------------------------------------------------------------------===//

namespace {
struct NamedFormat {
  Format format;
  std::string_view name;
};
} // namespace

static constexpr NamedFormat namedFormats[] = {
    {Format::E2M1, "e2m1"}, {Format::E3M0, "e3m0"}, {Format::E1M2, "e1m2"},
    {Format::INT4, "int4"}, {Format::E4M3, "e4m3"}, {Format::E5M2, "e5m2"},
    {Format::E3M4, "e3m4"}, {Format::E2M5, "e2m5"}, {Format::INT8, "int8"},
};

std::string_view zq::getFormatName(Format format) {
  for (const NamedFormat &named : namedFormats)
    if (named.format == format)
      return named.name;
  return "unknown";
}

std::optional<Format> zq::parseFormat(std::string_view name) {
  for (const NamedFormat &named : namedFormats)
    if (named.name == name)
      return named.format;
  return std::nullopt;
}

//===----------------------------------------------------------------------===//
// Decoding
//===----------------------------------------------------------------------===//

/// value * 2^exponent; exact for the few bits that formats have.
static constexpr float scaleByPowerOfTwo(float value, int exponent) {
  for (; exponent > 0; --exponent)
    value *= 2.0f;
  for (; exponent < 0; ++exponent)
    value *= 0.5f;
  return value;
}

static constexpr float decodeLayout(FormatLayout layout, uint8_t code) {
  uint8_t magnitude = uint8_t(code & (layout.signMask() - 1));
  float value = 0.0f;
  if (layout.infCode != 0 && magnitude == layout.infCode) {
    value = std::numeric_limits<float>::infinity();
  } else if (magnitude > layout.maxCode) {
    value = std::numeric_limits<float>::quiet_NaN();
  } else {
    int exponentField = magnitude >> layout.mantissaBits;
    int mantissa = magnitude & ((1 << layout.mantissaBits) - 1);
    // The implicit leading one; subnormals have the exponent of field 1.
    if (exponentField != 0)
      mantissa += 1 << layout.mantissaBits;
    else
      exponentField = 1;
    value = scaleByPowerOfTwo(float(mantissa), exponentField - layout.bias -
                                                   layout.mantissaBits);
  }
  return (code & layout.signMask()) != 0 ? -value : value;
}

namespace {
/// The value of each code.
struct DecodeTable {
  float values[256];
};
} // namespace

static constexpr DecodeTable makeDecodeTable(Format format) {
  DecodeTable table{};
  for (int code = 0; code < 256; ++code) {
    if (format == Format::INT8) {
      table.values[code] = float(code < 128 ? code : code - 256);
      continue;
    }
    FormatLayout layout = getLayout(format);
    if (code < (1 << layout.width()))
      table.values[code] = decodeLayout(layout, uint8_t(code));
  }
  return table;
}

template <Format format>
static constexpr DecodeTable decodeTable = makeDecodeTable(format);

static const float *getDecodeTable(Format format) {
  return dispatchFormat(format, [](auto tag) -> const float * {
    return decodeTable<decltype(tag)::value>.values;
  });
}

float zq::decode(Format format, uint8_t code) {
  assert((getBitWidth(format) == 8 || code < 16) && "bits above the format");
  return getDecodeTable(format)[code];
}

void zq::decode(Format format, const uint8_t *codes, int64_t count,
                float *values) {
  const float *table = getDecodeTable(format);
  for (int64_t i = 0; i < count; ++i)
    values[i] = table[codes[i]];
}

//===----------------------------------------------------------------------===//
// Properties
//===----------------------------------------------------------------------===//

unsigned zq::getBitWidth(Format format) {
  return format == Format::INT8 ? 8 : unsigned(getLayout(format).width());
}

bool zq::isFourBit(Format format) { return getBitWidth(format) == 4; }

float zq::getLargest(Format format) {
  return format == Format::INT8 ? 127.0f
                                : decode(format, getLayout(format).maxCode);
}

std::array<float, 8> zq::getMagnitudes(Format format) {
  assert(isFourBit(format) && "only 4-bit formats have eight magnitudes");
  std::array<float, 8> magnitudes;
  for (uint8_t code = 0; code < 8; ++code)
    magnitudes[code] = decode(format, code);
  return magnitudes;
}

//===----------------------------------------------------------------------===//
// Encoding
//===----------------------------------------------------------------------===//

uint8_t zq::encode(Format format, float value) {
  return dispatchFormat(format, [value](auto tag) {
    return encodeAs<decltype(tag)::value>(value);
  });
}

void zq::encode(Format format, const float *values, int64_t count,
                uint8_t *codes) {
  dispatchFormat(format, [=](auto tag) {
    for (int64_t i = 0; i < count; ++i)
      codes[i] = encodeAs<decltype(tag)::value>(values[i]);
  });
}

//===----------------------------------------------------------------------===//
// Float formats of models
//===----------------------------------------------------------------------===//

static constexpr uint32_t floatInfinity = 0x7F800000;
static constexpr uint32_t floatQuietBit = 0x00400000;

float zq::decodeBF16(uint16_t bits) { return getFloat(uint32_t(bits) << 16); }

uint16_t zq::encodeBF16(float value) {
  uint32_t bits = getBits(value);
  if ((bits & 0x7FFFFFFF) > floatInfinity)
    return uint16_t((bits | floatQuietBit) >> 16);
  // Largest-finite rounds up into infinity by the carry.
  return uint16_t((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
}

float zq::decodeF16(uint16_t bits) {
  uint32_t sign = uint32_t(bits & 0x8000) << 16;
  uint32_t magnitude = bits & 0x7FFF;
  if (magnitude > 0x7C00)
    return getFloat(sign | floatInfinity | floatQuietBit | magnitude << 13);
  if (magnitude == 0x7C00)
    return getFloat(sign | floatInfinity);
  if (magnitude < 0x0400) // subnormal or zero: an integer times 2^-24
    return getFloat(sign | getBits(float(magnitude) * getPowerOfTwo(-24)));
  return getFloat(sign | ((magnitude << 13) + (uint32_t(127 - 15) << 23)));
}

uint16_t zq::encodeF16(float value) {
  uint32_t bits = getBits(value);
  uint32_t sign = (bits >> 16) & 0x8000;
  uint32_t magnitude = bits & 0x7FFFFFFF;
  if (magnitude > floatInfinity)
    return uint16_t(sign | 0x7E00 | ((magnitude >> 13) & 0x3FF));
  if (magnitude < uint32_t(113) << 23) { // below 2^-14, see encodeAs
    float magic = 0.5f;                  // its last place is 2^-24
    return uint16_t(sign |
                    (getBits(getFloat(magnitude) + magic) - getBits(magic)));
  }
  uint32_t rebiased = magnitude - (uint32_t(127 - 15) << 23);
  uint32_t code = (rebiased + 0xFFF + ((rebiased >> 13) & 1)) >> 13;
  return uint16_t(sign | (code < 0x7C00 ? code : 0x7C00));
}
