//===- GemmConsumer.cpp - expand, multiply, scale, store ------------------===//
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

static constexpr int64_t steps = 4; ///< k32 steps in a tile

Consumer::Consumer(Gemm &gemm, Scalar warp)
    : gemm(gemm), b(gemm.b),
      numAccumulators(gemm.kernel.schedule.getTokens() / 2),
      lane(b.threadIdx() % 32), thread(b.threadIdx() % GemmKernel::warpgroup),
      warp(warp % 4), group(warp / 4) {}

//===----------------------------------------------------------------------===//
// Codes to fragments
//===----------------------------------------------------------------------===//

/// Reads what zq/Numerics/TileLayout.h put there for this thread.
Consumer::Codes Consumer::loadCodes(Scalar stage) {
  Type i32 = b.builder.getI32Type(), i8 = b.builder.getI8Type();
  int64_t parts = gemm.kernel.shiftsPerRow;
  Value tile = gemm.ring.weightTile(stage);
  Value codes =
      b.offset(tile, group * (TileLayout::codeBytes / 2) + thread * 16);
  Codes result;
  for (int64_t half = 0; half < 2; ++half) {
    Value four = b.loadVector(i32, 4, b.offset(codes, half * 2048));
    llvm::append_range(result.words, b.unpack(four));
  }

  Value shifts =
      b.offset(tile, group * (64 * parts) + thread / 4 * (2 * parts) +
                         TileLayout::codeBytes);
  SmallVector<Value> bytes = b.unpack(b.loadVector(i8, 2 * parts, shifts));
  SmallVector<std::array<Value, 2>> tables;
  for (Value byte : bytes) {
    auto table = b.create<zqgpu::ShiftTableOp>(
        i32, i32, b.asI32(Scalar(b, byte)), gemm.kernel.weight,
        gemm.kernel.maxShift, gemm.kernel.multipliers);
    tables.push_back({table.getLow(), table.getHigh()});
  }
  for (int64_t step = 0; step < steps; ++step)
    for (int64_t upper = 0; upper < 2; ++upper)
      result.tables.push_back(tables[step * parts / steps * 2 + upper]);
  return result;
}

/// One fragment for each k32 step: registers 0 and 1 are the rows g and g + 8
/// of the lower columns, 2 and 3 of the higher.
SmallVector<Value> Consumer::expand(const Codes &codes) {
  Type i32 = b.builder.getI32Type();
  SmallVector<Value> fragments;
  for (int64_t step = 0; step < steps; ++step) {
    Value registers[4];
    for (int64_t upper = 0; upper < 2; ++upper) {
      int64_t index = step * 2 + upper;
      auto pair = b.create<zqgpu::ExpandCodesOp>(i32, i32, codes.words[index],
                                                 codes.tables[index][0],
                                                 codes.tables[index][1]);
      registers[upper] = pair.getFirst();
      registers[2 + upper] = pair.getSecond();
    }
    fragments.push_back(b.pack(registers));
  }
  return fragments;
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

/// Accumulators and fragments as the operands of one tied op, and back.
static SmallVector<Value> asOperands(Value accumulators,
                                     ArrayRef<Value> fragments) {
  SmallVector<Value> operands = {accumulators};
  llvm::append_range(operands, fragments);
  return operands;
}

void Consumer::fence(Registers &registers) {
  auto fence = b.create<zqgpu::WgmmaFenceOp>(
      asOperands(registers.accumulators, registers.fragments));
  registers.accumulators = fence.getResult(0);
  registers.fragments.assign(fence->result_begin() + 1, fence->result_end());
}

void Consumer::wait(Registers &registers) {
  auto wait = b.create<zqgpu::WgmmaWaitOp>(
      asOperands(registers.accumulators, registers.fragments), /*pending=*/0);
  registers.accumulators = wait.getResult(0);
  registers.fragments.assign(wait->result_begin() + 1, wait->result_end());
}

void Consumer::issueProducts(Registers &registers, Scalar stage,
                             Scalar accumulate) {
  Value activations = gemm.ring.activationTile(stage);
  Scalar always(b, b.create<arith::ConstantOp>(b.builder.getBoolAttr(true)));
  fence(registers);
  for (int64_t step = 0; step < steps; ++step) {
    Value tile = b.create<zqgpu::DescriptorOp>(b.builder.getI64Type(),
                                               activations, step * 32);
    registers.accumulators = b.create<zqgpu::WgmmaOp>(
        registers.fragments[step], tile, registers.accumulators,
        step == 0 ? accumulate : always, gemm.kernel.activation);
  }
  b.create<zqgpu::WgmmaCommitOp>();
}

/// One arrival for each warp.
void Consumer::release(Scalar stage, Scalar condition) {
  b.ifThen((lane == 0) & condition,
           [&] { b.arrive(gemm.ring.emptyBarrier(stage)); });
}

/// `numTiles` tiles of K on the tensor core, from zero. The fragments of one
/// tile are in flight while the codes of the next are read; they are rewritten
/// only after the wait.
Consumer::Registers Consumer::accumulate(Scalar numTiles, Ring::Position &at) {
  Type i32 = b.builder.getI32Type();
  SmallVector<Value> carried = {
      at.stage, at.phase,
      b.zeroVector(b.builder.getF32Type(), numAccumulators)};
  carried.append(steps, b.zeroVector(i32, 4));
  State last = b.loop(
      b.i32(0), numTiles, b.i32(1), carried,
      [&](Scalar index, ValueRange values) {
        Ring::Position here = gemm.ring.position(values);
        Registers registers{values[2], llvm::to_vector(values.drop_front(3))};
        Scalar notFirst = index != 0;

        b.wait(gemm.ring.fullBarrier(here.stage), here.phase);
        Codes codes = loadCodes(here.stage);
        wait(registers);
        release(gemm.ring.previousStage(here), notFirst);
        registers.fragments = expand(codes);
        issueProducts(registers, here.stage, notFirst);

        Ring::Position next = gemm.ring.next(here);
        State carriedOn = {next.stage, next.phase, registers.accumulators};
        llvm::append_range(carriedOn, registers.fragments);
        return carriedOn;
      });
  at = gemm.ring.position(last);
  Registers registers{last[2], llvm::to_vector(ArrayRef(last).drop_front(3))};
  wait(registers);
  Scalar always(b, b.create<arith::ConstantOp>(b.builder.getBoolAttr(true)));
  release(gemm.ring.previousStage(at), always);
  return registers;
}

Value Consumer::multiply(Ring::Position &at) {
  int64_t interval = gemm.kernel.schedule.getInterval() / TileLayout::columns;
  if (interval == 0)
    return accumulate(gemm.numK, at).accumulators;

  // FP32 registers take over what the tensor core has summed, every interval.
  Value zero = b.zeroVector(b.builder.getF32Type(), numAccumulators);
  State last =
      b.loop(b.i32(0), gemm.numK, b.i32(interval), {at.stage, at.phase, zero},
             [&](Scalar first, ValueRange values) {
               Ring::Position here = gemm.ring.position(values);
               Scalar numTiles = b.min(gemm.numK - first, b.i32(interval));
               Value part = accumulate(numTiles, here).accumulators;
               Value sum = b.create<arith::AddFOp>(values[2], part);
               return State{here.stage, here.phase, sum};
             });
  at = gemm.ring.position(last);
  return last[2];
}

//===----------------------------------------------------------------------===//
// Epilogue
//===----------------------------------------------------------------------===//

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

void Consumer::storeTile(Tile tile, Value accumulators) {
  // Each part has addresses of its own: all at once they would not fit into the
  // registers beside the accumulators.
  constexpr int64_t partSize = 32;
  RowPair rows = loadRows(tile);
  SmallVector<Value> all = b.unpack(accumulators);
  for (int64_t first = 0; first < numAccumulators; first += partSize) {
    auto part =
        ArrayRef(all).slice(first, std::min(partSize, numAccumulators - first));
    storePart(tile, rows, first, llvm::to_vector(part));
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
