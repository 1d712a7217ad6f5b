//===- GemmLowRank.cpp - low-rank compensation's second product -----------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// sums + up x t in the GEMM's epilogue, in TF32, 16 of the rank at a time, by
// mma.sync or wgmma. Of mma.sync: A thread's four numbers of a rank step are
// neighbours in memory: the sum over the rank may take any order, as long as
// both factors take the same.
//
// What takes time is to wait for the factors. Of few tokens those of the first
// 16 ranks are in registers before the products. Of many t comes through the
// ring, behind the activations and just like them, the tile's rows of up while
// the activations are multiplied, and one wgmma adds 8 ranks of all tokens.
//
//===----------------------------------------------------------------------===//

#include "GemmParts.h"

using namespace mlir;
using namespace zq::hopper;
using State = KernelBuilder::State;

static constexpr int64_t rankStep = 16, perThread = rankStep / 4;
static constexpr int64_t perEight = 4; ///< a thread's sums of 8 tokens

/// This thread's columns, from `firstRank`, of some rows of a matrix with
/// gemm.rank columns, `pitch` to a row; zero past the end, where that is not
/// `whole` steps.
SmallVector<Value> Epilogue::loadFactor(Type type, Value matrix, Scalar pitch,
                                        ArrayRef<Scalar> rows, Scalar firstRank,
                                        bool whole) {
  Scalar first = firstRank + lane % 4 * perThread;
  Values vectors;
  for (Scalar row : rows) {
    Scalar begin = b.asI64(row) * b.asI64(pitch);
    if (whole) {
      vectors.push_back(b.loadVector(
          type, perThread, b.element(type, matrix, begin + b.asI64(first))));
      continue;
    }
    Scalar zero(b, b.extract(b.zeroVector(type, 1), 0));
    Values numbers;
    for (int64_t i = 0; i < perThread; ++i) {
      Scalar column = first + i;
      Scalar at = begin + b.asI64(b.min(column, gemm.rank - 1));
      Scalar number(b, b.load(type, b.element(type, matrix, at)));
      numbers.push_back(b.select(column < gemm.rank, number, zero));
    }
    vectors.push_back(b.pack(numbers));
  }
  return vectors;
}

/// Rows past the end are the last one, and so are tokens.
Epilogue::Factors Epilogue::loadFactors(Tile tile, int64_t firstToken,
                                        int64_t numTokens, Scalar firstRank,
                                        bool whole) {
  Scalar row = firstRow(tile) + warp * 16 + lane / 4;
  SmallVector<Scalar> tokens;
  for (int64_t i = 0; i < numTokens; i += 8)
    tokens.push_back(
        b.min(tile.firstToken + lane / 4 + (firstToken + i), gemm.m - 1));
  Scalar pitch = ((gemm.rank - 1) / rankTile + 1) * rankTile;
  return {loadFactor(gemm.kernel.up, gemm.up, gemm.rank,
                     {b.min(row, gemm.n - 1), b.min(row + 8, gemm.n - 1)},
                     firstRank, whole),
          loadFactor(b.builder.getF32Type(), gemm.t, pitch, tokens, firstRank,
                     /*whole=*/true)};
}

void Epilogue::loadFactorsEarly(Tile tile) {
  auto load = [&](bool whole) {
    Factors all = loadFactors(tile, 0, layout.tileTokens, b.i32(0), whole);
    llvm::append_range(all.up, all.t);
    return all.up;
  };
  Values all = b.choose(
      gemm.rank % rankStep == 0, [&] { return load(true); },
      [&] { return load(false); });
  early.up.assign(all.begin(), all.begin() + 2);
  early.t.assign(all.begin() + 2, all.end());
}

SmallVector<Value> Epilogue::multiply(ArrayRef<Value> sums,
                                      const Factors &factors) {
  auto getOperands = [&](Value vector) {
    SmallVector<Value> operands;
    for (Value number : b.unpack(vector))
      operands.push_back(b.toTF32(b.toF32(number)));
    return operands;
  };
  SmallVector<Value> low = getOperands(factors.up[0]),
                     high = getOperands(factors.up[1]);
  SmallVector<Value> result(sums);
  for (auto [eight, vector] : llvm::enumerate(factors.t)) {
    SmallVector<Value> t = getOperands(vector);
    MutableArrayRef<Value> here =
        MutableArrayRef(result).slice(eight * perEight, perEight);
    for (int64_t i = 0; i < perThread; i += 2)
      llvm::copy(b.multiplyTF32({low[i], high[i], low[i + 1], high[i + 1]},
                                {t[i], t[i + 1]}, here),
                 here.begin());
  }
  return result;
}

SmallVector<Value> Epilogue::compensate(Tile tile, ArrayRef<Value> sums,
                                        int64_t firstToken) {
  Values result(sums);
  int64_t numTokens = sums.size() / perEight * 8, firstRank = 0;
  if (!early.t.empty()) {
    Factors factors = early;
    factors.t =
        llvm::to_vector(ArrayRef(early.t).slice(firstToken / 8, numTokens / 8));
    result = multiply(sums, factors);
    firstRank = rankStep;
  }
  auto addOthers = [&](bool whole) {
    return b.loop(
        b.i32(firstRank), gemm.rank, b.i32(rankStep), {b.pack(result)},
        [&](Scalar rank, ValueRange values) {
          return State{b.pack(
              multiply(b.unpack(values[0]),
                       loadFactors(tile, firstToken, numTokens, rank, whole)))};
        });
  };
  return b.unpack(b.choose(
      gemm.rank % rankStep == 0, [&] { return addOthers(true); },
      [&] { return addOthers(false); })[0]);
}

//===----------------------------------------------------------------------===//
// Through the ring
//===----------------------------------------------------------------------===//

// PTX ISA, A fragment of m64k8 in TF32: columns c and c + 4 of rows g and g
// + 8.

/// `rankStep` columns of this warpgroup's rows of the up factor.
Value Epilogue::upRows() { return b.offset(place(), Staging::placeBytes); }

/// Asks for the first ranks of the tile's rows; past the end is anything.
void Epilogue::prefetchUp(Tile tile) {
  Type type = gemm.kernel.up;
  constexpr int64_t vectorBytes = 16;
  int64_t bytes = type.getIntOrFloatBitWidth() / 8;
  int64_t perVector = vectorBytes / bytes, perRow = rankStep / perVector;
  auto getElement = [&](Scalar inTile, Scalar column) {
    Scalar row = b.min(firstRow(tile) + inTile, gemm.n - 1);
    Scalar at = b.asI64(row) * b.asI64(gemm.rank) +
                b.asI64(b.min(column, gemm.rank - 1));
    return b.element(type, gemm.up, at);
  };
  b.ifElse(
      gemm.rank % perVector == 0,
      [&] {
        for (int64_t first = 0; first < layout.rows * perRow;
             first += GemmKernel::warpgroup) {
          Scalar index = thread + first, column = index % perRow * perVector;
          b.ifThen(column < gemm.rank, [&] {
            b.asyncLoad(b.offset(upRows(), index * vectorBytes),
                        getElement(index / perRow, column), vectorBytes);
          });
        }
      },
      [&] {
        Type integer = b.builder.getIntegerType(8 * bytes);
        b.loop(thread, b.i32(layout.rows * rankStep),
               b.i32(GemmKernel::warpgroup), {}, [&](Scalar index, ValueRange) {
                 Value number = b.load(
                     integer, getElement(index / rankStep, index % rankStep));
                 b.store(number, b.element(integer, upRows(), index));
                 return State{};
               });
      });
}

/// This thread's columns c, c + 4, c + 8 and c + 12 from `firstRank`, of row g
/// and of row g + 8, in TF32; zero past the end.
SmallVector<Value> Epilogue::loadUp(Tile tile, Scalar firstRank) {
  Type type = gemm.kernel.up;
  auto load = [&](bool isFirst) {
    Values numbers;
    for (int64_t half = 0; half < 2; ++half)
      for (int64_t i = 0; i < rankStep; i += 4) {
        Scalar row = warp * 16 + lane / 4 + half * 8;
        Scalar column = lane % 4 + i;
        if (isFirst) {
          numbers.push_back(
              b.load(type, b.element(type, upRows(), row * rankStep + column)));
          continue;
        }
        row = b.min(firstRow(tile) + row, gemm.n - 1);
        Scalar at = b.asI64(row) * b.asI64(gemm.rank) +
                    b.asI64(b.min(firstRank + column, gemm.rank - 1));
        numbers.push_back(b.load(type, b.element(type, gemm.up, at)));
      }
    return numbers;
  };
  State numbers = b.choose(
      firstRank == 0, [&] { return load(true); }, [&] { return load(false); });
  for (auto [index, number] : llvm::enumerate(numbers)) {
    Scalar column = firstRank + lane % 4 + static_cast<int64_t>(index % 4 * 4);
    number = b.select(column < gemm.rank, b.toTF32(b.toF32(number)), b.i32(0));
  }
  return numbers;
}

/// sums + up x t of 16 ranks, which begin at `t`.
Value Epilogue::multiplyRanks(Value sums, ArrayRef<Value> up, Value t) {
  SmallVector<Value> values = {sums};
  for (int64_t step = 0; step < 4; step += 2)
    values.push_back(
        b.pack({up[step], up[4 + step], up[step + 1], up[5 + step]}));
  auto tied = [&](Operation *op) {
    values.assign(op->result_begin(), op->result_end());
  };
  tied(b.create<zqgpu::WgmmaFenceOp>(values));
  for (int64_t step = 0; step < 2; ++step) {
    Value tile =
        b.create<zqgpu::DescriptorOp>(b.builder.getI64Type(), t, step * 32);
    values[0] = b.create<zqgpu::WgmmaOp>(
        values[1 + step], tile, values[0], b.boolean(true),
        FloatTF32Type::get(b.builder.getContext()));
  }
  b.create<zqgpu::WgmmaCommitOp>();
  tied(b.create<zqgpu::WgmmaWaitOp>(values, /*pending=*/0));
  return values[0];
}

/// A stage has `rankTile` ranks of the tile's tokens.
Ring::Position Epilogue::compensateFromRing(Tile tile, Value &sums,
                                            Ring::Position at) {
  State last = b.loop(
      b.i32(0), gemm.rank, b.i32(rankStep), {at.stage, at.phase, sums},
      [&](Scalar firstRank, ValueRange values) {
        Ring::Position here = gemm.ring.position(values);
        Values up = loadUp(tile, firstRank);
        b.wait(gemm.ring.fullBarrier(here.stage), here.phase);
        Value t = b.offset(gemm.ring.activationTile(here.stage),
                           firstRank % rankTile * 4);
        Value products = multiplyRanks(values[2], up, t);

        Scalar next = firstRank + rankStep;
        Scalar isLast = (next % rankTile == 0) | (gemm.rank - 1 < next);
        b.ifThen(isLast, [&] { b.arrive(gemm.ring.emptyBarrier(here.stage)); });
        Ring::Position behind = gemm.ring.next(here);
        return State{b.select(isLast, behind.stage, here.stage),
                     b.select(isLast, behind.phase, here.phase), products};
      });
  sums = last[2];
  return gemm.ring.position(last);
}
