//===- Checks.cpp - before weights are quantized --------------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Checks.h"
#include "RowBlocks.h"
#include "RowKernels.h"
#include "zq/Numerics/Rounding.h"
#include "zq/Numerics/ShiftCast.h"

#include <cmath>

using namespace zq;

static Error makeError(std::string message) {
  return Error{std::move(message)};
}

std::optional<Error> zq::checkQuantizeOptions(const WeightView &weight,
                                              const QuantizeOptions &options) {
  if (weight.n < 0 || weight.k < 0)
    return makeError("weight of negative size " + std::to_string(weight.n) +
                     " x " + std::to_string(weight.k));
  if (options.group < 1)
    return makeError("group size " + std::to_string(options.group) +
                     ", expected at least 1");
  int mostShift =
      options.constraint == ScaleConstraint::M3 ? maxStepShift : 127;
  if (options.maxShift < 0 || options.maxShift > mostShift)
    return makeError("max_shift " + std::to_string(options.maxShift) +
                     ", expected 0 to " + std::to_string(mostShift));
  if (options.anchorSearch && options.constraint != ScaleConstraint::M2 &&
      options.constraint != ScaleConstraint::M3)
    return makeError("anchor search needs the scale constraint M2 or M3 (a "
                     "row's anchor that is any number)");
  const std::vector<float> &importance = options.columnImportance;
  if (!importance.empty() && int64_t(importance.size()) != weight.k)
    return makeError("column importance of " +
                     std::to_string(importance.size()) +
                     " values, expected one for each of the weight's " +
                     std::to_string(weight.k) + " columns");
  for (size_t column = 0; column < importance.size(); ++column)
    if (!(importance[column] >= 0.0f) || std::isinf(importance[column]))
      return makeError("column importance " +
                       std::to_string(importance[column]) + " in column " +
                       std::to_string(column) +
                       ", expected a finite number that is not negative");
  return std::nullopt;
}

int64_t zq::findBadValue(const float *row, int64_t k) {
  constexpr uint32_t limit = uint32_t(127 + 120) << 23; // 2^120
  if (getBits(getAbsMax(row, k)) < limit)
    return -1;
  for (int64_t i = 0;; ++i)
    if ((getBits(row[i]) & 0x7FFFFFFF) >= limit)
      return i;
}

Error zq::describeBadValue(float value, int64_t row, int64_t column) {
  std::string what = std::isnan(value)   ? "NaN"
                     : std::isinf(value) ? "infinity"
                                         : "magnitude above 2^120";
  return makeError(what + " in the weight at row " + std::to_string(row) +
                   ", column " + std::to_string(column) +
                   ", expected finite values to quantize");
}

std::optional<Error> zq::checkValues(const WeightView &weight,
                                     const ParallelFor &parallelFor) {
  constexpr int64_t blockRows = 16;
  struct Place {
    int64_t row = -1, column = -1;
    float value = 0.0f;
  };
  std::vector<Place> blocks((weight.n + blockRows - 1) / blockRows);
  forEachRowBlock(parallelFor, weight.n, blockRows,
                  [&](int64_t block, int64_t begin, int64_t end) {
                    std::vector<float> values(weight.k);
                    for (int64_t row = begin; row < end; ++row) {
                      weight.loadRow(row, values.data());
                      int64_t column = findBadValue(values.data(), weight.k);
                      if (column < 0)
                        continue;
                      blocks[block] = {row, column, values[column]};
                      return;
                    }
                  });
  for (const Place &place : blocks)
    if (place.row >= 0)
      return describeBadValue(place.value, place.row, place.column);
  return std::nullopt;
}

QuantizedMatrix zq::makeMatrix(const WeightView &weight,
                               QuantizeOptions &options) {
  options.group = std::min(options.group, std::max<int64_t>(weight.k, 1));
  QuantizedMatrix matrix;
  matrix.n = weight.n;
  matrix.k = weight.k;
  matrix.group = options.group;
  matrix.format = options.format;
  matrix.constraint = options.constraint;
  matrix.codes.resize(matrix.n * matrix.getRowBytes());
  int64_t groups = matrix.n * matrix.getNumGroups();
  if (matrix.constraint == ScaleConstraint::Free) {
    matrix.scales.resize(groups);
  } else {
    matrix.anchors.resize(matrix.n);
    matrix.shifts.resize(groups);
  }
  return matrix;
}
