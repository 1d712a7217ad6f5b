//===- ShiftCastTest.cpp - every code, every shift, every pair ------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The product is formed by APFloat in double, converted to the FP8 format by
// APFloat, and must have lost nothing.
//
//===----------------------------------------------------------------------===//

#include "zq/Numerics/ShiftCast.h"
#include "Reference.h"

#include "gtest/gtest.h"

#include <string>

using namespace zq;
using namespace zq::test;
using llvm::APFloat;

namespace {
class ShiftCastTest
    : public testing::TestWithParam<std::tuple<Format, Format>> {
protected:
  Format weight = std::get<0>(GetParam());
  Format target = std::get<1>(GetParam());
  ShiftWindow window = getShiftWindow(weight, target);
  std::vector<double> magnitudes = getValues(weight);

  struct Product {
    uint8_t byte;
    bool exact;
  };
  /// The code times 2^exponent in the target format.
  Product multiply(unsigned code, int exponent) const {
    double value = magnitudes[code & 7];
    APFloat product = scalbn(APFloat((code & 8) != 0 ? -value : value),
                             exponent, APFloat::rmNearestTiesToEven);
    bool losesInfo;
    auto status = product.convert(*getSemantics(target),
                                  APFloat::rmNearestTiesToEven, &losesInfo);
    return {uint8_t(product.bitcastToAPInt().getZExtValue()),
            status == APFloat::opOK && !losesInfo};
  }
};
} // namespace

INSTANTIATE_TEST_SUITE_P(
    AllPairs, ShiftCastTest,
    testing::Combine(testing::ValuesIn(fourBitFormats),
                     testing::Values(Format::E4M3, Format::E5M2)),
    [](const auto &info) {
      return std::string(getFormatName(std::get<0>(info.param))) + "_" +
             std::string(getFormatName(std::get<1>(info.param)));
    });

TEST_P(ShiftCastTest, EveryCodeAndShiftIsExact) {
  for (int shift = 0; shift <= window.maxShift; ++shift) {
    std::array<uint8_t, 8> table = getShiftTable(weight, target, shift);
    for (unsigned code = 0; code < 16; ++code) {
      Product product = multiply(code, window.exponent - shift);
      EXPECT_TRUE(product.exact) << "code " << code << ", shift " << shift;
      EXPECT_EQ(shiftCast(weight, target, uint8_t(code), shift), product.byte)
          << "code " << code << ", shift " << shift;
      if (code < 8)
        EXPECT_EQ(table[code], product.byte);
    }
  }
}

TEST_P(ShiftCastTest, WindowIsTight) {
  auto allExact = [&](int exponent) {
    for (unsigned code = 0; code < 16; ++code)
      if (!multiply(code, exponent).exact)
        return false;
    return true;
  };
  for (int above = 1; above < 8; ++above) {
    EXPECT_FALSE(allExact(window.exponent + above));
    EXPECT_FALSE(allExact(window.exponent - window.maxShift - above));
  }
}

/// A shift is a subtraction from each nonzero byte, as far as maxNormalShift
/// and no further.
TEST_P(ShiftCastTest, ByteArithmetic) {
  int step = target == Format::E4M3 ? 8 : 4;
  std::array<uint8_t, 8> base = getShiftTable(weight, target, 0);
  auto followsRule = [&](int shift) {
    std::array<uint8_t, 8> table = getShiftTable(weight, target, shift);
    for (int i = 0; i < 8; ++i)
      if (table[i] != (base[i] == 0 ? 0 : base[i] - step * shift))
        return false;
    return true;
  };
  ASSERT_LE(window.maxNormalShift, window.maxShift);
  for (int shift = 0; shift <= window.maxShift; ++shift)
    EXPECT_EQ(followsRule(shift), shift <= window.maxNormalShift) << shift;
}

/// What the type keeps inside E4M3's window is inside E5M2's as well.
TEST_P(ShiftCastTest, E4M3IsTheNarrower) {
  EXPECT_GE(window.maxShift, getShiftWindow(weight, Format::E4M3).maxShift);
}

/// The window and the tables that the kernels are designed around.
TEST(ShiftCast, E2M1Facts) {
  ShiftWindow e4m3 = getShiftWindow(Format::E2M1, Format::E4M3);
  EXPECT_EQ(e4m3.exponent, 6);
  EXPECT_EQ(e4m3.maxShift, 14);
  EXPECT_EQ(e4m3.maxNormalShift, 11);
  ShiftWindow e5m2 = getShiftWindow(Format::E2M1, Format::E5M2);
  EXPECT_EQ(e5m2.exponent, 13);
  EXPECT_EQ(e5m2.maxShift, 28);

  std::array<uint8_t, 8> atOne = {0x00, 0x30, 0x38, 0x3C,
                                  0x40, 0x44, 0x48, 0x4C};
  EXPECT_EQ(getShiftTable(Format::E2M1, Format::E4M3, 6), atOne);
  atOne = {0x00, 0x38, 0x3C, 0x3E, 0x40, 0x42, 0x44, 0x46};
  EXPECT_EQ(getShiftTable(Format::E2M1, Format::E5M2, 13), atOne);

  // Placing an E2M1 code's bits in an E4M3 byte multiplies by 2^-6.
  for (unsigned code = 0; code < 16; ++code)
    EXPECT_EQ(shiftCast(Format::E2M1, Format::E4M3, uint8_t(code), 12),
              (code & 8) << 4 | (code & 7) << 2);
}
