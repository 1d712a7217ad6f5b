//===- FloatConversionTest.cpp - BF16 and F16 against APFloat -------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Reference.h"

#include "gtest/gtest.h"

using namespace zq;
using namespace zq::test;
using llvm::APFloat;
using llvm::APInt;

static float decodeReference(const llvm::fltSemantics &semantics,
                             uint16_t bits) {
  APFloat value(semantics, APInt(16, bits));
  bool losesInfo;
  value.convert(APFloat::IEEEsingle(), APFloat::rmNearestTiesToEven,
                &losesInfo);
  return value.convertToFloat();
}

static uint16_t encodeReference(const llvm::fltSemantics &semantics,
                                float value) {
  APFloat converted(value);
  bool losesInfo;
  converted.convert(semantics, APFloat::rmNearestTiesToEven, &losesInfo);
  return uint16_t(converted.bitcastToAPInt().getZExtValue());
}

static void checkDecode(const llvm::fltSemantics &semantics,
                        float (*decode)(uint16_t)) {
  for (uint32_t bits = 0; bits < 65536; ++bits) {
    float expected = decodeReference(semantics, uint16_t(bits));
    float found = decode(uint16_t(bits));
    if (std::isnan(expected))
      EXPECT_TRUE(std::isnan(found)) << bits;
    else
      EXPECT_EQ(toBits(found), toBits(expected)) << bits;
  }
}

static void checkEncode(const llvm::fltSemantics &semantics,
                        uint16_t (*encode)(float),
                        const std::vector<float> &sample) {
  int64_t wrong = 0;
  for (float value : sample)
    if (encode(value) != encodeReference(semantics, value) && ++wrong < 10)
      ADD_FAILURE() << value << " (0x" << std::hex << toBits(value) << ")";
  EXPECT_EQ(wrong, 0);
}

static void checkNaN(float (*decode)(uint16_t), uint16_t (*encode)(float)) {
  for (uint32_t bits : {0x7F800001u, 0x7FC00000u, 0x7FFFFFFFu, 0xFF800001u}) {
    float value = decode(encode(toFloat(bits)));
    EXPECT_TRUE(std::isnan(value)) << std::hex << bits;
    EXPECT_EQ(std::signbit(value), (bits >> 31) != 0) << std::hex << bits;
  }
}

TEST(BF16, DecodeEveryCode) { checkDecode(APFloat::BFloat(), decodeBF16); }
TEST(F16, DecodeEveryCode) { checkDecode(APFloat::IEEEhalf(), decodeF16); }

TEST(BF16, EncodeDense) {
  checkEncode(APFloat::BFloat(), encodeBF16, getDenseSample(9));
}
/// Dense where halves are, from below the smallest subnormal to overflow.
TEST(F16, EncodeDense) {
  checkEncode(APFloat::IEEEhalf(), encodeF16,
              getDenseSample(12, 127 - 27, 127 + 17));
  checkEncode(APFloat::IEEEhalf(), encodeF16, getDenseSample(4));
}

TEST(BF16, NaN) { checkNaN(decodeBF16, encodeBF16); }
TEST(F16, NaN) { checkNaN(decodeF16, encodeF16); }
