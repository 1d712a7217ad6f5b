//===- RoundToNearest.cpp - scales from the weight, codes one by one ------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RowBlocks.h"
#include "ScaleSearch.h"
#include "zq/Numerics/Packing.h"
#include "zq/Numerics/Rounding.h"

#include <cmath>

using namespace zq;

static Error makeError(std::string message) {
  return Error{std::move(message)};
}

static std::optional<Error> checkOptions(const WeightView &weight,
                                         const QuantizeOptions &options) {
  if (weight.n < 0 || weight.k < 0)
    return makeError("weight of negative size " + std::to_string(weight.n) +
                     " x " + std::to_string(weight.k));
  if (options.group < 1)
    return makeError("group size " + std::to_string(options.group) +
                     ", expected at least 1");
  if (options.maxShift < 0 || options.maxShift > 127)
    return makeError("max_shift " + std::to_string(options.maxShift) +
                     ", expected 0 to 127");
  if (options.anchorSearch && options.constraint != ScaleConstraint::M2)
    return makeError("anchor search needs the scale constraint M2 (a row's "
                     "anchor that is any number)");
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

/// The first value that cannot be quantized, -1 if there is none.
static int64_t findBadValue(const float *row, int64_t k) {
  constexpr uint32_t limit = uint32_t(127 + 120) << 23; // 2^120
  uint32_t most = 0;
  for (int64_t i = 0; i < k; ++i) {
    uint32_t magnitude = getBits(row[i]) & 0x7FFFFFFF;
    most = magnitude > most ? magnitude : most;
  }
  if (most < limit)
    return -1;
  for (int64_t i = 0;; ++i)
    if ((getBits(row[i]) & 0x7FFFFFFF) >= limit)
      return i;
}

static Error describeBadValue(float value, int64_t row, int64_t column) {
  std::string what = std::isnan(value)   ? "NaN"
                     : std::isinf(value) ? "infinity"
                                         : "magnitude above 2^120";
  return makeError(what + " in the weight at row " + std::to_string(row) +
                   ", column " + std::to_string(column) +
                   ", expected finite values to quantize");
}

namespace {
/// What a block of rows adds to the matrix's counts and energies.
struct BlockSummary {
  int64_t clampedGroups = 0, zeroGroups = 0;
  double signalEnergy = 0.0, errorEnergy = 0.0;
  int64_t badRow = -1, badColumn = -1;
  float badValue = 0.0f;
};

/// Quantizes rows into their place in the matrix; one for each block.
class RowQuantizer {
public:
  RowQuantizer(const WeightView &weight, const QuantizeOptions &options,
               QuantizedMatrix &matrix)
      : weight(weight), options(options), matrix(matrix),
        search(options, weight.k), row(weight.k), scaled(weight.k),
        codes(weight.k) {}

  /// False where a value cannot be quantized.
  bool run(int64_t index, BlockSummary &summary) {
    weight.loadRow(index, row.data());
    if (int64_t column = findBadValue(row.data(), weight.k); column >= 0) {
      summary.badRow = index;
      summary.badColumn = column;
      summary.badValue = row[column];
      return false;
    }
    search.run(row.data());
    summary.clampedGroups += search.clampedGroups;
    summary.zeroGroups += search.zeroGroups;
    storeScales(index);
    storeCodes(index);
    addEnergies(summary);
    return true;
  }

private:
  void storeScales(int64_t index) {
    int64_t begin = index * matrix.getNumGroups();
    if (matrix.constraint == ScaleConstraint::Free) {
      std::copy(search.scales.begin(), search.scales.end(),
                matrix.scales.begin() + begin);
      return;
    }
    matrix.anchors[index] = search.anchor;
    std::copy(search.shifts.begin(), search.shifts.end(),
              matrix.shifts.begin() + begin);
  }

  void storeCodes(int64_t index) {
    int64_t k = weight.k;
    for (size_t g = 0; g < search.scales.size(); ++g) {
      float scale = search.scales[g];
      int64_t end = std::min(k, int64_t(g + 1) * options.group);
      for (int64_t i = int64_t(g) * options.group; i < end; ++i)
        scaled[i] = row[i] / scale;
    }
    uint8_t *bytes = matrix.codes.data() + index * matrix.getRowBytes();
    if (!isFourBit(matrix.format))
      return encode(matrix.format, scaled.data(), k, bytes);
    encode(matrix.format, scaled.data(), k, codes.data());
    packRow(codes.data(), k, bytes);
  }

  /// The rounded values are found from the quotients again, which is quicker
  /// than from the codes and the same.
  void addEnergies(BlockSummary &summary) {
    dispatchFormat(matrix.format, [&](auto tag) {
      for (float &value : scaled)
        value = roundTo<decltype(tag)::value>(value);
    });
    constexpr int64_t lanes = 8;
    double signal[lanes] = {}, error[lanes] = {};
    for (size_t g = 0; g < search.scales.size(); ++g) {
      double scale = double(search.scales[g]);
      int64_t begin = int64_t(g) * options.group;
      int64_t end = std::min(weight.k, begin + options.group);
      auto add = [&](int64_t i, int64_t lane) {
        double value = double(row[i]);
        double difference = value - scale * double(scaled[i]);
        signal[lane] += value * value;
        error[lane] += difference * difference;
      };
      int64_t i = begin;
      for (; i + lanes <= end; i += lanes)
        for (int64_t lane = 0; lane < lanes; ++lane)
          add(i + lane, lane);
      for (int64_t lane = 0; i < end; ++i, ++lane)
        add(i, lane);
    }
    for (int64_t lane = 0; lane < lanes; ++lane) {
      summary.signalEnergy += signal[lane];
      summary.errorEnergy += error[lane];
    }
  }

  const WeightView &weight;
  const QuantizeOptions &options;
  QuantizedMatrix &matrix;
  ScaleSearch search;
  std::vector<float> row;
  std::vector<float> scaled;
  std::vector<uint8_t> codes;
};
} // namespace

Result<QuantizedMatrix>
RoundToNearest::quantize(const WeightView &weight,
                         const QuantizeOptions &givenOptions,
                         const ParallelFor &parallelFor) const {
  if (std::optional<Error> error = checkOptions(weight, givenOptions))
    return std::move(*error);
  QuantizeOptions options = givenOptions;
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

  // Blocks are of a fixed size, so that sums do not depend on the threads.
  constexpr int64_t blockRows = 16;
  std::vector<BlockSummary> summaries((matrix.n + blockRows - 1) / blockRows);
  forEachRowBlock(parallelFor, matrix.n, blockRows,
                  [&](int64_t block, int64_t begin, int64_t end) {
                    RowQuantizer quantizer(weight, options, matrix);
                    for (int64_t row = begin; row < end; ++row)
                      if (!quantizer.run(row, summaries[block]))
                        return;
                  });
  for (const BlockSummary &summary : summaries) {
    if (summary.badRow >= 0)
      return describeBadValue(summary.badValue, summary.badRow,
                              summary.badColumn);
    matrix.clampedGroups += summary.clampedGroups;
    matrix.zeroGroups += summary.zeroGroups;
    matrix.signalEnergy += summary.signalEnergy;
    matrix.errorEnergy += summary.errorEnergy;
  }
  return matrix;
}
