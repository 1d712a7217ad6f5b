//===- GemmReduction.cpp - tiles that several CTAs have a part of ---------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Adds up the sums of the CTAs that have a part of K each: those of a cluster in
// shared memory, those of stream-K in global memory. The order of the sum is that
// of K, so the same input gives the same bits.
//
//===----------------------------------------------------------------------===//

#include "GemmParts.h"

#include "zq/Numerics/TileLayout.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace zq::hopper;
using State = KernelBuilder::State;

/// Sums are passed on 8 tokens after 8 tokens: 4 accumulators of each thread.
static constexpr int64_t perEight = 4, bytesPerEight = perEight * 4;

//===----------------------------------------------------------------------===//
// Clusters
//===----------------------------------------------------------------------===//

/// PTX ISA, accumulator fragment of m64nN: thread (g, c) of a warp holds, for
/// each 8 columns, columns 2c and 2c + 1 of row g and then of row g + 8.
Consumer::Place Consumer::getPlace(int64_t index) {
  return {index / 2 % 2, lane % 4 * 2 + (index / 4 * 8 + index % 2)};
}

/// sums + t x up, in FP32.
SmallVector<Value> Consumer::compensate(ArrayRef<Value> sums,
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
          next.push_back(b.fma(down, ups[getPlace(index).rowHalf],
                               Scalar(b, sum)));
        }
        return State{b.pack(next)};
      });
  return b.unpack(result[0]);
}

/// Rows past the end are computed on the last one and not stored.
Consumer::RowPair Consumer::loadRows(Tile tile, Epilogue &epilogue) {
  Scalar first =
      tile.row * gemm.kernel.schedule.getRows() +
                 group * GemmKernel::groupRows + warp * 16 + lane / 4;
  RowPair rows;
  for (Scalar row : {first, first + 8}) {
    rows.rows.push_back(row);
    rows.valid.push_back(b.min(row, gemm.n - 1));
    if (gemm.kernel.bias)
      rows.biases.push_back(b.loadFloat(gemm.kernel.bias, gemm.bias,
                                        b.asI64(rows.valid.back())));
  }
  for (int64_t half = 0; half < 2; ++half)
    rows.scales.push_back(b.loadFloat(b.builder.getF32Type(),
                                      epilogue.rowScales(),
                                      warp * 16 + lane / 4 + half * 8));
  return rows;
}

/// What is added to this thread's sums of 8 tokens of the tile, from 8 times
/// `eight`; nothing without a residual.
SmallVector<Scalar> Consumer::loadResiduals(Tile tile, const RowPair &rows,
                                            Scalar eight) {
  SmallVector<Scalar> residuals;
  if (!gemm.kernel.residual)
    return residuals;
  for (int64_t i = 0; i < perEight; ++i) {
    Place place = getPlace(i);
    Scalar token = tile.firstToken + (eight * 8 + place.token);
    Scalar at = b.asI64(b.min(token, gemm.m - 1)) * b.asI64(gemm.n) +
                b.asI64(rows.valid[place.rowHalf]);
    residuals.push_back(b.loadFloat(gemm.kernel.output, gemm.residual, at));
  }
  return residuals;
}

/// 8 tokens of the tile, from 8 times `eight`. Tokens past the end are computed on
/// the last one and not stored.
void Consumer::storeEight(Tile tile, const RowPair &rows, Scalar eight,
                          SmallVector<Value> sums,
                          ArrayRef<Scalar> residuals, Epilogue &epilogue) {
  SmallVector<Scalar> tokens, validTokens;
  for (auto [index, sum] : llvm::enumerate(sums)) {
    Place place = getPlace(index);
    Scalar token = eight * 8 + place.token; // in the tile
    tokens.push_back(tile.firstToken + token);
    validTokens.push_back(b.min(tokens.back(), gemm.m - 1));
    Scalar tokenScale =
        b.loadFloat(b.builder.getF32Type(), epilogue.tokenScales(), token);
    sum = Scalar(b, sum) * (rows.scales[place.rowHalf] * tokenScale);
  }
  if (gemm.kernel.up)
    sums = compensate(sums, rows, validTokens);

  for (auto [index, value] : llvm::enumerate(sums)) {
    int64_t half = getPlace(index).rowHalf;
    Scalar sum(b, value), row = rows.rows[half], token = tokens[index];
    if (gemm.kernel.bias)
      sum = sum + rows.biases[half];
    if (gemm.kernel.residual)
      sum = sum + residuals[index];
    b.ifThen((row < gemm.n) & (token < gemm.m), [&] {
      Scalar at = b.asI64(token) * b.asI64(gemm.n) + b.asI64(row);
      b.storeFloat(gemm.kernel.output, sum, gemm.y, at);
    });
  }
}

/// Each CTA leaves its sums in its own shared memory, then adds up and stores some
/// of the eights of tokens.
void Consumer::reduceAndStoreTile(Tile tile, Value accumulators,
                                  Epilogue &epilogue) {
  int64_t split = gemm.kernel.schedule.getSplit();
  int64_t tokens = gemm.kernel.schedule.getTokens(), eights = tokens / 8;
  int64_t eightBytes = gemm.kernel.getConsumers() * bytesPerEight;
  // It is the only tile: the ring is free when all consumers have read it.
  epilogue.waitForScales();
  b.syncThreads(b.i32(1), gemm.kernel.getConsumers());
  Value mine =
      b.offset(gemm.ring.memory(), (group * GemmKernel::warpgroup + thread) * bytesPerEight);
  SmallVector<Value> all = b.unpack(accumulators);
  for (int64_t eight = 0; eight < eights; ++eight)
    b.store(b.pack(ArrayRef(all).slice(eight * perEight, perEight)),
            b.offset(mine, eight * eightBytes));
  RowPair rows = loadRows(tile, epilogue);
  // On their way while the cluster's CTAs meet, as far as registers go.
  constexpr int64_t mostEarly = 4;
  SmallVector<SmallVector<Scalar>> residuals;
  for (int64_t first = 0; first < std::min(eights, mostEarly * split);
       first += split)
    residuals.push_back(loadResiduals(tile, rows, gemm.part + first));
  b.syncCluster();

  SmallVector<std::pair<Scalar, Value>> sums; // eight, its sums
  for (int64_t first = 0; first < eights; first += split) {
    Scalar eight = gemm.part + first;
    Value here = b.offset(mine, b.min(eight, b.i32(eights - 1)) * eightBytes);
    Value sum;
    for (int64_t part = 0; part < split; ++part) {
      Value there = b.inCluster(here, b.i32(part));
      Value sumsThere =
          b.loadVector(b.builder.getF32Type(), perEight, there);
      sum = part == 0 ? sumsThere : b.create<arith::AddFOp>(sum, sumsThere);
    }
    sums.emplace_back(eight, sum);
  }
  Scalar present = (b.min(gemm.m - tile.firstToken, b.i32(tokens)) - 1) / 8 + 1;
  for (auto [index, numbered] : llvm::enumerate(sums)) {
    auto [eight, sum] = numbered;
    b.ifThen(eight < present, [&, eight = eight, sum = sum, index = index] {
      storeEight(tile, rows, eight, b.unpack(sum),
                 index < residuals.size() ? residuals[index]
                                          : loadResiduals(tile, rows, eight),
                 epilogue);
    });
  }
  // Until here others may read what this CTA has written.
  b.syncCluster();
}

//===----------------------------------------------------------------------===//
// Stream-K
//===----------------------------------------------------------------------===//

Value Consumer::getPartialSums(Scalar cta) {
  Scalar slot = b.asI64(cta) * gemm.kernel.getPartialBytes();
  return b.offset(gemm.partialSums,
                  slot + b.asI64((group * GemmKernel::warpgroup + thread) * bytesPerEight));
}

Value Consumer::getFlag(Scalar cta) {
  int64_t warps = gemm.kernel.getConsumers() / 32;
  return b.offset(gemm.flags, (cta * warps + group * 4 + warp) * 4);
}

/// accumulators + the sums of the CTAs from `first` to `last`, in that order. All
/// have to be there before any is read, and several are on their way at once: what
/// takes time is to wait for memory.
Value Consumer::addSums(Scalar first, Scalar last, Value accumulators) {
  constexpr int64_t warpSize = 32;
  int64_t eights = gemm.kernel.schedule.getTokens() / 8;
  int64_t eightBytes = gemm.kernel.getConsumers() * bytesPerEight;
  int64_t batch = eights <= 2 ? 4 : eights <= 4 ? 2 : 1;
  b.loop(first + lane, last + 1, b.i32(warpSize), {},
         [&](Scalar other, ValueRange) {
           b.waitForFlag(getFlag(other));
           return State{};
         });
  b.syncWarp();
  return b.loop(
      first, last + 1, b.i32(batch), {accumulators},
      [&](Scalar other, ValueRange carried) {
        SmallVector<SmallVector<Value>> theirs;
        for (int64_t i = 0; i < batch; ++i) {
          Value slot = getPartialSums(b.min(other + i, last));
          theirs.emplace_back();
          for (int64_t eight = 0; eight < eights; ++eight)
            theirs.back().append(
                b.unpack(b.loadVector(b.builder.getF32Type(), perEight,
                                      b.offset(slot, eight * eightBytes))));
        }
        SmallVector<Value> sums = b.unpack(carried[0]);
        for (int64_t i = 0; i < batch; ++i) {
          Scalar isOne = other + i < last + 1;
          for (auto [sum, value] : llvm::zip_equal(sums, theirs[i])) {
            Scalar addend(b, value);
            if (i != 0)
              addend = b.select(isOne, addend, b.f32(0));
            sum = Scalar(b, sum) + addend;
          }
        }
        return State{b.pack(sums)};
      })[0];
}

/// Every warp passes on to the same warp of the CTA with the tile's first part.
void Consumer::shareTile(Tile tile, Value accumulators,
                         Epilogue &epilogue) {
  int64_t eights = gemm.kernel.schedule.getTokens() / 8;
  int64_t eightBytes = gemm.kernel.getConsumers() * bytesPerEight;
  Gemm::Shares shares = gemm.getShares();
  // tile.firstK != 0, from what is read anew.
  b.ifElse(
      tile.index * gemm.kTiles < gemm.getFirst(shares, shares.cta),
      [&] {
        Value slot = getPartialSums(shares.cta);
        SmallVector<Value> all = b.unpack(accumulators);
        for (int64_t eight = 0; eight < eights; ++eight)
          b.store(b.pack(ArrayRef(all).slice(eight * perEight, perEight)),
                  b.offset(slot, eight * eightBytes));
        epilogue.waitForScales(); // that the next ones do not overtake them
        b.syncWarp();
        b.ifThen(lane == 0, [&] { b.setFlag(getFlag(shares.cta)); });
      },
      [&] {
        Scalar last = gemm.getSharer(shares, (tile.index + 1) * gemm.kTiles - 1);
        Value sum = addSums(shares.cta + 1, last, accumulators);
        epilogue.store(sum);
      });
}
