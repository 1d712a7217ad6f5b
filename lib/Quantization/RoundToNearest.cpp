//===- RoundToNearest.cpp - scales from the weight, codes one by one ------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Checks.h"
#include "RowBlocks.h"
#include "RowKernels.h"
#include "ScaleSearch.h"

using namespace zq;

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
        search(options, weight.k), row(weight.k), codes(weight.k) {}

  /// False where a value cannot be quantized.
  bool run(int64_t index, BlockSummary &summary) {
    weight.loadRow(index, row.data());
    // This thread is likely to get the next block.
    if (index + RoundToNearest::blockRows < weight.n)
      weight.prefetchRow(index + RoundToNearest::blockRows);
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
    storeCodes(index, summary);
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

  /// Codes, and the energies of what they are codes for.
  void storeCodes(int64_t index, BlockSummary &summary) {
    int64_t k = weight.k;
    uint8_t *bytes = matrix.codes.data() + index * matrix.getRowBytes();
    bool packs = isFourBit(matrix.format);
    uint8_t *target = packs ? codes.data() : bytes;
    for (size_t g = 0; g < search.scales.size(); ++g) {
      int64_t begin = int64_t(g) * options.group;
      EncodedGroup sums = encodeGroup(matrix.format, row.data() + begin,
                                      std::min(options.group, k - begin),
                                      search.scales[g], target + begin);
      summary.signalEnergy += sums.signal;
      summary.errorEnergy += sums.error;
    }
    if (packs)
      packCodes(codes.data(), k, bytes);
  }

  const WeightView &weight;
  const QuantizeOptions &options;
  QuantizedMatrix &matrix;
  ScaleSearch search;
  std::vector<float> row;
  std::vector<uint8_t> codes;
};
} // namespace

Result<QuantizedMatrix>
RoundToNearest::quantize(const WeightView &weight,
                         const QuantizeOptions &givenOptions,
                         const ParallelFor &parallelFor) const {
  if (std::optional<Error> error = checkQuantizeOptions(weight, givenOptions))
    return std::move(*error);
  QuantizeOptions options = givenOptions;
  QuantizedMatrix matrix = makeMatrix(weight, options);

  // Blocks are of a fixed size, so that sums do not depend on the threads.
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
