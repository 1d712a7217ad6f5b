//===- GPTQ.cpp - rounding that makes up for its errors -------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "zq/Quantization/GPTQ.h"
#include "Checks.h"
#include "LinearAlgebra.h"
#include "RowBlocks.h"
#include "RowPanel.h"
#include "ScaleSearch.h"

#include <algorithm>

using namespace zq;

std::optional<GroupScales> zq::parseGroupScales(std::string_view name) {
  if (name == "static")
    return GroupScales::Static;
  if (name == "updated")
    return GroupScales::Updated;
  return std::nullopt;
}

namespace {
/// What a panel adds to the matrix's counts.
struct PanelSummary {
  int64_t clampedGroups = 0, zeroGroups = 0;
};

/// Quantizes one panel of rows, from its weights to its place in the matrix.
class PanelSolver {
public:
  PanelSolver(const WeightView &weight, const QuantizeOptions &options,
              const HessianFactor &factor, bool updatesScales, RowPanel panel,
              QuantizedMatrix &matrix)
      : weight(weight), options(options), factor(factor),
        updatesScales(updatesScales), panel(panel), matrix(matrix),
        search(options, weight.k), groups(matrix.getNumGroups()) {}

  PanelSummary run() {
    PanelSummary summary;
    findScales(summary);
    int64_t size = weight.k * panel.width;
    error.resize(size);
    panel.load(weight, factor.order.data(), factor.dead, error.data());
    feedback.assign(size, 0.0f);
    codes.resize(size);
    columnScales.resize(weight.k);
    for (int64_t j = 0; j < weight.k; ++j)
      columnScales[j] = &scales[factor.order[j] / matrix.group * panel.width];
    clamped.assign(groups * panel.rows, false);
    solve(0, weight.k);
    panel.storeCodes(codes.data(), factor.order.data(), matrix);
    storeScales();
    if (updatesScales)
      summary.clampedGroups = std::count(clamped.begin(), clamped.end(), true);
    return summary;
  }

private:
  /// The scales of the given weights, group by group: groups x width.
  void findScales(PanelSummary &summary) {
    scales.assign(groups * panel.width, 1.0f);
    shifts.assign(groups * panel.width, 0);
    anchors.assign(panel.width, 1.0f);
    std::vector<float> row(weight.k);
    for (int64_t i = 0; i < panel.rows; ++i) {
      weight.loadRow(panel.begin + i, row.data());
      for (int64_t j = 0; j < weight.k; ++j)
        if (factor.dead[j])
          row[j] = 0.0f;
      search.run(row.data());
      summary.clampedGroups += search.clampedGroups;
      summary.zeroGroups += search.zeroGroups;
      anchors[i] = search.anchor;
      for (int64_t g = 0; g < groups; ++g)
        setScale(g, i);
    }
  }

  /// Takes over what the search has found for group `g`.
  void setScale(int64_t g, int64_t row) {
    scales[g * panel.width + row] = search.scales[g];
    if (matrix.constraint != ScaleConstraint::Free)
      shifts[g * panel.width + row] = search.shifts[g];
  }

  /// Columns begin..end, whose feedback from the columns before `begin` is
  /// complete. Divide and conquer: almost all work is products of matrices.
  void solve(int64_t begin, int64_t end) {
    constexpr int64_t leaf = 64;
    int64_t unit = leaf;
    // Scales are found anew at the start of each group, when the feedback from
    // all columns before it is there: no leaf crosses a group's start.
    if (updatesScales) {
      int64_t groupEnd =
          std::min(weight.k, (begin / matrix.group + 1) * matrix.group);
      if (begin % matrix.group == 0 && end == groupEnd)
        updateScales(begin / matrix.group);
      unit = end <= groupEnd ? leaf : matrix.group;
    }
    if (end - begin <= unit) {
      quantizeColumns(options.format, end - begin, panel.width,
                      &feedback[begin * panel.width],
                      &error[begin * panel.width], &columnScales[begin],
                      &factor.r[begin * factor.k + begin], factor.k,
                      &codes[begin * panel.width]);
      return;
    }
    int64_t units = (end - begin + unit - 1) / unit;
    int64_t middle = begin + (units + 1) / 2 * unit;
    solve(begin, middle);
    int64_t width = panel.width;
    multiply(end - middle, width, middle - begin, 1.0f,
             {&factor.r[begin * factor.k + middle], factor.k, true},
             {&error[begin * width], width}, 1.0f,
             {&feedback[middle * width], width});
    solve(middle, end);
  }

  /// The group's weights as the columns before it have left them: those that
  /// make up for all errors so far, were they not to be rounded. Feedback is
  /// what a column gets when all columns before it are rounded; without that,
  /// column j gets u_j with u R = feedback inside of the group.
  void updateScales(int64_t g) {
    int64_t begin = g * matrix.group, width = panel.width;
    int64_t end = std::min(weight.k, begin + matrix.group);
    std::vector<float> left(feedback.begin() + begin * width,
                            feedback.begin() + end * width);
    solveUnitUpperTransposedFromLeft(end - begin, width,
                                     &factor.r[begin * factor.k + begin],
                                     factor.k, left.data(), width);
    std::vector<float> values(end - begin);
    for (int64_t row = 0; row < panel.rows; ++row) {
      for (int64_t j = begin; j < end; ++j)
        values[j - begin] =
            error[j * width + row] + left[(j - begin) * width + row];
      search.runGroup(g, values.data(), anchors[row]);
      setScale(g, row);
      clamped[g * panel.rows + row] = search.clampedGroups > 0;
    }
  }

  void storeScales() {
    bool isFree = matrix.constraint == ScaleConstraint::Free;
    for (int64_t row = 0; row < panel.rows; ++row) {
      int64_t place = (panel.begin + row) * groups;
      if (!isFree)
        matrix.anchors[panel.begin + row] = anchors[row];
      for (int64_t g = 0; g < groups; ++g) {
        int64_t index = g * panel.width + row;
        if (isFree)
          matrix.scales[place + g] = scales[index];
        else
          matrix.shifts[place + g] = shifts[index];
      }
    }
  }

  const WeightView &weight;
  const QuantizeOptions &options;
  const HessianFactor &factor;
  bool updatesScales;
  RowPanel panel;
  QuantizedMatrix &matrix;
  ScaleSearch search;
  int64_t groups;

  std::vector<float> scales; ///< groups x width, as are the shifts
  std::vector<uint8_t> shifts;
  std::vector<float> anchors;
  std::vector<bool> clamped; ///< groups x rows, of updated scales
  std::vector<const float *> columnScales;
  std::vector<float> feedback; ///< K x width, as are the others
  std::vector<float> error;
  std::vector<uint8_t> codes;
};
} // namespace

Result<QuantizedMatrix> GPTQ::quantize(const WeightView &weight,
                                       const QuantizeOptions &givenOptions,
                                       const ParallelFor &parallelFor) const {
  if (std::optional<Error> error = checkQuantizeOptions(weight, givenOptions))
    return std::move(*error);
  if (factor->k != weight.k)
    return Error{"Hessian of " + std::to_string(factor->k) +
                 " columns, expected the weight's " + std::to_string(weight.k)};
  bool updatesScales = groupScales == GroupScales::Updated;
  if (updatesScales && factor->columnOrder != ColumnOrder::Natural)
    return Error{"group scales from updated weights with columns in descending "
                 "order, expected the natural order or static scales"};
  if (std::optional<Error> error = checkValues(weight, parallelFor))
    return std::move(*error);
  QuantizeOptions options = givenOptions;
  QuantizedMatrix matrix = makeMatrix(weight, options);

  int64_t panelRows = RowPanel::getRows(matrix.n);
  std::vector<PanelSummary> summaries((matrix.n + panelRows - 1) / panelRows);
  if (matrix.k > 0)
    forEachRowBlock(parallelFor, matrix.n, panelRows,
                    [&](int64_t block, int64_t begin, int64_t end) {
                      PanelSolver solver(weight, options, *factor,
                                         updatesScales,
                                         RowPanel(begin, end - begin), matrix);
                      summaries[block] = solver.run();
                    });
  for (const PanelSummary &summary : summaries) {
    matrix.clampedGroups += summary.clampedGroups;
    matrix.zeroGroups += summary.zeroGroups;
  }
  computeEnergies(weight, matrix, parallelFor);
  return matrix;
}
