//===- ArrayTest.cpp - arrays of every element type -----------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "zq/Arrays/Array.h"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>

using namespace zq;

static constexpr double infinity = std::numeric_limits<double>::infinity();

static double roundTrip(DType dtype, double value) {
  Array array(dtype, {2});
  array.set(1, value);
  EXPECT_EQ(array.get(0), 0);
  return array.get(1);
}

TEST(Array, holdsWhatTheTypeCanHold) {
  EXPECT_EQ(roundTrip(DType::F64, 0.1), 0.1);
  EXPECT_EQ(roundTrip(DType::F32, 0.1), double(0.1f));
  EXPECT_EQ(roundTrip(DType::F16, 0.1), 0.0999755859375);
  EXPECT_EQ(roundTrip(DType::BF16, 0.1), 0.10009765625);
  EXPECT_EQ(roundTrip(DType::F8_E4M3, 0.1), 0.1015625);
  EXPECT_EQ(roundTrip(DType::F8_E5M2, 0.1), 0.09375);
  EXPECT_EQ(roundTrip(DType::F8_E4M3, 1e6), 448);
  EXPECT_EQ(roundTrip(DType::BOOL, 3), 1);
}

TEST(Array, integersRoundToEvenAndSaturate) {
  EXPECT_EQ(roundTrip(DType::I8, 2.5), 2);
  EXPECT_EQ(roundTrip(DType::I8, 300), 127);
  EXPECT_EQ(roundTrip(DType::I8, -300), -128);
  EXPECT_EQ(roundTrip(DType::U8, -1), 0);
  EXPECT_EQ(roundTrip(DType::I64, 1e30), 0x1p63);
  EXPECT_EQ(roundTrip(DType::I64, -infinity), -0x1p63);
}

TEST(Array, rankZeroHasOneElementAndNoneIsNone) {
  EXPECT_EQ(Array(DType::F32, {}).getNumElements(), 1);
  EXPECT_EQ(Array(DType::F32, {}).getTypeText(), "F32");
  EXPECT_EQ(Array(DType::F32, {4, 0}).getNumElements(), 0);
  EXPECT_EQ(Array(DType::F32, {4, 16}).getTypeText(), "4x16xF32");
}

TEST(RandomArray, isReproducibleAndNormal) {
  Array a = makeRandomArray(DType::F32, {100000}, 7);
  Array b = makeRandomArray(DType::F32, {100000}, 7);
  Array c = makeRandomArray(DType::F32, {100000}, 8);
  EXPECT_EQ(compareArrays(a, b).maxAbsolute, 0);
  // Independent: ||a - c|| is sqrt(2) ||c||.
  EXPECT_NEAR(compareArrays(a, c).relativeL2, std::sqrt(2.0), 0.02);
  double sum = 0, squares = 0;
  for (int64_t i = 0; i < a.getNumElements(); ++i) {
    sum += a.get(i);
    squares += a.get(i) * a.get(i);
  }
  EXPECT_NEAR(sum / 100000, 0, 0.02);
  EXPECT_NEAR(squares / 100000, 1, 0.02);
}

TEST(CompareArrays, givesTheRelativeErrorOfTheWhole) {
  Array values(DType::F32, {2}), reference(DType::F64, {2});
  values.set(0, 3), values.set(1, 5);
  reference.set(0, 3), reference.set(1, 4);
  ArrayDifference difference = compareArrays(values, reference);
  EXPECT_DOUBLE_EQ(difference.relativeL2, 0.2);
  EXPECT_DOUBLE_EQ(difference.maxAbsolute, 1);
  EXPECT_EQ(difference.numNonFinite, 0);
}

TEST(CompareArrays, countsWhatIsNotFiniteInOne) {
  Array values(DType::F32, {5}), reference(DType::F32, {5});
  values.set(0, NAN), reference.set(0, NAN);
  values.set(1, infinity), reference.set(1, infinity);
  values.set(2, infinity), reference.set(2, -infinity);
  values.set(3, NAN), reference.set(3, 1);
  ArrayDifference difference = compareArrays(values, reference);
  EXPECT_EQ(difference.numNonFinite, 2);
  EXPECT_EQ(difference.relativeL2, 0);
}

TEST(CompareArrays, zeroReference) {
  Array values(DType::F32, {1}), reference(DType::F32, {1});
  EXPECT_EQ(compareArrays(values, reference).relativeL2, 0);
  values.set(0, 1);
  EXPECT_EQ(compareArrays(values, reference).relativeL2, infinity);
}
