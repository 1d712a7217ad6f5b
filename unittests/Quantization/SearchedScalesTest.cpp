//===- SearchedScalesTest.cpp - anchors and steps together ----------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Against searches over everything that the constraint allows, in double.
//
//===----------------------------------------------------------------------===//

#include "Reference.h"

#include "gtest/gtest.h"

using namespace zq;
using namespace zq::test;

namespace {
/// Rows of 4 groups of 32, small enough to try all that there is.
class SearchedScalesTest : public testing::TestWithParam<ScaleConstraint> {
protected:
  static constexpr int64_t n = 12, k = 128, group = 32, groups = k / group;
  std::vector<double> values = getValues(Format::E2M1);
  QuantizeOptions options;

  SearchedScalesTest() {
    options.group = group;
    options.constraint = GetParam();
    options.shift = ShiftRounding::MSE;
    options.anchorSearch = true;
  }
  std::vector<double> getMultipliers() const {
    return GetParam() == ScaleConstraint::M3
               ? std::vector<double>{1.0, 1.25, 1.5}
               : std::vector<double>{1.0};
  }
  double getError(const std::vector<float> &w, int64_t row, int64_t g,
                  double scale) const {
    const std::vector<float> &importance = options.columnImportance;
    return getSquaredError(values, &w[row * k + g * group], group, scale,
                           importance.empty() ? nullptr
                                              : &importance[g * group]);
  }
  /// The least error of a row under one anchor.
  double getLeast(const std::vector<float> &w, int64_t row,
                  double anchor) const {
    double total = 0.0;
    for (int64_t g = 0; g < groups; ++g) {
      double least = std::numeric_limits<double>::infinity();
      for (int shift = 0; shift <= options.maxShift; ++shift)
        for (double m : getMultipliers())
          least = std::min(least,
                           getError(w, row, g, std::ldexp(anchor * m, -shift)));
      total += least;
    }
    return total;
  }
  void check(const std::vector<float> &w, double slack) {
    auto matrix = RoundToNearest().quantize(
        WeightView::rowMajor(w.data(), n, k), options);
    ASSERT_TRUE(bool(matrix)) << matrix.message();
    for (int64_t row = 0; row < n; ++row) {
      double found = 0.0, absmax = getAbsMax(&w[row * k], k);
      for (int64_t g = 0; g < groups; ++g)
        found += getError(w, row, g, getScale(*matrix, row, g));
      // Four octaves of anchors: with a short window they differ.
      double least = std::numeric_limits<double>::infinity();
      for (int j = -96; j < 32; ++j)
        least = std::min(least,
                         getLeast(w, row, absmax / 6.0 * std::exp2(j / 32.0)));
      EXPECT_LE(found, least * slack) << "row " << row;
    }
  }
};
} // namespace

INSTANTIATE_TEST_SUITE_P(Constraints, SearchedScalesTest,
                         testing::Values(ScaleConstraint::M2,
                                         ScaleConstraint::M3),
                         [](const auto &info) {
                           return info.param == ScaleConstraint::M2 ? "m2"
                                                                    : "m3";
                         });

/// An anchor of 32 an octave is at most a little better than what was found,
/// whose anchors are coarser but fitted.
TEST_P(SearchedScalesTest, IsTheBest) {
  check(makeNormal(n * k, 1), 1.03);
  check(makeStudentT(n * k, 2, 5.0f), 1.03);
  check(makeUnequalGroups(n, k, group, 8, 3), 1.03);
}

TEST_P(SearchedScalesTest, IsTheBestByImportance) {
  options.columnImportance.resize(k);
  for (int64_t i = 0; i < k; ++i)
    options.columnImportance[i] = std::ldexp(1.0f, int(i * 7 % 13));
  check(makeNormal(n * k, 4), 1.05);
  check(makeUnequalGroups(n, k, group, 8, 5), 1.05);
}

/// Groups that the window cannot all reach: the anchor makes the best of it.
TEST_P(SearchedScalesTest, IsTheBestInAShortWindow) {
  for (int maxShift : {0, 1, 3}) {
    options.maxShift = maxShift;
    check(makeUnequalGroups(n, k, group, 8, 6), 1.05);
    check(makeStudentT(n * k, 7, 3.0f), 1.05);
  }
}

TEST_P(SearchedScalesTest, ClampedGroupsAreCounted) {
  options.maxShift = 3;
  std::vector<float> w = makeNormal(n * k, 8);
  for (int64_t row = 0; row < n; ++row)
    for (int64_t i = 0; i < group; ++i)
      w[row * k + i] *= 0x1p-9f;
  auto matrix =
      RoundToNearest().quantize(WeightView::rowMajor(w.data(), n, k), options);
  ASSERT_TRUE(bool(matrix));
  EXPECT_EQ(matrix->clampedGroups, n);
  options.maxShift = 15;
  matrix =
      RoundToNearest().quantize(WeightView::rowMajor(w.data(), n, k), options);
  EXPECT_EQ(matrix->clampedGroups, 0);
}

//===----------------------------------------------------------------------===//
// What constrained scales cost
//===----------------------------------------------------------------------===//

/// SQNR in dB of E2M1. On Gaussian weights searched M2 is 0.2 dB (groups of
/// 128) and 0.04 dB (256) behind free absmax scales. On Student's t with 5
/// degrees of freedom it is 0.7 and 0.25 dB behind, and no other scales that M2
/// allows are better: a search over 64 anchors an octave and all shifts, in
/// numpy, finds 17.50 and 17.09 dB where free absmax has 18.17 and 17.30. M3 is
/// better than free absmax scales everywhere.
TEST(SearchedScales, CostOfConstraints) {
  constexpr int64_t n = 256, k = 4096;
  struct {
    bool studentT;
    int64_t group;
    double m2; ///< what M2 may lose to free absmax scales
  } cases[] = {{false, 128, 0.21},
               {false, 256, 0.1},
               {true, 128, 0.71},
               {true, 256, 0.27}};
  for (auto [studentT, group, m2] : cases) {
    std::vector<float> w =
        studentT ? makeStudentT(n * k, 9, 5.0f) : makeNormal(n * k, 10);
    auto getSQNR = [&, group = group](ScaleConstraint constraint) {
      QuantizeOptions options;
      options.group = group;
      options.constraint = constraint;
      if (constraint != ScaleConstraint::Free) {
        options.shift = ShiftRounding::MSE;
        options.anchorSearch = true;
      }
      auto matrix = RoundToNearest().quantize(
          WeightView::rowMajor(w.data(), n, k), options, makeParallelFor(2));
      EXPECT_TRUE(bool(matrix));
      return matrix->getSQNR();
    };
    double free = getSQNR(ScaleConstraint::Free);
    double searched = getSQNR(ScaleConstraint::M2);
    double multiplied = getSQNR(ScaleConstraint::M3);
    std::string name = (studentT ? "t5_" : "gaussian_") + std::to_string(group);
    RecordProperty(name, std::to_string(free) + " " + std::to_string(searched) +
                             " " + std::to_string(multiplied));
    EXPECT_GE(searched, free - m2) << name;
    EXPECT_GE(multiplied, free) << name;
  }
}

/// Among many groups some would do best with a larger scale than the anchor.
TEST(SearchedScales, NoShiftIsOutsideTheWindow) {
  constexpr int64_t n = 2048, k = 4096;
  std::vector<float> w = makeNormal(n * k, 14);
  for (ScaleConstraint constraint :
       {ScaleConstraint::M2, ScaleConstraint::M3}) {
    QuantizeOptions options;
    options.constraint = constraint;
    options.shift = ShiftRounding::MSE;
    options.anchorSearch = true;
    auto matrix = RoundToNearest().quantize(
        WeightView::rowMajor(w.data(), n, k), options, makeParallelFor(2));
    ASSERT_TRUE(bool(matrix));
    int last = 0;
    for (uint8_t shift : matrix->shifts)
      last = std::max<int>(
          last, constraint == ScaleConstraint::M3 ? shift & 0xCF : shift);
    EXPECT_LE(last, options.maxShift);
  }
}
