//===- SQNRTableTest.cpp - the error of each kind of scale ----------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// SQNR in dB of E2M1 on random rows, for each way to find the scales. The
// expected numbers come from a simulation in numpy, in float64.
//
//===----------------------------------------------------------------------===//

#include "Reference.h"

#include "gtest/gtest.h"

using namespace zq;
using namespace zq::test;

namespace {
struct Recipe {
  const char *name;
  ScaleConstraint constraint;
  ClipMethod clip;
  std::optional<ShiftRounding> shift;
  bool anchorSearch;
};
struct Row {
  bool studentT;
  int64_t group;
  double expected[8];
};
} // namespace

static const Recipe recipes[] = {
    {"free, absmax", ScaleConstraint::Free, ClipMethod::AbsMax, {}, false},
    {"free, searched", ScaleConstraint::Free, ClipMethod::Search, {}, false},
    {"M1", ScaleConstraint::M1, ClipMethod::AbsMax, {}, false},
    {"M2 ceil", ScaleConstraint::M2, ClipMethod::AbsMax, ShiftRounding::Ceil,
     false},
    {"M2 floor", ScaleConstraint::M2, ClipMethod::AbsMax, ShiftRounding::Floor,
     false},
    {"M2 nearest", ScaleConstraint::M2, ClipMethod::AbsMax,
     ShiftRounding::Nearest, false},
    {"M2 mse", ScaleConstraint::M2, ClipMethod::AbsMax, ShiftRounding::MSE,
     false},
    {"M2 mse, anchor", ScaleConstraint::M2, ClipMethod::AbsMax,
     ShiftRounding::MSE, true},
};

static const Row table[] = {
    {false, 128, {19.25, 19.83, 18.07, 16.19, 18.51, 18.41, 18.65, 19.05}},
    {false, 256, {19.06, 19.53, 17.48, 16.29, 18.50, 18.50, 18.58, 19.04}},
    {true, 128, {18.18, 18.67, 15.82, 15.16, 16.15, 17.25, 17.29, 17.49}},
    {true, 256, {17.32, 17.87, 14.75, 15.67, 15.32, 16.66, 16.80, 17.09}},
};

TEST(SQNRTable, E2M1) {
  constexpr int64_t n = 512, k = 4096;
  for (bool studentT : {false, true}) {
    std::vector<float> w =
        studentT ? makeStudentT(n * k, 8, 5.0f) : makeNormal(n * k, 7);
    for (const Row &row : table) {
      if (row.studentT != studentT)
        continue;
      for (size_t i = 0; i < std::size(recipes); ++i) {
        const Recipe &recipe = recipes[i];
        QuantizeOptions options;
        options.group = row.group;
        options.constraint = recipe.constraint;
        options.clip = recipe.clip;
        options.shift = recipe.shift;
        options.anchorSearch = recipe.anchorSearch;
        auto matrix = RoundToNearest().quantize(
            WeightView::rowMajor(w.data(), n, k), options, makeParallelFor(2));
        ASSERT_TRUE(bool(matrix));
        EXPECT_NEAR(matrix->getSQNR(), row.expected[i], 0.15)
            << recipe.name << (studentT ? ", t(5)" : ", Gaussian")
            << ", G = " << row.group;
      }
    }
  }
}

/// 4-bit formats beside each other, Gaussian, G = 256, absmax.
TEST(SQNRTable, FourBitFormats) {
  constexpr int64_t n = 512, k = 4096;
  std::vector<float> w = makeNormal(n * k, 17);
  struct {
    Format format;
    double expected;
  } cases[] = {{Format::E2M1, 19.07},
               {Format::INT4, 17.96},
               {Format::E1M2, 17.96}, // INT4 divided by 4
               {Format::E3M0, 14.21}};
  for (auto [format, expected] : cases) {
    QuantizeOptions options;
    options.format = format;
    options.group = 256;
    auto matrix = RoundToNearest().quantize(
        WeightView::rowMajor(w.data(), n, k), options, makeParallelFor(2));
    ASSERT_TRUE(bool(matrix));
    EXPECT_NEAR(matrix->getSQNR(), expected, 0.1) << getFormatName(format);
  }
}
