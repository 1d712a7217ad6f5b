//===- CoordinateDescent.cpp - codes refined one by one -------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// With q a row's dequantized values and w its weights, the error's gradient is
// H q - H w (twice that, and nothing depends on the two). Both products are
// kept, so that a new anchor scales the first and needs no product again.
//
//===----------------------------------------------------------------------===//

#include "zq/Quantization/CoordinateDescent.h"
#include "Checks.h"
#include "LinearAlgebra.h"
#include "Multiversion.h"
#include "RowBlocks.h"
#include "RowPanel.h"
#include "zq/Numerics/Rounding.h"

#include <cmath>

using namespace zq;

//===----------------------------------------------------------------------===//
// Inner loops
//===----------------------------------------------------------------------===//

namespace {
/// Columns of a block, count x width values each array.
struct Block {
  int64_t count;
  int64_t width;
  const float *hw;
  const float *hq; ///< without what the sweep changes
  float *units;    ///< values of codes, without scales
  const float *const *scales;
  const float *h; ///< H's block on the diagonal
  int64_t hStride;
  float *gradient; ///< scratch
  float *change;   ///< of q: what the sweep did
};
} // namespace

/// Gives each column in turn its best value. Returns whether any changed.
template <Format format>
static ZQ_ALWAYS_INLINE bool sweepAs(const Block &block) {
  int64_t width = block.width;
  float *__restrict gradient = block.gradient;
  for (int64_t i = 0; i < block.count * width; ++i)
    gradient[i] = block.hq[i] - block.hw[i];
  uint32_t any = 0;
  for (int64_t j = 0; j < block.count; ++j) {
    const float *__restrict scale = block.scales[j];
    float *__restrict unit = block.units + j * width;
    float *__restrict change = block.change + j * width;
    const float *slope = gradient + j * width;
    const float *h = block.h + j * block.hStride;
    for (int64_t row = 0; row < width; ++row) {
      float wanted = unit[row] - slope[row] / h[j] / scale[row];
      float rounded = roundTo<format>(wanted);
      change[row] = (rounded - unit[row]) * scale[row];
      unit[row] = rounded;
      any |= getBits(change[row]) << 1; // a zero of either sign
    }
    for (int64_t i = j + 1; i < block.count; ++i) {
      float factor = h[i];
      float *__restrict later = gradient + i * width;
      for (int64_t row = 0; row < width; ++row)
        later[row] += factor * change[row];
    }
  }
  return any != 0;
}

static ZQ_ALWAYS_INLINE bool sweepInline(Format value, const Block &block) {
  ZQ_SWITCH_FORMAT(value, sweepAs<format>(block))
  return false;
}

ZQ_MULTIVERSION(bool, sweep, (Format value, const Block &block), (value, block))

//===----------------------------------------------------------------------===//
// Panels
//===----------------------------------------------------------------------===//

namespace {
/// Refines one panel of rows in place.
class PanelRefiner {
public:
  PanelRefiner(const WeightView &weight, const DampedHessian &hessian,
               const DescentOptions &options, RowPanel panel,
               QuantizedMatrix &matrix)
      : hessian(hessian), options(options), panel(panel), matrix(matrix),
        k(matrix.k), width(panel.width), groups(matrix.getNumGroups()) {
    loadScales();
    units.resize(k * width);
    panel.loadCodeValues(matrix, units.data());
    std::vector<float> values(k * width);
    for (int64_t j = 0; j < k; ++j)
      for (int64_t row = 0; row < width; ++row)
        values[j * width + row] = units[j * width + row] * columnScales[j][row];
    hq = multiplyByHessian(values);
    panel.load(weight, nullptr, hessian.dead, values.data());
    hw = multiplyByHessian(values);
  }

  void run() {
    for (int pass = 0; pass < options.passes; ++pass) {
      bool changed = sweepAll();
      if (options.refitScales)
        refitScales();
      if (!changed)
        break;
    }
    std::vector<uint8_t> codes(k * width);
    encode(matrix.format, units.data(), k * width, codes.data());
    panel.storeCodes(codes.data(), nullptr, matrix);
    storeScales();
  }

private:
  std::vector<float> multiplyByHessian(const std::vector<float> &columns) {
    std::vector<float> product(k * width);
    multiply(k, width, k, 1.0f, {hessian.values.data(), k},
             {columns.data(), width}, 0.0f, {product.data(), width});
    return product;
  }

  void loadScales() {
    scales.assign(groups * width, 1.0f);
    for (int64_t row = 0; row < panel.rows; ++row)
      for (int64_t g = 0; g < groups; ++g)
        scales[g * width + row] = matrix.getScale(panel.begin + row, g);
    columnScales.resize(k);
    for (int64_t j = 0; j < k; ++j)
      columnScales[j] = &scales[j / matrix.group * width];
  }

  /// Anchors are fitted in the matrix itself.
  void storeScales() {
    if (matrix.constraint != ScaleConstraint::Free)
      return;
    for (int64_t row = 0; row < panel.rows; ++row)
      for (int64_t g = 0; g < groups; ++g)
        matrix.scales[(panel.begin + row) * groups + g] =
            scales[g * width + row];
  }

  bool sweepAll() {
    constexpr int64_t size = 128;
    std::vector<float> gradient(size * width), change(size * width);
    bool changed = false;
    for (int64_t begin = 0; begin < k; begin += size) {
      int64_t count = std::min(size, k - begin), place = begin * width;
      Block block{count,
                  width,
                  &hw[place],
                  &hq[place],
                  &units[place],
                  &columnScales[begin],
                  &hessian.values[begin * k + begin],
                  k,
                  gradient.data(),
                  change.data()};
      if (!sweep(matrix.format, block))
        continue;
      changed = true;
      addProduct(begin, count, change.data());
    }
    return changed;
  }

  /// hq += H (changes of the columns begin..begin+count).
  void addProduct(int64_t begin, int64_t count, const float *change) {
    multiply(k, width, count, 1.0f, {&hessian.values[begin], k},
             {change, width}, 1.0f, {hq.data(), width});
  }

  void refitScales() {
    switch (matrix.constraint) {
    case ScaleConstraint::M1:
      return;
    case ScaleConstraint::M2:
    case ScaleConstraint::M3:
      return refitAnchors();
    case ScaleConstraint::Free:
      for (int64_t g = 0; g < groups; ++g)
        refitGroup(g);
      return;
    }
  }

  /// Whether a scale may become `scale`: a normal number whose shifted values
  /// are normal as well, and not another sign or size altogether.
  static bool isUsable(double factor, double scale) {
    return factor > 0.25 && factor < 4.0 && scale > 0x1p-100 && scale < 0x1p120;
  }

  /// The least of (a q - w) H (a q - w)^T is at a = (q . H w) / (q . H q).
  void refitAnchors() {
    std::vector<double> along(width), curvature(width);
    for (int64_t j = 0; j < k; ++j)
      for (int64_t row = 0; row < width; ++row) {
        int64_t i = j * width + row;
        double value = double(units[i]) * double(columnScales[j][row]);
        along[row] += value * double(hw[i]);
        curvature[row] += value * double(hq[i]);
      }
    std::vector<float> factors(width, 1.0f);
    for (int64_t row = 0; row < panel.rows; ++row) {
      double factor = along[row] / curvature[row];
      float &anchor = matrix.anchors[panel.begin + row];
      if (!isUsable(factor, factor * double(anchor)))
        continue;
      float fitted = float(factor * double(anchor));
      factors[row] = float(double(fitted) / double(anchor));
      anchor = fitted;
      for (int64_t g = 0; g < groups; ++g)
        scales[g * width + row] = matrix.getScale(panel.begin + row, g);
    }
    for (int64_t i = 0; i < k * width; i += width)
      for (int64_t row = 0; row < width; ++row)
        hq[i + row] *= factors[row];
  }

  /// The same for the values of one group, with the others as they are: a step
  /// t q along the group's values is best at t = -(q . gradient) / (q . H q).
  void refitGroup(int64_t g) {
    int64_t begin = g * matrix.group;
    int64_t count = std::min(matrix.group, k - begin), place = begin * width;
    std::vector<float> change(count * width), product(count * width);
    for (int64_t i = 0; i < count * width; ++i)
      change[i] = units[place + i] * scales[g * width + i % width];
    multiply(count, width, count, 1.0f, {&hessian.values[begin * k + begin], k},
             {change.data(), width}, 0.0f, {product.data(), width});
    std::vector<double> along(width), curvature(width);
    for (int64_t i = 0; i < count * width; i += width)
      for (int64_t row = 0; row < width; ++row) {
        double value = change[i + row];
        along[row] +=
            value * (double(hw[place + i + row]) - double(hq[place + i + row]));
        curvature[row] += value * double(product[i + row]);
      }
    std::vector<float> steps(width, 0.0f);
    for (int64_t row = 0; row < panel.rows; ++row) {
      double factor = 1.0 + along[row] / curvature[row];
      float &scale = scales[g * width + row];
      if (!isUsable(factor, factor * scale))
        continue;
      float fitted = float(factor * double(scale));
      steps[row] = float(double(fitted) / double(scale) - 1.0);
      scale = fitted;
    }
    for (int64_t i = 0; i < count * width; i += width)
      for (int64_t row = 0; row < width; ++row)
        change[i + row] *= steps[row];
    addProduct(begin, count, change.data());
  }

  const DampedHessian &hessian;
  const DescentOptions &options;
  RowPanel panel;
  QuantizedMatrix &matrix;
  int64_t k, width, groups;

  std::vector<float> scales; ///< groups x width
  std::vector<const float *> columnScales;
  std::vector<float> units; ///< K x width, as are the others
  std::vector<float> hq;
  std::vector<float> hw;
};
} // namespace

Result<void> zq::refineCodes(const WeightView &weight,
                             const DampedHessian &hessian,
                             const DescentOptions &options,
                             QuantizedMatrix &matrix,
                             const ParallelFor &parallelFor) {
  auto describe = [](int64_t n, int64_t k) {
    return std::to_string(n) + " x " + std::to_string(k);
  };
  if (matrix.n != weight.n || matrix.k != weight.k)
    return Error{"quantized weight of " + describe(matrix.n, matrix.k) +
                 ", expected " + describe(weight.n, weight.k) +
                 " as the float weight"};
  if (hessian.k != weight.k)
    return Error{"Hessian of " + std::to_string(hessian.k) +
                 " columns, expected the weight's " + std::to_string(weight.k)};
  if (options.passes < 0)
    return Error{"coordinate descent of " + std::to_string(options.passes) +
                 " passes, expected 0 or more"};
  if (std::optional<Error> error = checkValues(weight, parallelFor))
    return std::move(*error);
  if (matrix.k > 0)
    forEachRowBlock(parallelFor, matrix.n, RowPanel::getRows(matrix.n),
                    [&](int64_t, int64_t begin, int64_t end) {
                      PanelRefiner(weight, hessian, options,
                                   RowPanel(begin, end - begin), matrix)
                          .run();
                    });
  computeEnergies(weight, matrix, parallelFor);
  return {};
}
