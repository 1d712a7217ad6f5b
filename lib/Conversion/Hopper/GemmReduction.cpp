//===- GemmReduction.cpp - the sums of a cluster to results ---------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "GemmParts.h"

#include "zq/Numerics/TileLayout.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace zq::hopper;
using State = KernelBuilder::State;

/// PTX ISA, accumulator fragment of m64nN: thread (g, c) of a warp holds, for
/// each 8 columns, columns 2c and 2c + 1 of row g and then of row g + 8.
Consumer::Place Consumer::getPlace(int64_t index) {
  return {index / 2 % 2, lane % 4 * 2 + (index / 4 * 8 + index % 2)};
}

/// sums + t x up, in FP32; `first` is the accumulator that sums begins with.
SmallVector<Value> Consumer::compensate(ArrayRef<Value> sums, int64_t first,
                                        const RowPair &rows,
                                        ArrayRef<Scalar> tokens) {
  Type f32 = b.builder.getF32Type();
  Scalar rank = b.asI64(gemm.rank);
  State result = b.loop(
      b.i32(0), gemm.rank, b.i32(1), {b.pack(sums)},
      [&](Scalar r, ValueRange values) {
        Scalar column = b.asI64(r);
        SmallVector<Scalar> ups;
        for (Scalar row : rows.valid)
          ups.push_back(b.loadFloat(gemm.kernel.up, gemm.up,
                                    b.asI64(row) * rank + column));
        SmallVector<Value> next;
        for (auto [index, sum] : llvm::enumerate(b.unpack(values[0]))) {
          Scalar down =
              b.loadFloat(f32, gemm.t, b.asI64(tokens[index]) * rank + column);
          next.push_back(b.fma(down, ups[getPlace(first + index).rowHalf],
                               Scalar(b, sum)));
        }
        return State{b.pack(next)};
      });
  return b.unpack(result[0]);
}

/// Rows past the end are computed on the last one and not stored.
Consumer::RowPair Consumer::loadRows(Tile tile) {
  Scalar first =
      tile.rowTile * TileLayout::rows + group * 64 + warp * 16 + lane / 4;
  RowPair rows;
  for (Scalar row : {first, first + 8}) {
    rows.rows.push_back(row);
    rows.valid.push_back(b.min(row, gemm.n - 1));
    Scalar index = b.asI64(rows.valid.back());
    rows.scales.push_back(
        b.loadFloat(b.builder.getF32Type(), gemm.rowScale, index));
    if (gemm.kernel.bias)
      rows.biases.push_back(b.loadFloat(gemm.kernel.bias, gemm.bias, index));
  }
  return rows;
}

/// The part of the tile that accumulators `first` to `first + sums.size()`
/// hold. Tokens past the end are computed on the last one and not stored.
void Consumer::storePart(Tile tile, const RowPair &rows, int64_t first,
                         SmallVector<Value> sums) {
  SmallVector<Scalar> tokens, validTokens;
  for (auto [index, sum] : llvm::enumerate(sums)) {
    Place place = getPlace(first + index);
    tokens.push_back(tile.firstToken + place.token);
    validTokens.push_back(b.min(tokens.back(), gemm.m - 1));
    Scalar tokenScale = b.loadFloat(b.builder.getF32Type(), gemm.tokenScale,
                                    b.asI64(validTokens.back()));
    sum = Scalar(b, sum) * (rows.scales[place.rowHalf] * tokenScale);
  }
  if (gemm.kernel.up)
    sums = compensate(sums, first, rows, validTokens);

  for (auto [index, value] : llvm::enumerate(sums)) {
    int64_t half = getPlace(first + index).rowHalf;
    Scalar sum(b, value), row = rows.rows[half], token = tokens[index];
    if (gemm.kernel.bias)
      sum = sum + rows.biases[half];
    b.ifThen((row < gemm.n) & (token < gemm.m), [&] {
      Scalar at = b.asI64(token) * b.asI64(gemm.n) + b.asI64(row);
      b.storeFloat(gemm.kernel.output, sum, gemm.y, at);
    });
  }
}

/// The parts meet in shared memory, 8 tokens after 8 tokens: 4 accumulators of
/// each thread. Then each CTA adds up and stores some of the eights. The order
/// of the sum is that of K, so the same input gives the same bits.
void Consumer::reduceAndStoreTile(Tile tile, Value accumulators) {
  constexpr int64_t perEight = 4;
  constexpr int64_t eightBytes = 8 * TileLayout::rows * sizeof(float);
  int64_t split = gemm.kernel.schedule.getSplit();
  int64_t tokens = gemm.kernel.schedule.getTokens();
  Value mine = b.offset(gemm.ring.end(), b.threadIdx() * 16);
  SmallVector<Value> all = b.unpack(accumulators);
  for (int64_t eight = 0; eight < tokens / 8; ++eight)
    b.store(b.pack(ArrayRef(all).slice(eight * perEight, perEight)),
            b.offset(mine, eight * eightBytes));
  b.syncCluster();

  RowPair rows = loadRows(tile);
  Scalar present = b.min(gemm.m - tile.firstToken, b.i32(tokens));
  b.loop(gemm.part, (present - 1) / 8 + 1, b.i32(split), {},
         [&](Scalar eight, ValueRange) {
           Value here = b.offset(mine, eight * eightBytes), sum;
           for (int64_t part = 0; part < split; ++part) {
             Value there = b.inCluster(here, b.i32(part));
             Value sums = b.loadVector(b.builder.getF32Type(), perEight, there);
             sum = part == 0 ? sums : b.create<arith::AddFOp>(sum, sums);
           }
           Tile tokensHere{tile.rowTile, tile.firstToken + eight * 8};
           storePart(tokensHere, rows, 0, b.unpack(sum));
           return State{};
         });
  // Until here others may read what this CTA has written.
  b.syncCluster();
}
