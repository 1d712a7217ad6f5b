//===- GPTQTest.cpp - against the published algorithm in float64 ----------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "zq/Quantization/GPTQ.h"
#include "Calibration.h"
#include "Reference.h"

#include "gtest/gtest.h"

#include <algorithm>
#include <atomic>
#include <numeric>

using namespace zq;
using namespace zq::test;

//===----------------------------------------------------------------------===//
// The published algorithm
//===----------------------------------------------------------------------===//

using Matrix64 = std::vector<double>;

/// The lower Cholesky factor, by the textbook.
static Matrix64 factorCholesky(const Matrix64 &a, int64_t n) {
  Matrix64 l(n * n);
  for (int64_t i = 0; i < n; ++i)
    for (int64_t j = 0; j <= i; ++j) {
      double sum = a[i * n + j];
      for (int64_t m = 0; m < j; ++m)
        sum -= l[i * n + m] * l[j * n + m];
      l[i * n + j] = i == j ? std::sqrt(sum) : sum / l[j * n + j];
    }
  return l;
}

/// H^-1 from its Cholesky factor, column by column.
static Matrix64 invert(const Matrix64 &h, int64_t n) {
  Matrix64 l = factorCholesky(h, n), inverse(n * n);
  for (int64_t column = 0; column < n; ++column) {
    std::vector<double> y(n);
    for (int64_t i = 0; i < n; ++i) {
      double sum = i == column ? 1.0 : 0.0;
      for (int64_t m = 0; m < i; ++m)
        sum -= l[i * n + m] * y[m];
      y[i] = sum / l[i * n + i];
    }
    for (int64_t i = n - 1; i >= 0; --i) {
      double sum = y[i];
      for (int64_t m = i + 1; m < n; ++m)
        sum -= l[m * n + i] * inverse[m * n + column];
      inverse[i * n + column] = sum / l[i * n + i];
    }
  }
  return inverse;
}

namespace {
/// Codes' values in the order of quantization, with what they were rounded
/// from; all N x K.
struct Published {
  std::vector<int64_t> order;
  Matrix64 before;
  Matrix64 values;
  Matrix64 scales;
};
} // namespace

/// "Algorithm 1" of the paper with its Hessian's Cholesky factor, one column
/// after the other. `getScale(row, g, w)` is asked at the first column of each
/// group in natural order (w: the row as it then is), and once for each group
/// before the first column where columns are reordered.
template <typename GetScale>
static Published
runPublished(const std::vector<float> &weight, int64_t n, int64_t k,
             int64_t group, Format format, const Hessian &hessian,
             const DampingOptions &damping, bool reorder, GetScale getScale) {
  double mean = 0.0;
  for (int64_t i = 0; i < k; ++i)
    mean += hessian.get(i, i) / double(k);
  Published result;
  result.order.resize(k);
  std::iota(result.order.begin(), result.order.end(), 0);
  if (reorder)
    std::sort(result.order.begin(), result.order.end(),
              [&](int64_t a, int64_t b) {
                return hessian.get(a, a) > hessian.get(b, b);
              });
  Matrix64 h(k * k);
  for (int64_t i = 0; i < k; ++i)
    for (int64_t j = 0; j < k; ++j) {
      int64_t a = result.order[i], b = result.order[j];
      h[i * k + j] = hessian.get(a, b);
      if (i == j)
        h[i * k + j] +=
            damping.amount *
            (damping.kind == Damping::Mean ? mean : hessian.get(a, a));
    }
  Matrix64 l = factorCholesky(invert(h, k), k); // U is its transpose
  auto u = [&](int64_t i, int64_t j) { return l[j * k + i]; };

  std::vector<double> magnitudes = getValues(format);
  result.before.resize(n * k);
  result.values.resize(n * k);
  result.scales.resize(n * k);
  for (int64_t row = 0; row < n; ++row) {
    std::vector<double> w(k), scales((k + group - 1) / group);
    for (int64_t j = 0; j < k; ++j)
      w[j] = weight[row * k + result.order[j]];
    for (int64_t g = 0; g < int64_t(scales.size()); ++g)
      scales[g] = getScale(row, g, w);
    for (int64_t j = 0; j < k; ++j) {
      int64_t g = result.order[j] / group;
      if (!reorder && j % group == 0)
        scales[g] = getScale(row, g, w);
      double best = 0.0;
      for (double magnitude : magnitudes)
        for (double value : {magnitude * scales[g], -magnitude * scales[g]})
          if (std::fabs(value - w[j]) < std::fabs(best - w[j]))
            best = value;
      result.before[row * k + j] = w[j];
      result.values[row * k + j] = best;
      result.scales[row * k + j] = scales[g];
      double error = (w[j] - best) / u(j, j);
      for (int64_t later = j; later < k; ++later)
        w[later] -= error * u(j, later);
    }
  }
  return result;
}

/// Codes are those of the reference up to the first of a row that was nearly a
/// tie there; after it the rows go apart. Such rows must be few.
static void compare(const QuantizedMatrix &found, const Published &expected) {
  std::vector<double> values = getValues(found.format);
  int64_t n = found.n, k = found.k, apart = 0;
  for (int64_t row = 0; row < n; ++row)
    for (int64_t j = 0; j < k; ++j) {
      int64_t column = expected.order[j];
      double scale = getScale(found, row, column / found.group);
      double value = scale * getCodeValue(found.format, values,
                                          getCode(found, row, column));
      double wanted = expected.values[row * k + j];
      double wantedScale = expected.scales[row * k + j];
      if (std::fabs(value - wanted) <= 1e-4 * std::fabs(wanted) &&
          std::fabs(scale - wantedScale) <= 1e-4 * wantedScale)
        continue;
      ++apart;
      // The reference's value must lie in the middle between both codes.
      double x = expected.before[row * k + j];
      EXPECT_NEAR(std::fabs(x - value), std::fabs(x - wanted),
                  1e-3 * wantedScale)
          << "row " << row << ", column " << column;
      break;
    }
  EXPECT_LE(apart, 1 + n * k / 5000);
}

//===----------------------------------------------------------------------===//
// Agreement
//===----------------------------------------------------------------------===//

namespace {
struct Shape {
  int64_t n, k, group;
};
/// K odd, K no multiple of the group, groups smaller and larger than a leaf of
/// the solver.
constexpr Shape shapes[] = {{20, 192, 32}, {17, 301, 128}, {9, 150, 200}};

class GPTQTest
    : public testing::TestWithParam<std::tuple<Format, ScaleConstraint>> {
protected:
  static constexpr int64_t tokens = 400;
  QuantizeOptions options;
  std::vector<float> w;
  Hessian hessian;

  GPTQTest() {
    options.format = std::get<0>(GetParam());
    options.constraint = std::get<1>(GetParam());
    options.shift = ShiftRounding::Nearest;
  }
  void make(Shape shape, unsigned seed) {
    options.group = shape.group;
    w = makeNormal(shape.n * shape.k, seed);
    hessian =
        makeHessian(makeInputs(tokens, shape.k, seed + 1), tokens, shape.k);
  }
  Result<QuantizedMatrix> quantize(Shape shape, const DampingOptions &damping,
                                   ColumnOrder order, GroupScales scales) {
    auto factor = HessianFactor::compute(hessian, damping, order);
    EXPECT_TRUE(bool(factor)) << factor.message();
    return GPTQ(std::make_shared<HessianFactor>(std::move(*factor)), scales)
        .quantize(WeightView::rowMajor(w.data(), shape.n, shape.k), options,
                  makeParallelFor(2));
  }
};
} // namespace

static std::string
getTestName(const testing::TestParamInfo<GPTQTest::ParamType> &info) {
  const char *constraints[] = {"free", "m1", "m2", "m3"};
  return std::string(getFormatName(std::get<0>(info.param))) + "_" +
         constraints[int(std::get<1>(info.param))];
}

INSTANTIATE_TEST_SUITE_P(
    All, GPTQTest,
    testing::Combine(testing::Values(Format::E2M1, Format::E3M0, Format::E1M2,
                                     Format::INT4, Format::E4M3, Format::INT8),
                     testing::Values(ScaleConstraint::Free, ScaleConstraint::M1,
                                     ScaleConstraint::M2, ScaleConstraint::M3)),
    getTestName);

/// With scales that are known before: those of RoundToNearest.
TEST_P(GPTQTest, StaticScales) {
  unsigned seed = 100;
  for (Shape shape : shapes)
    for (ColumnOrder order : {ColumnOrder::Natural, ColumnOrder::Descending}) {
      SCOPED_TRACE(testing::Message()
                   << shape.n << "x" << shape.k << " by " << shape.group
                   << ", order " << int(order));
      make(shape, seed += 10);
      DampingOptions damping{order == ColumnOrder::Natural ? Damping::Mean
                                                           : Damping::Diagonal,
                             0.01};
      auto found = quantize(shape, damping, order, GroupScales::Static);
      ASSERT_TRUE(bool(found)) << found.message();
      auto nearest = RoundToNearest().quantize(
          WeightView::rowMajor(w.data(), shape.n, shape.k), options);
      ASSERT_TRUE(bool(nearest));
      EXPECT_EQ(found->scales, nearest->scales);
      EXPECT_EQ(found->anchors, nearest->anchors);
      EXPECT_EQ(found->shifts, nearest->shifts);
      compare(*found,
              runPublished(w, shape.n, shape.k, found->group, options.format,
                           hessian, damping, order == ColumnOrder::Descending,
                           [&](int64_t row, int64_t g, const auto &) {
                             return getScale(*nearest, row, g);
                           }));
    }
}

/// With scales of the weights that are left when a group begins.
TEST_P(GPTQTest, UpdatedScales) {
  double largest = getValues(options.format).back();
  unsigned seed = 200;
  for (Shape shape : shapes) {
    SCOPED_TRACE(testing::Message()
                 << shape.n << "x" << shape.k << " by " << shape.group);
    make(shape, seed += 10);
    DampingOptions damping;
    auto found =
        quantize(shape, damping, ColumnOrder::Natural, GroupScales::Updated);
    ASSERT_TRUE(bool(found)) << found.message();
    auto nearest = RoundToNearest().quantize(
        WeightView::rowMajor(w.data(), shape.n, shape.k), options);
    EXPECT_EQ(found->anchors, nearest->anchors);
    auto getUpdatedScale = [&](int64_t row, int64_t g,
                               const std::vector<double> &weights) {
      double absmax = 0.0;
      int64_t end = std::min(shape.k, (g + 1) * found->group);
      for (int64_t j = g * found->group; j < end; ++j)
        absmax = std::max(absmax, std::fabs(weights[j]));
      double scale = absmax / largest;
      if (options.constraint == ScaleConstraint::Free)
        return scale;
      double anchor = found->anchors[row];
      if (options.constraint == ScaleConstraint::M3) {
        double best = 1.5 * anchor; // the nearest in ratio of all steps
        for (double m : {1.0, 1.25, 1.5})
          for (int shift = 0; shift <= options.maxShift; ++shift) {
            double step = std::ldexp(anchor * m, -shift);
            if (std::fabs(std::log2(step / scale)) <
                std::fabs(std::log2(best / scale)))
              best = step;
          }
        return best;
      }
      double shift = std::clamp(std::round(std::log2(anchor / scale)), 0.0,
                                double(options.maxShift));
      return std::ldexp(anchor, -int(shift));
    };
    compare(*found,
            runPublished(w, shape.n, shape.k, found->group, options.format,
                         hessian, damping, false, getUpdatedScale));
  }
}

TEST_P(GPTQTest, SameBitsOnAnyNumberOfThreads) {
  Shape shape{200, 130, 32};
  make(shape, 300);
  auto factor = HessianFactor::compute(hessian, {});
  ASSERT_TRUE(bool(factor));
  GPTQ gptq(std::make_shared<HessianFactor>(std::move(*factor)),
            GroupScales::Updated);
  WeightView view = WeightView::rowMajor(w.data(), shape.n, shape.k);
  auto one = gptq.quantize(view, options);
  ASSERT_TRUE(bool(one));
  for (unsigned threads : {2u, 5u}) {
    auto many = gptq.quantize(view, options, makeParallelFor(threads));
    ASSERT_TRUE(bool(many));
    EXPECT_EQ(one->codes, many->codes);
    EXPECT_EQ(one->scales, many->scales);
    EXPECT_EQ(one->anchors, many->anchors);
    EXPECT_EQ(one->shifts, many->shifts);
    EXPECT_EQ(one->errorEnergy, many->errorEnergy);
    EXPECT_EQ(one->clampedGroups, many->clampedGroups);
  }
}

//===----------------------------------------------------------------------===//
// Degenerate inputs
//===----------------------------------------------------------------------===//

static std::shared_ptr<HessianFactor>
makeFactor(const Hessian &hessian, ColumnOrder order = ColumnOrder::Natural) {
  auto factor = HessianFactor::compute(hessian, {}, order);
  EXPECT_TRUE(bool(factor));
  return std::make_shared<HessianFactor>(std::move(*factor));
}

/// Inputs that do not depend on each other leave nothing to make up for.
TEST(GPTQ, DiagonalHessianIsRoundToNearest) {
  constexpr int64_t n = 10, k = 77;
  std::vector<float> w = makeNormal(n * k, 1);
  Hessian hessian{k, 1, std::vector<float>(k * k)};
  for (int64_t i = 0; i < k; ++i)
    hessian.values[i * k + i] = float(1 + i % 5);
  WeightView view = WeightView::rowMajor(w.data(), n, k);
  auto nearest = RoundToNearest().quantize(view, {});
  for (ColumnOrder order : {ColumnOrder::Natural, ColumnOrder::Descending}) {
    auto found = GPTQ(makeFactor(hessian, order)).quantize(view, {});
    ASSERT_TRUE(bool(found));
    EXPECT_EQ(found->codes, nearest->codes);
    EXPECT_NEAR(found->errorEnergy, nearest->errorEnergy,
                1e-6 * nearest->errorEnergy);
    EXPECT_NEAR(found->signalEnergy, nearest->signalEnergy,
                1e-6 * nearest->signalEnergy);
  }
}

TEST(GPTQ, ColumnsWithoutInputsBecomeZero) {
  constexpr int64_t n = 10, k = 64, tokens = 100;
  std::vector<float> w = makeNormal(n * k, 2);
  std::vector<float> x = makeInputs(tokens, k, 3);
  for (int64_t token = 0; token < tokens; ++token)
    x[token * k + 5] = x[token * k + 63] = 0.0f;
  w[5] = 1e6f; // in row 0, and must not blow up the group's scale
  Hessian hessian = makeHessian(x, tokens, k);
  QuantizeOptions options;
  options.group = 32;
  auto found = GPTQ(makeFactor(hessian))
                   .quantize(WeightView::rowMajor(w.data(), n, k), options);
  ASSERT_TRUE(bool(found));
  for (int64_t row = 0; row < n; ++row)
    for (int64_t column : {5, 63})
      EXPECT_EQ(getCode(*found, row, column) & 7, 0u);
  EXPECT_LT(found->getScale(0, 0), 1.0f);
}

/// Fewer tokens than columns.
TEST(GPTQ, RankDeficientHessian) {
  constexpr int64_t n = 40, k = 256, tokens = 20;
  std::vector<float> w = makeNormal(n * k, 4);
  std::vector<float> x = makeInputs(tokens, k, 5);
  WeightView view = WeightView::rowMajor(w.data(), n, k);
  auto found = GPTQ(makeFactor(makeHessian(x, tokens, k))).quantize(view, {});
  ASSERT_TRUE(bool(found));
  auto nearest = RoundToNearest().quantize(view, {});
  EXPECT_LT(getOutputError(w, dequantize(*found), n, k, x, tokens),
            0.2 * getOutputError(w, dequantize(*nearest), n, k, x, tokens));
}

TEST(GPTQ, NothingToQuantize) {
  Hessian hessian{0, 0, {}};
  std::vector<float> none;
  auto empty = GPTQ(makeFactor(hessian))
                   .quantize(WeightView::rowMajor(none.data(), 4, 0), {});
  ASSERT_TRUE(bool(empty));
  EXPECT_TRUE(empty->codes.empty());
  hessian = {3, 1, {1, 0, 0, 0, 1, 0, 0, 0, 1}};
  empty = GPTQ(makeFactor(hessian))
              .quantize(WeightView::rowMajor(none.data(), 0, 3), {});
  ASSERT_TRUE(bool(empty));
  std::vector<float> zeros(6, 0.0f);
  auto zero = GPTQ(makeFactor(hessian))
                  .quantize(WeightView::rowMajor(zeros.data(), 2, 3), {});
  ASSERT_TRUE(bool(zero));
  EXPECT_EQ(zero->zeroGroups, 2);
  EXPECT_EQ(zero->errorEnergy, 0.0);
}

/// Layers at once, each on a thread of its own, as a compiler does it.
TEST(GPTQ, ManyAtOnce) {
  constexpr int64_t n = 70, k = 130, tokens = 200;
  std::vector<float> w = makeNormal(n * k, 8);
  auto factor = makeFactor(makeHessian(makeInputs(tokens, k, 9), tokens, k));
  GPTQ gptq(factor, GroupScales::Updated);
  QuantizeOptions options;
  options.group = 32;
  WeightView view = WeightView::rowMajor(w.data(), n, k);
  auto expected = gptq.quantize(view, options);
  ASSERT_TRUE(bool(expected));
  std::atomic<int> differ{0};
  makeParallelFor(6)(600, [&](int64_t) {
    auto found = gptq.quantize(view, options);
    differ += !found || found->codes != expected->codes;
  });
  EXPECT_EQ(differ, 0);
}

TEST(GPTQ, Errors) {
  constexpr int64_t n = 40, k = 50;
  std::vector<float> w = makeNormal(n * k, 6);
  Hessian hessian = makeHessian(makeInputs(100, k, 7), 100, k);
  auto getError = [&](const GPTQ &gptq, int64_t columns) {
    auto result = gptq.quantize(WeightView::rowMajor(w.data(), n, columns), {});
    return result ? std::string("no error") : result.message();
  };
  GPTQ gptq(makeFactor(hessian));
  EXPECT_EQ(getError(gptq, 40),
            "Hessian of 50 columns, expected the weight's 40");
  EXPECT_NE(getError(GPTQ(makeFactor(hessian, ColumnOrder::Descending),
                          GroupScales::Updated),
                     k)
                .find("expected the natural order or static scales"),
            std::string::npos);
  w[37 * k + 2] = w[20 * k + 49] = std::nanf("");
  EXPECT_EQ(getError(gptq, k), "NaN in the weight at row 20, column 49, "
                               "expected finite values to quantize");
}
