//===- StepCastTest.cpp - every code, shift and multiplier ----------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// As ShiftCastTest: products by APFloat in double, converted to the FP8 format
// by APFloat, must have lost nothing.
//
//===----------------------------------------------------------------------===//

#include "Reference.h"
#include "zq/Numerics/ShiftCast.h"

#include "gtest/gtest.h"

#include <string>

using namespace zq;
using namespace zq::test;
using llvm::APFloat;

namespace {
class StepCastTest : public testing::TestWithParam<std::tuple<Format, Format>> {
protected:
  Format weight = std::get<0>(GetParam());
  Format target = std::get<1>(GetParam());
  std::optional<ShiftWindow> window = getStepWindow(weight, target);
  std::vector<double> magnitudes = getValues(weight);

  struct Product {
    uint8_t byte;
    bool exact;
    bool normal;
  };
  /// The code times 1 + multiplier / 4, times 2^exponent, in the target format.
  Product multiply(unsigned code, int multiplier, int exponent) const {
    double value = magnitudes[code & 7] * (1.0 + multiplier / 4.0);
    APFloat product = scalbn(APFloat((code & 8) != 0 ? -value : value),
                             exponent, APFloat::rmNearestTiesToEven);
    bool losesInfo;
    auto status = product.convert(*getSemantics(target),
                                  APFloat::rmNearestTiesToEven, &losesInfo);
    return {uint8_t(product.bitcastToAPInt().getZExtValue()),
            status == APFloat::opOK && !losesInfo, !product.isDenormal()};
  }
  bool allExact(int exponent) const {
    for (int multiplier = 0; multiplier < 3; ++multiplier)
      for (unsigned code = 0; code < 16; ++code)
        if (!multiply(code, multiplier, exponent).exact)
          return false;
    return true;
  }
};
} // namespace

INSTANTIATE_TEST_SUITE_P(
    AllPairs, StepCastTest,
    testing::Combine(testing::ValuesIn(fourBitFormats),
                     testing::Values(Format::E4M3, Format::E5M2)),
    [](const auto &info) {
      return std::string(getFormatName(std::get<0>(info.param))) + "_" +
             std::string(getFormatName(std::get<1>(info.param)));
    });

TEST_P(StepCastTest, EveryCodeShiftAndMultiplierIsExact) {
  if (!window)
    return;
  for (int shift = 0; shift <= window->maxShift; ++shift)
    for (int multiplier = 0; multiplier < 3; ++multiplier) {
      ScaleStep step{shift, multiplier};
      std::array<uint8_t, 8> table = getStepTable(weight, target, step);
      for (unsigned code = 0; code < 16; ++code) {
        Product product = multiply(code, multiplier, window->exponent - shift);
        EXPECT_TRUE(product.exact) << code << ", " << shift;
        if (shift <= window->maxNormalShift)
          EXPECT_TRUE(product.normal) << code << ", " << shift;
        EXPECT_EQ(stepCast(weight, target, uint8_t(code), step), product.byte);
        if (code < 8)
          EXPECT_EQ(table[code], product.byte);
      }
    }
}

TEST_P(StepCastTest, WindowIsTight) {
  int first = window ? window->exponent + 1 : -32;
  for (int exponent = first; exponent <= 32; ++exponent)
    EXPECT_FALSE(allExact(exponent));
  if (window && window->maxShift < maxStepShift)
    EXPECT_FALSE(allExact(window->exponent - window->maxShift - 1));
}

/// Within maxNormalShift a shift is the same subtraction for all multipliers.
TEST_P(StepCastTest, ByteArithmetic) {
  if (!window)
    return;
  int unit = target == Format::E4M3 ? 8 : 4;
  for (int multiplier = 0; multiplier < 3; ++multiplier) {
    std::array<uint8_t, 8> base = getStepTable(weight, target, {0, multiplier});
    for (int shift = 0; shift <= window->maxNormalShift; ++shift) {
      std::array<uint8_t, 8> table =
          getStepTable(weight, target, {shift, multiplier});
      for (int i = 0; i < 8; ++i)
        EXPECT_EQ(table[i], base[i] == 0 ? 0 : base[i] - unit * shift);
    }
  }
}

/// The window that kernels are designed around, and the formats without one.
TEST(StepCast, Facts) {
  auto window = getStepWindow(Format::E2M1, Format::E4M3);
  ASSERT_TRUE(window);
  EXPECT_EQ(window->exponent, 5);
  EXPECT_EQ(window->maxShift, 11);
  EXPECT_EQ(window->maxNormalShift, 10);
  EXPECT_TRUE(getStepWindow(Format::E3M0, Format::E4M3));
  EXPECT_TRUE(getStepWindow(Format::E3M0, Format::E5M2));
  EXPECT_FALSE(getStepWindow(Format::E2M1, Format::E5M2));
  EXPECT_FALSE(getStepWindow(Format::E1M2, Format::E4M3));
  EXPECT_FALSE(getStepWindow(Format::INT4, Format::E4M3));
}

TEST(StepCast, Packing) {
  for (int shift = 0; shift <= maxStepShift; ++shift)
    for (int multiplier = 0; multiplier < 3; ++multiplier) {
      uint8_t bits = packScaleStep({shift, multiplier});
      EXPECT_LT(bits, 64);
      EXPECT_EQ(unpackScaleStep(bits).shift, shift);
      EXPECT_EQ(unpackScaleStep(bits).multiplier, multiplier);
    }
}
