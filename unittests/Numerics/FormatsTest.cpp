//===- FormatsTest.cpp - every code, and rounding everywhere --------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Reference.h"
#include "zq/Numerics/Rounding.h"

#include "gtest/gtest.h"

#include <string>

using namespace zq;
using namespace zq::test;
using llvm::APFloat;
using llvm::APInt;

namespace {
class FormatsTest : public testing::TestWithParam<Format> {};
} // namespace

INSTANTIATE_TEST_SUITE_P(AllFormats, FormatsTest, testing::ValuesIn(allFormats),
                         [](const auto &info) {
                           return std::string(getFormatName(info.param));
                         });

TEST_P(FormatsTest, NameRoundTrips) {
  EXPECT_EQ(parseFormat(getFormatName(GetParam())), GetParam());
}

TEST(Formats, UnknownNameIsRefused) {
  EXPECT_EQ(parseFormat("e9m9"), std::nullopt);
  EXPECT_EQ(parseFormat(""), std::nullopt);
  EXPECT_EQ(parseFormat("E2M1"), std::nullopt);
}

TEST_P(FormatsTest, Properties) {
  Format format = GetParam();
  std::vector<double> values = getValues(format);
  EXPECT_EQ(getLargest(format), values.back());
  EXPECT_EQ(isFourBit(format), values.size() == 8);
  EXPECT_EQ(getBitWidth(format), values.size() == 8 ? 4u : 8u);
  if (isFourBit(format)) {
    std::array<float, 8> magnitudes = getMagnitudes(format);
    for (int i = 0; i < 8; ++i)
      EXPECT_EQ(magnitudes[i], values[i]);
  }
}

TEST(Formats, Largest) {
  EXPECT_EQ(getLargest(Format::E4M3), 448.0f);
  EXPECT_EQ(getLargest(Format::E5M2), 57344.0f);
  EXPECT_EQ(getLargest(Format::E3M4), 15.5f);
  EXPECT_EQ(getLargest(Format::E2M5), 7.875f);
}

/// Every code, NaN and infinities included.
TEST_P(FormatsTest, DecodeEveryCode) {
  Format format = GetParam();
  const llvm::fltSemantics *semantics = getSemantics(format);
  std::vector<double> values = getValues(format);
  unsigned width = getBitWidth(format);
  for (unsigned code = 0; code < (1u << width); ++code) {
    float value = decode(format, uint8_t(code));
    if (format == Format::INT8) {
      EXPECT_EQ(value, float(int8_t(code)));
    } else if (semantics) {
      APFloat expected(*semantics, APInt(width, code));
      EXPECT_EQ(std::isnan(value), expected.isNaN()) << code;
      if (expected.isNaN())
        continue;
      bool losesInfo;
      expected.convert(APFloat::IEEEsingle(), APFloat::rmNearestTiesToEven,
                       &losesInfo);
      EXPECT_EQ(toBits(value), toBits(expected.convertToFloat())) << code;
    } else {
      bool negative = code >= (1u << (width - 1));
      double expected = values[code & ((1u << (width - 1)) - 1)];
      EXPECT_EQ(value, negative ? -expected : expected) << code;
      EXPECT_EQ(std::signbit(value), negative) << code;
    }
  }
}

/// The code of a finite or infinite value, by APFloat or by trying all.
static uint8_t encodeReference(Format format, const std::vector<double> &values,
                               float value) {
  bool negative = std::signbit(value);
  if (const llvm::fltSemantics *semantics = getSemantics(format);
      semantics && std::fabs(value) <= values.back()) {
    APFloat converted(value);
    bool losesInfo;
    converted.convert(*semantics, APFloat::rmNearestTiesToEven, &losesInfo);
    return uint8_t(converted.bitcastToAPInt().getZExtValue());
  }
  unsigned code = std::fabs(value) >= values.back()
                      ? unsigned(values.size() - 1)
                      : findNearest(values, value);
  if (format == Format::INT8)
    return uint8_t(negative ? -int(code) : int(code));
  if (format == Format::INT4 && code == 0)
    return 0;
  unsigned signBit = 1u << (getBitWidth(format) - 1);
  return uint8_t(code | (negative ? signBit : 0));
}

static void checkEncode(Format format, const std::vector<float> &sample) {
  std::vector<double> values = getValues(format);
  std::vector<uint8_t> codes(sample.size());
  encode(format, sample.data(), int64_t(sample.size()), codes.data());
  int64_t wrong = 0;
  for (size_t i = 0; i < sample.size(); ++i) {
    uint8_t expected = encodeReference(format, values, sample[i]);
    if (codes[i] == expected && encode(format, sample[i]) == expected)
      continue;
    if (++wrong < 10)
      ADD_FAILURE() << sample[i] << " (0x" << std::hex << toBits(sample[i])
                    << "): expected " << unsigned(expected) << ", found "
                    << unsigned(codes[i]) << " and "
                    << unsigned(encode(format, sample[i]));
  }
  EXPECT_EQ(wrong, 0);
}

TEST_P(FormatsTest, EncodeEveryBF16) {
  std::vector<float> sample;
  for (uint32_t bits = 0; bits < 65536; ++bits)
    if (float value = toFloat(bits << 16); !std::isnan(value))
      sample.push_back(value);
  ASSERT_EQ(sample.size(), 65536u - 2 * 127);
  checkEncode(GetParam(), sample);
}

/// Eight places: two more than the most that a format has, so midpoints, and
/// what lies just beside them, are among the sample.
TEST_P(FormatsTest, EncodeDenseFloat) {
  checkEncode(GetParam(), getDenseSample(GetParam() == Format::INT8 ? 10 : 8));
}

TEST_P(FormatsTest, EncodeDecodeRoundTrips) {
  Format format = GetParam();
  for (unsigned code = 0; code < (1u << getBitWidth(format)); ++code) {
    float value = decode(format, uint8_t(code));
    if (!std::isfinite(value) || value == -128.0f)
      continue; // INT8's -128 is not used
    if (format == Format::INT4 && code == 8)
      EXPECT_EQ(encode(format, value), 0);
    else
      EXPECT_EQ(encode(format, value), code);
  }
}

TEST(Formats, NaNStaysNaNWhereTheFormatHasOne) {
  for (Format format : {Format::E4M3, Format::E5M2, Format::E3M4})
    for (uint32_t bits : {0x7F800001u, 0x7FC00000u, 0x7FFFFFFFu, 0xFFC00000u})
      EXPECT_TRUE(std::isnan(decode(format, encode(format, toFloat(bits)))));
}

/// Lengths that are no multiple of a vector, and both directions in bulk.
TEST_P(FormatsTest, BulkOfAnyLength) {
  Format format = GetParam();
  for (int64_t count = 0; count < 70; ++count) {
    std::vector<float> values(count + 1, -3.0f);
    for (int64_t i = 0; i < count; ++i)
      values[i] = float(i - 30) * 0.37f;
    std::vector<uint8_t> codes(count + 1, 0xAA);
    std::vector<float> decoded(count + 1, 99.0f);
    encode(format, values.data(), count, codes.data());
    decode(format, codes.data(), count, decoded.data());
    for (int64_t i = 0; i < count; ++i) {
      EXPECT_EQ(codes[i], encode(format, values[i]));
      EXPECT_EQ(decoded[i], decode(format, codes[i]));
    }
    EXPECT_EQ(codes[count], 0xAA);
    EXPECT_EQ(decoded[count], 99.0f);
  }
}

/// roundTo is encode and decode in one.
TEST_P(FormatsTest, RoundTo) {
  Format format = GetParam();
  std::vector<float> sample = getDenseSample(8);
  dispatchFormat(format, [&](auto tag) {
    int64_t wrong = 0;
    for (float value : sample) {
      float rounded = roundTo<decltype(tag)::value>(value);
      if (rounded != decode(format, encode(format, value)) && ++wrong < 10)
        ADD_FAILURE() << value << " -> " << rounded;
    }
    EXPECT_EQ(wrong, 0);
  });
}

/// The thresholds of numerics' ties, written down.
TEST(Formats, E2M1Ties) {
  float inputs[] = {.25f, .75f, 1.25f, 1.75f, 2.5f, 3.5f, 5.0f};
  float rounded[] = {0, 1, 1, 2, 2, 4, 4};
  for (int i = 0; i < 7; ++i) {
    EXPECT_EQ(decode(Format::E2M1, encode(Format::E2M1, inputs[i])),
              rounded[i]);
    EXPECT_EQ(decode(Format::E2M1, encode(Format::E2M1, -inputs[i])),
              -rounded[i]);
  }
}
