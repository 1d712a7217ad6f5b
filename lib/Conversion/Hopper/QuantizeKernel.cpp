//===- QuantizeKernel.cpp - activations to FP8, token by token ------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// For each token: the scale from its largest magnitude, the FP8 row, padded
// with zeros to whole tiles of K, and for low-rank compensation the down
// projection of the token before it is quantized. x is read once: what a thread
// has loaded it keeps in registers for all three.
//
// A CTA works on a block of up to 8 tokens and a part of their columns; the
// CTAs of a cluster share the rows and tell each other their part's largest
// magnitudes and products through distributed shared memory. A warp takes
// chunks of columns; in each of them a thread has 8 columns of one token.
//
// With few tokens a cluster takes 8 of them, x straight to registers; the part
// of the down factor is on its way to shared memory while the kernel in front
// runs. With many, CTAs are persistent: bulk copies keep a ring of blocks full,
// so loads are in flight while others are reduced and stored; as many tokens as
// fit a stage, whole rows of them, or with compensation 8, and the part of the
// down factor in registers.
//
//===----------------------------------------------------------------------===//

#include "QuantizeParts.h"

#include "dialects/Zq/Zq.h"

#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace zq::hopper;
using State = KernelBuilder::State;

std::string QuantizeKernel::getName() const {
  std::string name;
  llvm::raw_string_ostream os(name);
  os << "quantize_" << input << '_' << getFormatName(*getFormat(activation));
  if (down)
    os << "_lorc_" << down;
  os << "_tokens" << tokens << "_warps" << warps << "_held" << held;
  if (parts != 1)
    os << "_parts" << parts;
  if (isRing())
    os << "_stages" << stages;
  if (!stagesDown)
    os << "_unstaged";
  if (clearsFlags)
    os << "_flags";
  return name;
}

/// Rows of the down factor in shared memory, like those of a stage.
static int64_t getPitch(int64_t chunks, Type type) {
  int64_t bytes = 4 * threadColumns * type.getIntOrFloatBitWidth() / 8;
  return (chunks * (bytes / 64) | 1) * 64;
}

int64_t QuantizeKernel::getSharedBytes(int64_t rowBytes) const {
  int64_t slack = KernelBuilder::dynamicSharedSlack;
  if (isRing())
    return slack + stages * getStageBytes();
  int64_t chunks = (rowBytes - 1) / (getChunkColumns() * parts) + 1;
  return down && stagesDown ? slack + rankRows * getPitch(chunks, down) : 0;
}

namespace {

/// What is done with tokens, once they are there.
struct Quantizer : TokenQuantizer {
  using TokenQuantizer::TokenQuantizer;

  void runDirect();
  void runRing();

private:
  Value barriers = {}; ///< that bulk copies complete

  Matrix inShared(Value base, Type type);
  void clearStages(Value stages);
  void initBarriers(int64_t count);
  Value barrier(Scalar stage) { return b.offset(barriers, stage * 8); }
  void copyRows(const Matrix &from, const Matrix &to, int64_t count,
                function_ref<Scalar(Scalar)> getRow, Value barrier);
  void startTogether();
  Scalar quantize(Held held, const Matrix &factor, ArrayRef<Factor> heldFactor,
                  Scalar turn, function_ref<void()> whenMet);
  void quantizeTiles();
};

/// The part's columns of some rows.
Matrix Quantizer::inShared(Value base, Type type) {
  int64_t bytes = kernel.getChunkColumns() * type.getIntOrFloatBitWidth() / 8;
  Scalar pitch = (chunks * (bytes / 64) | b.i32(1)) * 64;
  return {type, base, pitch, /*isShared=*/true};
}

void Quantizer::initBarriers(int64_t count) {
  barriers = shared("barriers", count * 8);
  b.ifThen(thread == 0, [&] {
    for (int64_t i = 0; i < count; ++i)
      b.initBarrier(b.offset(barriers, i * 8), /*arrivals=*/1);
    b.fenceBarrierInit();
  });
  b.syncThreads();
}

/// The part's columns of `count` rows, by the first warp, a row for each lane.
void Quantizer::copyRows(const Matrix &from, const Matrix &to, int64_t count,
                         function_ref<Scalar(Scalar)> getRow, Value barrier) {
  int64_t bytes = from.type.getIntOrFloatBitWidth() / 8;
  Scalar first = b.min(firstColumn, k);
  Scalar rowBytes = (b.min(lastColumn, k) - first) * bytes;
  b.ifThen(lane == 0, [&] { b.arriveExpecting(barrier, rowBytes * count); });
  b.syncWarp();
  // A part may have only columns that pad the row.
  b.ifThen((lane < count) & (rowBytes != 0), [&] {
    Value source = b.offset(from.base, b.asI64(getRow(lane)) * from.pitch +
                                           b.asI64(first * bytes));
    b.bulkLoad(b.offset(to.base, lane * to.pitch), source, rowBytes, barrier);
  });
}

/// Where the part has fewer columns than stages have room for.
void Quantizer::clearStages(Value stages) {
  Scalar columns = b.min(lastColumn, k) - b.min(firstColumn, k);
  int64_t room = kernel.warps * kernel.held * kernel.getChunkColumns();
  b.ifThen(columns < room, [&] {
    int64_t bytes = kernel.stages * kernel.getStageBytes();
    b.loop(thread * 16, b.i32(bytes), b.i32(kernel.getThreads() * 16), {},
           [&](Scalar at, ValueRange) {
             b.store(b.zeroVector(i32, 4), b.offset(stages, at));
             return State{};
           });
    b.fenceAsyncShared();
  });
}

/// Nobody writes to the shared memory of a CTA that has not started.
void Quantizer::startTogether() {
  if (kernel.parts != 1)
    b.waitForCluster();
}

/// Returns the turn after: the buffer of shared memory that is free then.
/// `whenMet` is called where all warps are done with the turn before.
Scalar Quantizer::quantize(Held held, const Matrix &factor,
                           ArrayRef<Factor> heldFactor, Scalar turn,
                           function_ref<void()> whenMet) {
  passOnFirst(held, factor, heldFactor, turn);
  b.syncThreads();
  whenMet();
  if (kernel.parts != 1) {
    passOnPartLargest(turn);
    if (kernel.down)
      passOnPartSums(turn);
    b.syncCluster();
  }
  findScales(turn);
  storeTokens(held);
  if (!kernel.down)
    return turn ^ 1;

  storeProjection(b.i32(0), turn);
  // More than 16 ranks take turns.
  return {b, b.loop(b.i32(rankRows), rank, b.i32(rankRows), {turn ^ 1},
                    [&](Scalar firstRank, ValueRange carried) {
                      Scalar turn(b, carried[0]);
                      passOnSums(firstRank, turn);
                      b.syncThreads();
                      if (kernel.parts != 1) {
                        passOnPartSums(turn);
                        b.syncCluster();
                      }
                      storeProjection(firstRank, turn);
                      return State{turn ^ 1};
                    })[0]};
}

void Quantizer::runDirect() {
  Matrix factor = globalDown();
  bool isStaged = kernel.down && kernel.stagesDown && isWide;
  if (isStaged) {
    factor = inShared(b.dynamicShared(), kernel.down);
    initBarriers(1);
    b.ifThen(warp == 0, [&] {
      copyRows(
          globalDown(), factor, rankRows,
          [&](Scalar row) { return b.min(row, rank - 1); }, barrier(b.i32(0)));
    });
  }
  // The kernel in front writes x, or reads the workspace.
  b.waitForPreviousKernel();
  SmallVector<Scalar> chunks;
  for (int64_t i = 0; i < kernel.held; ++i)
    chunks.push_back(heldChunk(i));
  SmallVector<Chunk> held = loadTokens(chunks);
  startTogether();
  if (isStaged)
    b.wait(barrier(b.i32(0)), b.i32(0));
  quantize([&](int64_t i) { return held[i]; }, factor, {}, b.i32(0), [] {});
}

/// Without the ring: rows are not aligned.
void Quantizer::quantizeTiles() {
  b.waitForPreviousKernel();
  startTogether();
  Scalar tiles = (m - 1) / kernel.tokens + 1;
  b.loop(b.blockIdx() / kernel.parts, tiles, b.gridDim() / kernel.parts,
         {b.i32(0)}, [&](Scalar tile, ValueRange carried) {
           firstToken = tile * kernel.tokens;
           return State{quantize([](int64_t) { return Chunk(); }, globalDown(),
                                 {}, Scalar(b, carried[0]), [] {})};
         });
}

void Quantizer::runRing() {
  if (!isWide)
    return quantizeTiles();
  Value memory = b.dynamicShared();
  auto getStage = [&](Scalar stage) {
    return b.offset(memory, stage * kernel.getStageBytes());
  };
  Scalar tiles = (m - 1) / kernel.tokens + 1;
  Scalar first = b.blockIdx() / kernel.parts;
  Scalar step = b.gridDim() / kernel.parts;
  auto fill = [&](Scalar tile, Scalar stage) {
    b.ifThen((warp == 0) & (tile < tiles), [&] {
      Matrix target = {kernel.input, getStage(stage),
                       b.i32(kernel.getStagePitch()), /*isShared=*/true};
      copyRows(
          globalX(), target, kernel.tokens,
          [&](Scalar row) { return b.min(tile * kernel.tokens + row, m - 1); },
          barrier(stage));
    });
  };

  clearStages(memory);
  initBarriers(kernel.stages);
  SmallVector<Factor> factor;
  // What is converted first takes too many registers.
  if (kernel.isExact())
    for (int64_t i = 0; i < kernel.held; ++i)
      factor.push_back(loadFactor(globalDown(), b.i32(0), heldChunk(i)));
  // The kernel in front writes x, or reads the workspace.
  b.waitForPreviousKernel();
  for (int64_t stage = 0; stage < kernel.stages; ++stage)
    fill(first + step * stage, b.i32(stage));
  startTogether();
  b.loop(first, tiles, step, {b.i32(0), b.i32(0), b.i32(0)},
         [&](Scalar tile, ValueRange carried) {
           Scalar stage(b, carried[0]), phase(b, carried[1]);
           Scalar turn(b, carried[2]);
           firstToken = tile * kernel.tokens;
           b.wait(barrier(stage), phase);
           Value staged = getStage(stage);
           turn = quantize([&](int64_t i) { return loadStaged(staged, i); },
                           globalDown(), factor, turn,
                           [&] {
                             // The stage of the tile before.
                             Scalar free =
                                 b.select(stage == 0, b.i32(kernel.stages - 1),
                                          stage - 1);
                             b.ifThen(tile != first, [&] {
                               fill(tile + step * (kernel.stages - 1), free);
                             });
                           });
           Scalar wraps = stage == kernel.stages - 1;
           return State{b.select(wraps, b.i32(0), stage + 1),
                        b.select(wraps, phase ^ 1, phase), turn};
         });
}

} // namespace

void QuantizeKernel::generate(OpBuilder &builder, Location loc) const {
  KernelBuilder b(builder, loc);
  SmallVector<ParameterKind> kinds(3, ParameterKind::Global);
  if (down)
    kinds.append(
        {ParameterKind::Global, ParameterKind::Global, ParameterKind::I32});
  if (clearsFlags)
    kinds.append({ParameterKind::Global, ParameterKind::I32});
  kinds.append(3, ParameterKind::I32);
  SmallVector<Value> parameters =
      b.beginKernel(getName(), getThreads(), getPerSm(), kinds);

  // The GEMM may set itself up now; it waits for this kernel's end by itself.
  b.allowNextKernel();
  if (parts != 1)
    b.arriveAtCluster();
  auto run = [&](bool isWide) {
    QuantizeKernel kernel = *this;
    if (!isWide)
      kernel.held = 0;
    Quantizer quantizer(kernel, b, isWide, parameters);
    if (isRing())
      quantizer.runRing();
    else
      quantizer.runDirect();
  };
  Scalar k(b, parameters[parameters.size() - 2]);
  Scalar misaligned = b.asInteger(parameters[0]) & 15;
  b.ifElse((k % threadColumns == 0) & (misaligned == 0), [&] { run(true); },
           [&] { run(false); });

  if (clearsFlags) {
    const Value *flags = parameters.end() - 5;
    b.ifThen(b.blockIdx() == 0, [&] {
      b.loop(b.threadIdx(), Scalar(b, flags[1]), b.i32(getThreads()), {},
             [&](Scalar flag, ValueRange) {
               b.store(b.i32(0),
                       b.element(builder.getI32Type(), flags[0], flag));
               return State{};
             });
    });
  }
  b.endKernel();
}
