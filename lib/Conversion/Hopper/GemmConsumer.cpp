//===- GemmConsumer.cpp - codes to fragments, fragments to sums -----------===//
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

void Consumer::readThreadAnew() {
  Scalar index = b.threadIdxAnew();
  lane = index % 32;
  thread = index % GemmKernel::warpgroup;
  warp = index / 32 % 4;
  group = index / GemmKernel::warpgroup;
}

//===----------------------------------------------------------------------===//
// Codes to fragments
//===----------------------------------------------------------------------===//

/// Reads what zq/Numerics/TileLayout.h put there for this thread: `numSteps` k32
/// steps from `firstStep`, which are in one half of the tile or all of it.
Consumer::Codes Consumer::loadCodes(Scalar stage, int64_t firstStep,
                                    int64_t numSteps) {
  Type i32 = b.builder.getI32Type(), i8 = b.builder.getI8Type();
  constexpr int64_t stepsPerHalf = steps / 2;
  int64_t parts = gemm.kernel.shiftsPerRow;
  // Two blocks of rows share a tile of the weight.
  Value tile = gemm.ring.weightTile(stage);
  Scalar half = group;
  Value codes =
      b.offset(tile, half * (TileLayout::codeBytes / 2) + thread * 16);
  Codes result;
  for (int64_t step = firstStep; step < firstStep + numSteps;
       step += stepsPerHalf) {
    Value half = b.offset(codes, step / stepsPerHalf * 2048);
    llvm::append_range(result.words, b.unpack(b.loadVector(i32, 4, half)));
  }

  int64_t firstPart = firstStep * parts / steps;
  int64_t numParts = std::max<int64_t>(numSteps * parts / steps, 1);
  Value shifts =
      b.offset(tile, half * (64 * parts) + thread / 4 * (2 * parts) +
                         (TileLayout::codeBytes + 2 * firstPart));
  SmallVector<std::array<Value, 2>> tables;
  for (Value byte : b.unpack(b.loadVector(i8, 2 * numParts, shifts))) {
    auto table = b.create<zqgpu::ShiftTableOp>(
        i32, i32, b.asI32(Scalar(b, byte)), gemm.kernel.weight,
        gemm.kernel.maxShift, gemm.kernel.multipliers);
    tables.push_back({table.getLow(), table.getHigh()});
  }
  for (int64_t step = 0; step < numSteps; ++step)
    for (int64_t upper = 0; upper < 2; ++upper)
      result.tables.push_back(tables[step * numParts / numSteps * 2 + upper]);
  return result;
}

/// One fragment for each k32 step: registers 0 and 1 are the rows g and g + 8
/// of the lower columns, 2 and 3 of the higher.
Consumer::Fragments Consumer::expand(const Codes &codes) {
  Type i32 = b.builder.getI32Type();
  Fragments fragments;
  for (size_t step = 0; step < codes.words.size() / 2; ++step) {
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

/// Calls `create` on accumulators and fragments as the operands of one tied op,
/// and takes them from its results.
template <typename CreateOp>
static void tie(MutableArrayRef<Value> accumulators,
                SmallVector<Value> &fragments, CreateOp create) {
  SmallVector<Value> operands(accumulators);
  llvm::append_range(operands, fragments);
  Operation *op = create(operands);
  ValueRange results = op->getResults();
  llvm::copy(results.take_front(accumulators.size()), accumulators.begin());
  fragments = llvm::to_vector(results.drop_front(accumulators.size()));
}

/// Issues the products of the fragments with the stage's activations from
/// `firstStep` on, as one group.
void Consumer::issueProducts(Value &accumulators, Fragments &fragments,
                             Scalar stage, int64_t firstStep,
                             Scalar accumulate) {
  Value activations = gemm.ring.activationTile(stage);
  tie(accumulators, fragments, [&](ValueRange values) {
    return b.create<zqgpu::WgmmaFenceOp>(values);
  });
  for (auto [index, fragment] : llvm::enumerate(fragments)) {
    Value tile = b.create<zqgpu::DescriptorOp>(
        b.builder.getI64Type(), activations, (firstStep + index) * 32);
    accumulators = b.create<zqgpu::WgmmaOp>(
        fragment, tile, accumulators, index == 0 ? accumulate : b.boolean(true),
        gemm.kernel.activation);
  }
  b.create<zqgpu::WgmmaCommitOp>();
}

/// Waits until no more than `pending` groups are in flight; `fragments` are
/// those of the group before.
void Consumer::waitForProducts(MutableArrayRef<Value> accumulators,
                               Fragments &fragments, int64_t pending) {
  tie(accumulators, fragments, [&](ValueRange values) {
    return b.create<zqgpu::WgmmaWaitOp>(values, pending);
  });
}

/// Every thread arrives, behind what it has read itself.
void Consumer::release(Scalar stage, Scalar condition) {
  b.ifThen(condition, [&] { b.arrive(gemm.ring.emptyBarrier(stage)); });
}

//===----------------------------------------------------------------------===//
// Main loop, one buffer of fragments
//===----------------------------------------------------------------------===//

/// The fragments of one tile are in flight while the codes of the next are
/// read; they are rewritten only after the wait.
Value Consumer::accumulateSingleBuffered(Scalar numTiles, Ring::Position &at) {
  SmallVector<Value> carried = {
      at.stage, at.phase,
      b.zeroVector(b.builder.getF32Type(), numAccumulators)};
  carried.append(steps, b.zeroVector(b.builder.getI32Type(), 4));
  State last = b.loop(
      b.i32(0), numTiles, b.i32(1), carried,
      [&](Scalar index, ValueRange values) {
        Ring::Position here = gemm.ring.position(values);
        Value accumulators = values[2];
        Fragments fragments = llvm::to_vector(values.drop_front(3));
        Scalar notFirst = index != 0;

        b.wait(gemm.ring.fullBarrier(here.stage), here.phase);
        Codes codes = loadCodes(here.stage, 0, steps);
        waitForProducts(accumulators, fragments, /*pending=*/0);
        release(gemm.ring.previousStage(here), notFirst);
        fragments = expand(codes);
        issueProducts(accumulators, fragments, here.stage, 0, notFirst);

        Ring::Position next = gemm.ring.next(here);
        State carriedOn = {next.stage, next.phase, accumulators};
        llvm::append_range(carriedOn, fragments);
        return carriedOn;
      });
  at = gemm.ring.position(last);
  Value accumulators = last[2];
  Fragments fragments = llvm::to_vector(ArrayRef(last).drop_front(3));
  waitForProducts(accumulators, fragments, /*pending=*/0);
  release(gemm.ring.previousStage(at), b.boolean(true));
  return accumulators;
}

//===----------------------------------------------------------------------===//
// Main loop, two buffers of fragments
//===----------------------------------------------------------------------===//

Consumer::State Consumer::Pipeline::getState() const {
  State state = {at.stage, at.phase, accumulators};
  for (const Fragments &buffer : buffers)
    llvm::append_range(state, buffer);
  return state;
}

void Consumer::Pipeline::setState(Ring &ring, ValueRange values) {
  at = ring.position(values);
  accumulators = values[2];
  values = values.drop_front(3);
  for (Fragments &buffer : buffers) {
    buffer = llvm::to_vector(values.take_front(buffer.size()));
    values = values.drop_front(buffer.size());
  }
}

/// One tile of K, a buffer after the other: the products of one are in flight
/// while codes are expanded into the other. When the first products of this
/// tile are issued and those before them have ended, so has the tile before.
void Consumer::multiplyTile(Pipeline &pipeline, bool isFirst) {
  Ring::Position at = pipeline.at;
  int64_t numSteps = pipeline.buffers[0].size();
  b.wait(gemm.ring.fullBarrier(at.stage), at.phase);
  for (int64_t step = 0; step < steps; step += numSteps) {
    bool startsSum = isFirst && step == 0;
    Fragments &mine = pipeline.buffers[pipeline.next];
    Fragments &other = pipeline.buffers[1 - pipeline.next];
    mine = expand(loadCodes(at.stage, step, numSteps));
    issueProducts(pipeline.accumulators, mine, at.stage, step,
                  b.boolean(!startsSum));
    if (!startsSum)
      waitForProducts(pipeline.accumulators, other, /*pending=*/1);
    if (!isFirst && step == 0)
      release(gemm.ring.previousStage(at), b.boolean(true));
    pipeline.next = 1 - pipeline.next;
  }
  pipeline.at = gemm.ring.next(at);
}

/// The loop has a turn of both buffers in it, so that each keeps its registers,
/// and no condition: ptxas gives products up to one at a time where they are in
/// flight over branches.
Value Consumer::accumulateDoubleBuffered(Scalar numTiles, Ring::Position &at) {
  int64_t stepsPerBuffer = gemm.kernel.getStepsPerBuffer();
  Value noFragment = b.undefined(VectorType::get({4}, b.builder.getI32Type()));
  Value noSums =
      b.undefined(VectorType::get({numAccumulators}, b.builder.getF32Type()));
  Pipeline pipeline{at, noSums, {}};
  for (Fragments &buffer : pipeline.buffers)
    buffer.assign(stepsPerBuffer, noFragment);

  multiplyTile(pipeline, /*isFirst=*/true);
  int64_t tilesPerTurn = 2 * stepsPerBuffer / steps;
  Scalar rest = numTiles - 1;
  auto multiplyTiles = [&](int64_t count, ValueRange values) {
    Pipeline turn = pipeline;
    turn.setState(gemm.ring, values);
    for (int64_t tile = 0; tile < count; ++tile)
      multiplyTile(turn, /*isFirst=*/false);
    return turn.getState();
  };
  State state = b.loop(b.i32(0), rest / tilesPerTurn, b.i32(1),
                       pipeline.getState(), [&](Scalar, ValueRange values) {
                         return multiplyTiles(tilesPerTurn, values);
                       });
  if (tilesPerTurn == 2)
    state = b.ifThen(rest % 2 != 0, state,
                     [&](ValueRange values) { return multiplyTiles(1, values); });

  pipeline.setState(gemm.ring, state);
  at = pipeline.at;
  Fragments fragments = pipeline.buffers[0];
  llvm::append_range(fragments, pipeline.buffers[1]);
  waitForProducts(pipeline.accumulators, fragments, /*pending=*/0);
  release(gemm.ring.previousStage(at), b.boolean(true));
  return pipeline.accumulators;
}

//===----------------------------------------------------------------------===//
// Main loop, half a tile ahead
//===----------------------------------------------------------------------===//

Consumer::State Consumer::Halves::getState() const {
  State state = {at.stage, at.phase, accumulators};
  for (const Fragments &buffer : buffers)
    llvm::append_range(state, buffer);
  llvm::append_range(state, upper.words);
  for (const std::array<Value, 2> &table : upper.tables)
    llvm::append_range(state, table);
  return state;
}

void Consumer::Halves::setState(Ring &ring, ValueRange values) {
  at = ring.position(values);
  accumulators = values[2];
  values = values.drop_front(3);
  auto take = [&](auto &target) {
    llvm::copy(values.take_front(target.size()), target.begin());
    values = values.drop_front(target.size());
  };
  for (Fragments &buffer : buffers)
    take(buffer);
  take(upper.words);
  for (std::array<Value, 2> &table : upper.tables)
    take(table);
}

/// The codes of a tile's lower columns, its first half, and of the upper.
std::array<Consumer::Codes, 2> Consumer::waitForCodes(Ring::Position at) {
  b.wait(gemm.ring.fullBarrier(at.stage), at.phase);
  Codes all = loadCodes(at.stage, 0, steps);
  std::array<Codes, 2> halves;
  for (auto [index, half] : llvm::enumerate(halves)) {
    half.words = llvm::to_vector(ArrayRef(all.words).slice(index * steps, steps));
    half.tables =
        llvm::to_vector(ArrayRef(all.tables).slice(index * steps, steps));
  }
  return halves;
}

/// Products of half a tile, whose fragments go into `buffers[half]`, and the end
/// of those before them.
void Consumer::multiplyHalf(Halves &halves, int64_t half, const Codes &codes,
                            bool startsSum) {
  Fragments &mine = halves.buffers[half];
  mine = expand(codes);
  issueProducts(halves.accumulators, mine, halves.at.stage, half * steps / 2,
                b.boolean(!startsSum));
  if (!startsSum)
    waitForProducts(halves.accumulators, halves.buffers[1 - half],
                    /*pending=*/1);
}

/// A turn reads the codes of a tile, then expands the upper half of the tile
/// before, so that nobody waits for what was read. What is expanded beside
/// products slows both down: they share the ports of the register file.
Value Consumer::accumulateInHalves(Scalar numTiles, Ring::Position &at) {
  Value noFragment = b.undefined(VectorType::get({4}, b.builder.getI32Type()));
  Value noSums =
      b.undefined(VectorType::get({numAccumulators}, b.builder.getF32Type()));
  Halves halves{at, noSums, {}, {}};
  for (Fragments &buffer : halves.buffers)
    buffer.assign(steps / 2, noFragment);

  std::array<Codes, 2> first = waitForCodes(at);
  multiplyHalf(halves, 0, first[0], /*startsSum=*/true);
  halves.upper = first[1];
  State state = b.loop(
      b.i32(1), numTiles, b.i32(1), halves.getState(),
      [&](Scalar, ValueRange values) {
        Halves turn = halves;
        turn.setState(gemm.ring, values);
        Scalar stage = turn.at.stage;
        Ring::Position next = gemm.ring.next(turn.at);
        std::array<Codes, 2> codes = waitForCodes(next);
        multiplyHalf(turn, 1, turn.upper, /*startsSum=*/false);
        turn.at = next;
        multiplyHalf(turn, 0, codes[0], /*startsSum=*/false);
        release(stage, b.boolean(true));
        turn.upper = codes[1];
        return turn.getState();
      });
  halves.setState(gemm.ring, state);
  multiplyHalf(halves, 1, halves.upper, /*startsSum=*/false);
  waitForProducts(halves.accumulators, halves.buffers[1], /*pending=*/0);
  release(halves.at.stage, b.boolean(true));
  at = gemm.ring.next(halves.at);
  return halves.accumulators;
}

//===----------------------------------------------------------------------===//
// Main loop, a tile ahead
//===----------------------------------------------------------------------===//

Consumer::State Consumer::Ahead::getState() const {
  State state = {at.stage, at.phase};
  llvm::append_range(state, accumulators);
  for (const Fragments &buffer : buffers)
    llvm::append_range(state, buffer);
  for (const Unread &block : codes) {
    llvm::append_range(state, block.words);
    llvm::append_range(state, block.shifts);
  }
  return state;
}

void Consumer::Ahead::setState(Ring &ring, ValueRange values) {
  at = ring.position(values);
  values = values.drop_front(2);
  auto take = [&](SmallVectorImpl<Value> &target) {
    llvm::copy(values.take_front(target.size()), target.begin());
    values = values.drop_front(target.size());
  };
  take(accumulators);
  for (Fragments &buffer : buffers)
    take(buffer);
  for (Unread &block : codes) {
    take(block.words);
    take(block.shifts);
  }
}

/// The codes of a tile for each block of rows; tables are made of the shifts' bytes
/// when the codes are expanded.
SmallVector<Consumer::Unread> Consumer::waitForTile(Ring::Position at) {
  Type i32 = b.builder.getI32Type();
  int64_t parts = gemm.kernel.shiftsPerRow;
  b.wait(gemm.ring.fullBarrier(at.stage), at.phase);
  SmallVector<Unread> codes;
  for (int64_t block = 0; block < gemm.kernel.getRowBlocks(); ++block) {
    // Two blocks of rows share a tile of the weight.
    Value tile = gemm.ring.weightTile(at.stage);
    Scalar half = group;
    if (gemm.kernel.getRowBlocks() != 1) {
      tile = b.offset(tile, group * gemm.kernel.getWeightTileBytes());
      half = b.i32(block);
    }
    Value start =
        b.offset(tile, half * (TileLayout::codeBytes / 2) + thread * 16);
    Unread &mine = codes.emplace_back();
    for (int64_t offset : {0, 2048})
      llvm::append_range(mine.words, b.unpack(b.loadVector(
                                         i32, 4, b.offset(start, offset))));
    Value shifts =
        b.offset(tile, half * (64 * parts) + thread / 4 * (2 * parts) +
                           TileLayout::codeBytes);
    if (parts == 1)
      mine.shifts = {b.asI32(
          Scalar(b, b.load(b.builder.getIntegerType(16), shifts)))};
    else
      mine.shifts = b.unpack(b.loadVector(i32, parts / 2, shifts));
  }
  return codes;
}

/// The lower or the upper half of a tile's codes.
Consumer::Codes Consumer::getHalf(const Unread &codes, int64_t half) {
  Type i32 = b.builder.getI32Type();
  int64_t parts = gemm.kernel.shiftsPerRow;
  Codes result;
  result.words = llvm::to_vector(ArrayRef(codes.words).slice(half * steps, steps));
  int64_t tablePart = -1;
  std::array<Value, 2> tables[2];
  for (int64_t step = half * steps / 2; step < (half + 1) * steps / 2; ++step) {
    int64_t part = step * parts / steps;
    for (int64_t upper = 0; upper < 2 && part != tablePart; ++upper) {
      int64_t index = part * 2 + upper;
      Scalar bytes(b, codes.shifts[index / 4]);
      auto table = b.create<zqgpu::ShiftTableOp>(
          i32, i32, (bytes >> (index % 4 * 8)) & 255, gemm.kernel.weight,
          gemm.kernel.maxShift, gemm.kernel.multipliers);
      tables[upper] = {table.getLow(), table.getHigh()};
    }
    tablePart = part;
    llvm::append_range(result.tables, tables);
  }
  return result;
}

/// Products of a tile, whose codes are here, half a tile of a block of rows in
/// each of two buffers. Those of the tile before end behind the first of them: its
/// stage is released, and the next tile's codes are read, long before they are needed.
void Consumer::multiplyAhead(Ahead &ahead, Scalar accumulate, bool isLast) {
  constexpr int64_t stepsPerHalf = steps / 2;
  Ring::Position here = ahead.at, next = gemm.ring.next(here);
  SmallVector<Unread> codes = ahead.codes;
  int64_t blocks = gemm.kernel.getRowBlocks();
  for (int64_t part = 0; part < 2 * blocks; ++part) {
    int64_t half = part / blocks, block = part % blocks;
    Fragments &mine = ahead.buffers[part % 2];
    mine = expand(getHalf(codes[block], half));
    issueProducts(ahead.accumulators[block], mine, here.stage,
                  half * stepsPerHalf,
                  half == 0 ? accumulate : b.boolean(true));
    waitForProducts(ahead.accumulators, ahead.buffers[1 - part % 2],
                    /*pending=*/1);
    if (part != 0)
      continue;
    release(gemm.ring.previousStage(here), accumulate);
    if (!isLast)
      ahead.codes = waitForTile(next);
  }
  ahead.at = next;
}

/// What is expanded beside products slows both down: they share the ports of the
/// register file. So a turn never waits for shared memory as well.
Consumer::Sums Consumer::accumulateAhead(Scalar numTiles, Ring::Position &at) {
  Value noFragment = b.undefined(VectorType::get({4}, b.builder.getI32Type()));
  Value noSums =
      b.undefined(VectorType::get({numAccumulators}, b.builder.getF32Type()));
  Ahead ahead{at, Sums(gemm.kernel.getRowBlocks(), noSums), {}, {}};
  for (Fragments &buffer : ahead.buffers)
    buffer.assign(steps / 2, noFragment);

  ahead.codes = waitForTile(at);
  Scalar last = numTiles - 1;
  // Two tiles a turn, so that what is read ahead keeps its registers.
  State state = b.loop(b.i32(0), last / 2, b.i32(1), ahead.getState(),
                       [&](Scalar index, ValueRange values) {
                         Ahead turn = ahead;
                         turn.setState(gemm.ring, values);
                         multiplyAhead(turn, index != 0, /*isLast=*/false);
                         multiplyAhead(turn, b.boolean(true), /*isLast=*/false);
                         return turn.getState();
                       });
  ahead.setState(gemm.ring, state);
  auto finish = [&](int64_t tiles) {
    Ahead rest = ahead;
    Scalar accumulate = last != tiles - 1;
    for (int64_t left = tiles; left > 0; --left) {
      multiplyAhead(rest, accumulate, /*isLast=*/left == 1);
      accumulate = b.boolean(true);
    }
    waitForProducts(rest.accumulators, rest.buffers[1], /*pending=*/0);
    State result = {rest.at.stage, rest.at.phase};
    llvm::append_range(result, rest.accumulators);
    return result;
  };
  State result = b.choose(
      last % 2 != 0, [&] { return finish(2); }, [&] { return finish(1); });
  at = gemm.ring.position(result);
  release(gemm.ring.previousStage(at), b.boolean(true));
  return llvm::to_vector(ArrayRef(result).drop_front(2));
}

//===----------------------------------------------------------------------===//
// Sums
//===----------------------------------------------------------------------===//

/// `numTiles` tiles of K, 1 or more, on the tensor core, from zero.
Consumer::Sums Consumer::accumulate(Scalar numTiles, Ring::Position &at) {
  if (gemm.kernel.readsTileAhead())
    return accumulateAhead(numTiles, at);
  if (gemm.kernel.readsAhead())
    return {accumulateInHalves(numTiles, at)};
  return {gemm.kernel.getStepsPerBuffer() == 0
              ? accumulateSingleBuffered(numTiles, at)
              : accumulateDoubleBuffered(numTiles, at)};
}

Consumer::Sums Consumer::multiply(Scalar numK, Ring::Position &at) {
  int64_t interval = gemm.kernel.schedule.getInterval() / TileLayout::columns;
  if (interval == 0)
    return accumulate(numK, at);

  // FP32 registers take over what the tensor core has summed, every interval.
  State zeros = {at.stage, at.phase};
  zeros.append(gemm.kernel.getRowBlocks(),
               b.zeroVector(b.builder.getF32Type(), numAccumulators));
  State last =
      b.loop(b.i32(0), numK, b.i32(interval), zeros,
             [&](Scalar first, ValueRange values) {
               Ring::Position here = gemm.ring.position(values);
               Scalar numTiles = b.min(numK - first, b.i32(interval));
               Sums parts = accumulate(numTiles, here);
               State sums = {here.stage, here.phase};
               for (auto [sum, part] :
                    llvm::zip_equal(values.drop_front(2), parts))
                 sums.push_back(b.create<arith::AddFOp>(sum, part));
               return sums;
             });
  at = gemm.ring.position(last);
  return llvm::to_vector(ArrayRef(last).drop_front(2));
}
