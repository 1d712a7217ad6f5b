//===- RoundToNearestTest.cpp - codes, errors, threads, odd shapes --------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Reference.h"

#include "gtest/gtest.h"

#include <tuple>

using namespace zq;
using namespace zq::test;

static Result<QuantizedMatrix> quantize(const std::vector<float> &w, int64_t n,
                                        int64_t k,
                                        const QuantizeOptions &options,
                                        unsigned threads = 1) {
  return RoundToNearest().quantize(WeightView::rowMajor(w.data(), n, k),
                                   options, makeParallelFor(threads));
}

/// Every code is the nearest under its scale, and the energies are those of
/// the codes, all found in double.
static void checkCodes(const QuantizedMatrix &matrix,
                       const std::vector<float> &w) {
  std::vector<double> values = getValues(matrix.format);
  double signal = 0.0, error = 0.0;
  int64_t wrong = 0;
  for (int64_t row = 0; row < matrix.n; ++row)
    for (int64_t column = 0; column < matrix.k; ++column) {
      double x = w[row * matrix.k + column];
      double scale = getScale(matrix, row, column / matrix.group);
      double value = scale * getCodeValue(matrix.format, values,
                                          getCode(matrix, row, column));
      signal += x * x;
      error += (x - value) * (x - value);
      // The quotient is rounded to FP32 first: half an ulp at a tie.
      double slack = std::fabs(x) * 0x1p-23;
      wrong += std::fabs(x - value) > getDistance(values, x, scale) + slack;
    }
  EXPECT_EQ(wrong, 0);
  EXPECT_NEAR(matrix.signalEnergy, signal, 1e-6 * signal);
  EXPECT_NEAR(matrix.errorEnergy, error, 1e-5 * error + 1e-12 * signal);
}

namespace {
class RoundToNearestTest
    : public testing::TestWithParam<std::tuple<Format, ScaleConstraint>> {
protected:
  QuantizeOptions makeOptions(int64_t group) const {
    QuantizeOptions options;
    std::tie(options.format, options.constraint) = GetParam();
    options.group = group;
    return options;
  }
};
} // namespace

static std::string
getTestName(const testing::TestParamInfo<RoundToNearestTest::ParamType> &info) {
  const char *constraints[] = {"free", "m1", "m2", "m3"};
  return std::string(getFormatName(std::get<0>(info.param))) + "_" +
         constraints[int(std::get<1>(info.param))];
}

INSTANTIATE_TEST_SUITE_P(
    All, RoundToNearestTest,
    testing::Combine(testing::Values(Format::E2M1, Format::E3M0, Format::E1M2,
                                     Format::INT4, Format::E4M3, Format::E5M2,
                                     Format::E3M4, Format::E2M5, Format::INT8),
                     testing::Values(ScaleConstraint::Free, ScaleConstraint::M1,
                                     ScaleConstraint::M2, ScaleConstraint::M3)),
    getTestName);

/// K odd, K no multiple of the group, group of K, group beyond K, group of 1.
TEST_P(RoundToNearestTest, CodesAreNearestInEveryShape) {
  struct Shape {
    int64_t n, k, group;
  };
  for (Shape shape : {Shape{5, 256, 64}, Shape{3, 301, 64}, Shape{4, 77, 77},
                      Shape{2, 33, 128}, Shape{7, 1, 32}, Shape{3, 20, 1},
                      Shape{1, 1025, 256}}) {
    SCOPED_TRACE(testing::Message()
                 << shape.n << "x" << shape.k << " by " << shape.group);
    std::vector<float> w = makeNormal(shape.n * shape.k, 11, 0.3f);
    auto matrix = quantize(w, shape.n, shape.k, makeOptions(shape.group));
    ASSERT_TRUE(bool(matrix)) << matrix.message();
    int64_t groups = matrix->getNumGroups();
    bool isFree = matrix->constraint == ScaleConstraint::Free;
    EXPECT_EQ(groups, (shape.k + matrix->group - 1) / matrix->group);
    EXPECT_EQ(matrix->scales.size(), size_t(isFree ? shape.n * groups : 0));
    EXPECT_EQ(matrix->anchors.size(), size_t(isFree ? 0 : shape.n));
    EXPECT_EQ(matrix->shifts.size(), size_t(isFree ? 0 : shape.n * groups));
    checkCodes(*matrix, w);
    if (shape.k % 2 != 0 && isFourBit(matrix->format))
      for (int64_t row = 0; row < shape.n; ++row)
        EXPECT_EQ(matrix->codes[(row + 1) * ((shape.k + 1) / 2) - 1] >> 4, 0);
  }
}

TEST_P(RoundToNearestTest, SameBitsOnAnyNumberOfThreads) {
  int64_t n = 83, k = 300;
  std::vector<float> w = makeUnequalGroups(n, k, 32, 6, 5);
  QuantizeOptions options = makeOptions(32);
  options.clip = ClipMethod::Search;
  if (options.constraint != ScaleConstraint::Free)
    options.shift = ShiftRounding::MSE;
  options.anchorSearch = options.constraint >= ScaleConstraint::M2;
  auto one = quantize(w, n, k, options, 1);
  ASSERT_TRUE(bool(one));
  for (unsigned threads : {2u, 5u}) {
    auto many = quantize(w, n, k, options, threads);
    ASSERT_TRUE(bool(many));
    EXPECT_EQ(one->codes, many->codes);
    EXPECT_EQ(one->scales, many->scales);
    EXPECT_EQ(one->anchors, many->anchors);
    EXPECT_EQ(one->shifts, many->shifts);
    EXPECT_EQ(one->signalEnergy, many->signalEnergy);
    EXPECT_EQ(one->errorEnergy, many->errorEnergy);
    EXPECT_EQ(one->clampedGroups, many->clampedGroups);
  }
  // No threads at all is the same, too.
  auto here =
      RoundToNearest().quantize(WeightView::rowMajor(w.data(), n, k), options);
  ASSERT_TRUE(bool(here));
  EXPECT_EQ(one->codes, here->codes);
}

TEST_P(RoundToNearestTest, ZeroGroupsAndRows) {
  int64_t n = 3, k = 64;
  std::vector<float> w = makeNormal(n * k, 3);
  std::fill(w.begin() + k, w.begin() + 2 * k, 0.0f);          // row 1
  std::fill(w.begin() + 2 * k, w.begin() + 2 * k + 32, 0.0f); // row 2, group 0
  for (bool search : {false, true}) {
    QuantizeOptions options = makeOptions(32);
    options.clip = search ? ClipMethod::Search : ClipMethod::AbsMax;
    options.shift = search ? ShiftRounding::MSE : ShiftRounding::Nearest;
    options.anchorSearch = search && options.constraint >= ScaleConstraint::M2;
    auto matrix = quantize(w, n, k, options);
    ASSERT_TRUE(bool(matrix));
    EXPECT_EQ(matrix->zeroGroups, 3);
    checkCodes(*matrix, w);
    if (options.constraint == ScaleConstraint::Free) {
      EXPECT_EQ(matrix->scales[2], 1.0f);
      EXPECT_EQ(matrix->scales[3], 1.0f);
      EXPECT_EQ(matrix->scales[4], 1.0f);
    } else {
      EXPECT_EQ(matrix->anchors[1], 1.0f);
      EXPECT_EQ(matrix->shifts[2], 0);
      EXPECT_EQ(matrix->shifts[3], 0);
      EXPECT_EQ(matrix->shifts[4], 0);
    }
  }
}

/// A weight of zeros has no error; one without elements is fine as well.
TEST_P(RoundToNearestTest, NothingToQuantize) {
  std::vector<float> w(6 * 40, 0.0f);
  auto zeros = quantize(w, 6, 40, makeOptions(32));
  ASSERT_TRUE(bool(zeros));
  EXPECT_EQ(zeros->getSQNR(), std::numeric_limits<double>::infinity());
  EXPECT_EQ(zeros->zeroGroups, 12);
  for (auto [n, k] : {std::pair<int64_t, int64_t>{0, 40}, {6, 0}, {0, 0}}) {
    auto empty = quantize(w, n, k, makeOptions(32));
    ASSERT_TRUE(bool(empty));
    EXPECT_TRUE(empty->codes.empty());
  }
}

/// Magnitudes from the smallest subnormal to beyond what squares can hold.
TEST_P(RoundToNearestTest, ExtremeMagnitudes) {
  for (int exponent : {-149, -140, -126, -101, -60, 60, 100, 118}) {
    SCOPED_TRACE(exponent);
    std::vector<float> w = makeNormal(4 * 64, 9);
    for (float &value : w) {
      value = std::clamp(value, -1.9f, 1.9f);
      value = std::ldexp(value, exponent);
    }
    QuantizeOptions options = makeOptions(32);
    options.clip = ClipMethod::Search;
    options.shift = ShiftRounding::MSE;
    options.anchorSearch = options.constraint >= ScaleConstraint::M2;
    auto matrix = quantize(w, 4, 64, options);
    ASSERT_TRUE(bool(matrix)) << matrix.message();
    for (int64_t row = 0; row < 4; ++row)
      for (int64_t g = 0; g < 2; ++g) {
        EXPECT_TRUE(std::isnormal(float(getScale(*matrix, row, g))));
        EXPECT_EQ(matrix->getScale(row, g), float(getScale(*matrix, row, g)));
      }
    checkCodes(*matrix, w);
    // The same relative error at every size that scales can follow.
    if (exponent >= -60)
      EXPECT_GT(matrix->getSQNR(), 10.0);
  }
}

//===----------------------------------------------------------------------===//
// Errors
//===----------------------------------------------------------------------===//

static std::string getError(std::vector<float> w, int64_t n, int64_t k,
                            const QuantizeOptions &options) {
  auto matrix = quantize(w, n, k, options, 2);
  return matrix ? "no error" : matrix.message();
}

TEST(RoundToNearest, BadValuesAreLocated) {
  std::vector<float> w = makeNormal(40 * 50, 1);
  struct {
    float value;
    const char *name;
  } cases[] = {{std::nanf(""), "NaN"},
               {-std::nanf(""), "NaN"},
               {INFINITY, "infinity"},
               {-INFINITY, "infinity"},
               {0x1p120f, "magnitude above 2^120"}};
  for (auto [value, name] : cases) {
    std::vector<float> bad = w;
    bad[37 * 50 + 2] = std::nanf(""); // a later one is not what is named
    bad[20 * 50 + 49] = value;
    EXPECT_EQ(getError(bad, 40, 50, {}),
              std::string(name) + " in the weight at row 20, column 49, "
                                  "expected finite values to quantize");
  }
}

TEST(RoundToNearest, ImpossibleOptions) {
  std::vector<float> w = makeNormal(4 * 8, 1);
  QuantizeOptions options;
  options.group = 0;
  EXPECT_EQ(getError(w, 4, 8, options), "group size 0, expected at least 1");

  options = {};
  options.maxShift = 128;
  EXPECT_EQ(getError(w, 4, 8, options), "max_shift 128, expected 0 to 127");
  options.maxShift = -1;
  EXPECT_EQ(getError(w, 4, 8, options), "max_shift -1, expected 0 to 127");

  options.constraint = ScaleConstraint::M3;
  options.maxShift = 16;
  EXPECT_EQ(getError(w, 4, 8, options), "max_shift 16, expected 0 to 15");

  options = {};
  options.constraint = ScaleConstraint::M1;
  options.anchorSearch = true;
  EXPECT_NE(getError(w, 4, 8, options).find("anchor search needs"),
            std::string::npos);

  options = {};
  options.columnImportance = {1, 2, 3};
  EXPECT_EQ(getError(w, 4, 8, options),
            "column importance of 3 values, expected one for each of the "
            "weight's 8 columns");
  options.columnImportance = {1, 1, 1, 1, 1, std::nanf(""), 1, 1};
  EXPECT_NE(getError(w, 4, 8, options).find("in column 5"), std::string::npos);
  options.columnImportance[5] = -1.0f;
  EXPECT_NE(getError(w, 4, 8, options).find("in column 5"), std::string::npos);
}

TEST(RoundToNearest, Names) {
  auto quantizer = createWeightQuantizer("rtn");
  ASSERT_TRUE(quantizer);
  EXPECT_EQ(quantizer->getName(), "rtn");
  EXPECT_EQ(createWeightQuantizer("magic"), nullptr);
  EXPECT_EQ(parseClipMethod("absmax"), ClipMethod::AbsMax);
  EXPECT_EQ(parseClipMethod("search"), ClipMethod::Search);
  EXPECT_EQ(parseClipMethod("Search"), std::nullopt);
  EXPECT_EQ(parseShiftRounding("ceil"), ShiftRounding::Ceil);
  EXPECT_EQ(parseShiftRounding("floor"), ShiftRounding::Floor);
  EXPECT_EQ(parseShiftRounding("nearest"), ShiftRounding::Nearest);
  EXPECT_EQ(parseShiftRounding("mse"), ShiftRounding::MSE);
  EXPECT_EQ(parseShiftRounding(""), std::nullopt);
}
