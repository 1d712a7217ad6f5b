//===- GemmKernel.cpp - the W4A8 product on tensor cores ------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Operands are swapped: the weight is wgmma's A operand, expanded from 4-bit
// codes to FP8 in registers; the activations are B in shared memory, tokens are
// its n.
//
// Of the three warpgroups, one is the producer: one of its threads keeps a ring
// of stages full, with a weight tile by bulk copy and an activation tile by
// tensor copy. The other two are consumers, each of 64 of the tile's 128 rows:
// they wait for a stage, read codes and shifts, expand, multiply and release
// the stage; then they scale, compensate, add the bias and store.
//
// The kernel is persistent: a CTA takes every gridDim-th tile, and the ring
// runs on from tile to tile. Tokens vary fastest, so CTAs that run together
// share weights. Where there are few tiles, a cluster takes each: its CTAs have
// a part of K each and add up their sums in each other's shared memory.
//
// It is launched to overlap with the kernel in front: only weights are read
// before that has ended.
//
//===----------------------------------------------------------------------===//

#include "GemmParts.h"

#include "dialects/Zq/Zq.h"
#include "zq/Numerics/TileLayout.h"

#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace zq::hopper;

std::string GemmKernel::getName() const {
  Format format = *getFormat(weight);
  std::string name;
  llvm::raw_string_ostream os(name);
  os << "gemm_" << getFormatName(format) << "_g"
     << TileLayout::columns / shiftsPerRow;
  if (multipliers)
    os << "_multipliers";
  // Up to the window of normal numbers all shifts are the same arithmetic.
  if (maxShift >
      getScaleWindow(format, Format::E4M3, multipliers)->maxNormalShift)
    os << "_max" << maxShift;
  os << '_' << getFormatName(*getFormat(activation)) << '_' << output;
  if (up)
    os << "_lorc_" << up;
  if (bias)
    os << "_bias_" << bias;
  os << "_tokens" << schedule.getTokens() << "_stages" << schedule.getStages()
     << '_' << stringifyAccumulation(schedule.getAccumulation());
  if (schedule.getInterval() != 0)
    os << schedule.getInterval();
  if (schedule.getSplit() != 1)
    os << "_split" << schedule.getSplit();
  return name;
}

int64_t GemmKernel::getWeightTileBytes() const {
  return TileLayout::codeBytes + TileLayout::rows * shiftsPerRow;
}

Staging GemmKernel::getStaging() const {
  int64_t elementBytes = output.getIntOrFloatBitWidth() / 8;
  int64_t tokens = schedule.getTokens();
  return {tokens, std::min<int64_t>(tokens, 128 / elementBytes), elementBytes};
}

int64_t GemmKernel::getEpilogueBytes() const {
  constexpr int64_t floatBytes = 4;
  return schedule.getSplit() == 1
             ? consumerGroups * getStaging().getBytes()
             : TileLayout::rows * schedule.getTokens() * floatBytes;
}

/// Accumulators of a thread: those of the tensor core, and those that promoted
/// sums are in.
static int64_t countSums(zq::zqgpu::ScheduleAttr schedule) {
  int64_t perTile = schedule.getTokens() / 2;
  return schedule.getInterval() == 0 ? perTile : 2 * perTile;
}

// 384 threads start with 168 registers each; the producer needs few.
int64_t GemmKernel::getConsumerRegisters() const {
  return countSums(schedule) > 160 ? 240 : 232;
}
int64_t GemmKernel::getProducerRegisters() const {
  return countSums(schedule) > 160 ? 24 : 40;
}

int64_t GemmKernel::getStepsPerBuffer() const {
  // A tile is released when the next one's first products are issued.
  if (schedule.getStages() < 2)
    return 0;
  // Two buffers, and what ptxas needs beside them for codes and addresses; and
  // for tables, of which groups inside a tile have more.
  int64_t left = getConsumerRegisters() - countSums(schedule);
  if (left >= 80 + 8 * shiftsPerRow)
    return 4;
  return left >= 48 ? 2 : 0;
}

int64_t GemmKernel::getSharedBytes() const {
  constexpr int64_t barrierBytes = 8;
  int64_t stageBytes =
      getActivationTileBytes() + getWeightTileBytes() + 2 * barrierBytes;
  return KernelBuilder::dynamicSharedSlack + schedule.getStages() * stageBytes +
         getEpilogueBytes();
}

//===----------------------------------------------------------------------===//
// The ring
//===----------------------------------------------------------------------===//

Ring::Ring(const GemmKernel &kernel, KernelBuilder &b)
    : kernel(kernel), b(b), stages(kernel.schedule.getStages()) {
  // Activation tiles first: each begins at a multiple of 1024 bytes.
  activations = b.dynamicShared();
  weights = b.offset(activations, stages * kernel.getActivationTileBytes());
  full = b.offset(weights, stages * kernel.getWeightTileBytes());
  empty = b.offset(full, stages * 8);
}

void Ring::initialize() {
  constexpr int64_t consumerWarps = GemmKernel::consumerGroups * 4;
  for (int64_t stage = 0; stage < stages; ++stage) {
    b.initBarrier(b.offset(full, stage * 8), 1);
    b.initBarrier(b.offset(empty, stage * 8), consumerWarps);
  }
  b.fenceBarrierInit();
}

Ring::Position Ring::begin() { return {b.i32(0), b.i32(0)}; }

Ring::Position Ring::next(Position at) {
  Scalar stage = at.stage + 1;
  Scalar wraps = stage == stages;
  return {b.select(wraps, b.i32(0), stage),
          b.select(wraps, at.phase ^ 1, at.phase)};
}

Scalar Ring::previousStage(Position at) {
  return b.select(at.stage == 0, b.i32(stages - 1), at.stage - 1);
}

Value Ring::fullBarrier(Scalar stage) { return b.offset(full, stage * 8); }
Value Ring::emptyBarrier(Scalar stage) { return b.offset(empty, stage * 8); }
Value Ring::activationTile(Scalar stage) {
  return b.offset(activations, stage * kernel.getActivationTileBytes());
}
Value Ring::weightTile(Scalar stage) {
  return b.offset(weights, stage * kernel.getWeightTileBytes());
}
Value Ring::end() { return b.offset(empty, stages * 8); }

//===----------------------------------------------------------------------===//
// Tiles
//===----------------------------------------------------------------------===//

/// CTAs of a cluster share tiles; each has its part of K, none of them empty
/// where K has as many tiles as the cluster CTAs.
void Gemm::takePart() {
  int64_t split = kernel.schedule.getSplit();
  if (split == 1)
    return;
  part = b.blockIdx() % split;
  firstK = part * kTiles / split;
  numK = (part + 1) * kTiles / split - firstK;
}

Scalar Gemm::getTokenTiles() {
  return (m - 1) / kernel.schedule.getTokens() + 1;
}

Scalar Gemm::getFirstTile() {
  int64_t split = kernel.schedule.getSplit();
  return split == 1 ? b.blockIdx() : b.blockIdx() / split;
}

KernelBuilder::State Gemm::forEachTile(
    ValueRange carried,
    llvm::function_ref<KernelBuilder::State(Tile, ValueRange)> body) {
  Scalar tokenTiles = getTokenTiles();
  Scalar rowTiles = (n - 1) / TileLayout::rows + 1;
  Scalar step = b.gridDim();
  if (kernel.schedule.getSplit() != 1)
    step = step / kernel.schedule.getSplit();
  return b.loop(getFirstTile(), tokenTiles * rowTiles, step, carried,
                [&](Scalar index, ValueRange values) {
                  Tile tile{index / tokenTiles,
                            index % tokenTiles * kernel.schedule.getTokens()};
                  return body(tile, values);
                });
}

//===----------------------------------------------------------------------===//
// Producer
//===----------------------------------------------------------------------===//

/// Opens a stage for a tile of the weight and of the activations, and asks for
/// the former.
void Gemm::loadWeights(Scalar rowTile, Scalar kTile, Scalar stage) {
  int64_t bytes = kernel.getWeightTileBytes();
  Value full = ring.fullBarrier(stage);
  b.arriveExpecting(full, bytes + kernel.getActivationTileBytes());
  Scalar index = b.asI64(rowTile) * b.asI64(kTiles) + b.asI64(kTile);
  b.bulkLoad(ring.weightTile(stage), b.offset(weights, index * bytes), bytes,
             full);
}

/// One thread: fills stage after stage, waiting for consumers to release it.
void Gemm::produce() {
  // Weights are constant: as many as the ring holds are on their way while the
  // kernel in front, which writes the activations, still runs.
  Scalar early = b.min(numK, b.i32(kernel.schedule.getStages()));
  Scalar firstRowTile = getFirstTile() / getTokenTiles();
  b.loop(b.i32(0), early, b.i32(1), {}, [&](Scalar stage, ValueRange) {
    loadWeights(firstRowTile, firstK + stage, stage);
    return KernelBuilder::State{};
  });
  b.waitForPreviousKernel();

  Ring::Position start = ring.begin();
  forEachTile({start.stage, start.phase, early}, [&](Tile tile,
                                                     ValueRange carried) {
    return b.loop(firstK, firstK + numK, b.i32(1), carried,
                  [&](Scalar kTile, ValueRange values) {
                    Ring::Position at = ring.position(values);
                    Scalar earlyLeft(b, values[2]), isEarly = earlyLeft != 0;
                    b.wait(ring.emptyBarrier(at.stage), at.phase ^ 1);
                    b.ifThen(earlyLeft == 0, [&] {
                      loadWeights(tile.rowTile, kTile, at.stage);
                    });
                    b.tensorLoad(ring.activationTile(at.stage), activationMap,
                                 kTile * TileLayout::columns, tile.firstToken,
                                 ring.fullBarrier(at.stage));
                    Ring::Position next = ring.next(at);
                    return KernelBuilder::State{
                        next.stage, next.phase,
                        b.select(isEarly, earlyLeft - 1, earlyLeft)};
                  });
  });
  // The kernel behind may set itself up while the last tiles are worked on.
  b.allowNextKernel();
}

//===----------------------------------------------------------------------===//
// Consumers
//===----------------------------------------------------------------------===//

void Gemm::consume(Scalar warp) {
  b.waitForPreviousKernel();
  Consumer consumer(*this, warp);
  Epilogue epilogue(*this, warp);
  bool isSplit = kernel.schedule.getSplit() != 1;
  Ring::Position start = ring.begin();
  forEachTile({start.stage, start.phase}, [&](Tile tile, ValueRange carried) {
    Ring::Position at = ring.position(carried);
    if (!isSplit)
      epilogue.prefetch(tile);
    Value accumulators = consumer.multiply(at);
    if (isSplit)
      consumer.reduceAndStoreTile(tile, accumulators);
    else
      epilogue.store(tile, accumulators);
    return KernelBuilder::State{at.stage, at.phase};
  });
}

//===----------------------------------------------------------------------===//
// The kernel
//===----------------------------------------------------------------------===//

Gemm::Gemm(const GemmKernel &kernel, KernelBuilder &b,
           ArrayRef<Value> parameters)
    : kernel(kernel), b(b), ring(kernel, b), m(b.i32(0)), n(b.i32(0)),
      kTiles(b.i32(0)), rank(b.i32(0)), part(b.i32(0)), firstK(b.i32(0)),
      numK(b.i32(0)) {
  const Value *next = parameters.begin();
  activationMap = *next++;
  weights = *next++;
  rowScale = *next++;
  tokenScale = *next++;
  y = *next++;
  if (kernel.up) {
    t = *next++;
    up = *next++;
    rank = Scalar(b, *next++);
  }
  if (kernel.bias)
    bias = *next++;
  m = Scalar(b, *next++);
  n = Scalar(b, *next++);
  kTiles = numK = Scalar(b, *next++);
  takePart();
}

static SmallVector<ParameterKind> getParameters(const GemmKernel &kernel) {
  SmallVector<ParameterKind> kinds = {ParameterKind::TensorMap};
  kinds.append(4, ParameterKind::Global);
  if (kernel.up)
    kinds.append(
        {ParameterKind::Global, ParameterKind::Global, ParameterKind::I32});
  if (kernel.bias)
    kinds.push_back(ParameterKind::Global);
  kinds.append(3, ParameterKind::I32);
  return kinds;
}

void GemmKernel::generate(OpBuilder &builder, Location loc) const {
  constexpr int64_t consumerWarps = consumerGroups * 4;

  KernelBuilder b(builder, loc);
  Gemm gemm(*this, b, b.beginKernel(getName(), threads, getParameters(*this)));
  Scalar warp = b.broadcast(b.threadIdx() / 32);
  b.ifThen(b.threadIdx() == 0, [&] { gemm.ring.initialize(); });
  b.syncThreads();
  b.ifElse(
      warp < consumerWarps,
      [&] {
        b.setMaxRegisters(getConsumerRegisters(), /*increase=*/true);
        gemm.consume(warp);
      },
      [&] {
        b.setMaxRegisters(getProducerRegisters(), /*increase=*/false);
        b.ifThen(b.threadIdx() == consumerWarps * 32, [&] { gemm.produce(); });
      });
  b.endKernel();
}
