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
// The last of the warpgroups has the producers: one thread keeps the weights of a
// ring of stages full, by bulk copies, and one the activations, by tensor copies.
// The others are consumers, each of 64 of the tile's rows: they wait for a stage,
// read codes and shifts, expand, multiply and release the stage; then they scale,
// compensate, add the bias and the residual, and store.
//
// Who computes which tiles is in GemmTiles.cpp; all roles run through the same loop.
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
  if (residual)
    os << "_residual";
  os << "_tokens" << schedule.getTokens() << "_stages" << schedule.getStages()
     << '_' << stringifyAccumulation(schedule.getAccumulation());
  if (schedule.getInterval() != 0)
    os << schedule.getInterval();
  if (schedule.getSplit() != 1)
    os << "_split" << schedule.getSplit();
  if (schedule.getStreamK())
    os << "_stream";
  if (schedule.getRows() != TileLayout::rows)
    os << "_rows" << schedule.getRows();
  if (schedule.getPerSm() != 1)
    os << "_" << schedule.getPerSm() << "persm";
  return name;
}

bool GemmKernel::hasRankStages() const {
  int64_t tokens = schedule.getTokens();
  // Promoted sums are in other registers than those the tensor core adds to: ptxas
  // spills where a residual takes some too.
  bool isFull = residual && schedule.getInterval() != 0 && tokens > 176;
  return up && schedule.getSplit() == 1 && !schedule.getStreamK() &&
         schedule.getPerSm() == 1 && getRowBlocks() == 1 && tokens > 64 &&
         !isFull;
}

int64_t GemmKernel::getWeightTileBytes() const {
  return TileLayout::codeBytes + TileLayout::rows * shiftsPerRow;
}

int64_t GemmKernel::getOwnedTokens() const {
  int64_t eights = schedule.getTokens() / 8, split = schedule.getSplit();
  return (eights + split - 1) / split * 8;
}

int64_t GemmKernel::getReceivedBytes() const {
  int64_t split = schedule.getSplit();
  return split == 1 ? 0 : split * schedule.getRows() * getOwnedTokens() * 4;
}

Staging GemmKernel::getStaging() const {
  int64_t elementBytes = output.getIntOrFloatBitWidth() / 8;
  int64_t tokens = getOwnedTokens();
  // A residual takes registers for each token, where there are few left; how many
  // tokens ptxas has them for, test/Target/Hopper finds.
  bool isNarrow =
      getRowBlocks() != 1 ||
      (residual && (up || output.isF32() || tokens % 64 != 0));
  int64_t bytes = isNarrow ? 64 : 128;
  int64_t upBytes =
      hasRankStages()
          ? Staging::rows * QuantizeKernel::rankRows * up.getIntOrFloatBitWidth() / 8
          : 0;
  return {tokens, std::min<int64_t>(tokens, bytes / elementBytes), elementBytes,
          upBytes};
}

int64_t GemmKernel::getEpilogueBytes() const {
  return consumerGroups * getRowBlocks() * getStaging().getBytes();
}

/// Accumulators of a thread: those of the tensor core, and those that promoted
/// sums are in.
static int64_t countSums(const GemmKernel &kernel) {
  int64_t perTile = kernel.getRowBlocks() * kernel.schedule.getTokens() / 2;
  return kernel.schedule.getInterval() == 0 ? perTile : 2 * perTile;
}

/// All threads of a kernel start with as many.
static int64_t getFirstRegisters(const GemmKernel &kernel) {
  constexpr int64_t ofMultiprocessor = 65536;
  return ofMultiprocessor / (kernel.getThreads() * kernel.schedule.getPerSm());
}

static int64_t roundRegisters(int64_t count) { return count / 8 * 8; }

/// What the producers do not need is the consumers'.
int64_t GemmKernel::getConsumerRegisters() const {
  int64_t all = roundRegisters(getFirstRegisters(*this)) * (consumerGroups + 1);
  return roundRegisters((all - getProducerRegisters()) / consumerGroups);
}
int64_t GemmKernel::getProducerRegisters() const {
  if (countSums(*this) > 160)
    return 24;
  return getFirstRegisters(*this) > 128 ? 40 : 32;
}

int64_t GemmKernel::getStepsPerBuffer() const {
  // A tile is released when the next one's first products are issued.
  if (schedule.getStages() < 2)
    return 0;
  // Two buffers, and what ptxas needs beside them for codes and addresses; and
  // for tables, of which groups inside a tile have more.
  int64_t left = getConsumerRegisters() - countSums(*this);
  bool isLarge = schedule.getPerSm() == 1;
  if (isLarge && left >= 80 + 8 * shiftsPerRow)
    return 4;
  return left >= 40 ? 2 : 0;
}

bool GemmKernel::readsAhead() const {
  int64_t left = getConsumerRegisters() - countSums(*this);
  int64_t tokens = schedule.getTokens();
  // Of two kinds of sums there are registers for buffers of half a tile only, whose
  // products are short beside the wait for codes.
  if (schedule.getInterval() != 0 && tokens > 128)
    return left >= (output.isF32() ? 56 : 48) + 8 * shiftsPerRow;
  return tokens <= 128 && getStepsPerBuffer() == 4 &&
         left >= 88 + 8 * shiftsPerRow;
}

bool GemmKernel::readsTileAhead() const {
  // Two blocks of rows have no other loop. Promoted sums gain nothing.
  return getRowBlocks() != 1 || (readsAhead() && schedule.getInterval() == 0);
}

int64_t GemmKernel::getWeightTiles() const {
  return schedule.getRows() / TileLayout::rows;
}

/// The stages.
static int64_t getRingBytes(const GemmKernel &kernel) {
  int64_t stageBytes = kernel.getActivationTileBytes() +
                       kernel.getWeightTiles() * kernel.getWeightTileBytes();
  int64_t ring = kernel.schedule.getStages() * stageBytes;
  return kernel.receivesInRing() ? std::max(ring, kernel.getReceivedBytes())
                                 : ring;
}

int64_t GemmKernel::getSharedBytes() const {
  constexpr int64_t barrierBytes = 8;
  return KernelBuilder::dynamicSharedSlack + getRingBytes(*this) +
         schedule.getStages() * 2 * barrierBytes + getEpilogueBytes() +
         (receivesInRing() ? 0 : getReceivedBytes());
}

//===----------------------------------------------------------------------===//
// The ring
//===----------------------------------------------------------------------===//

Ring::Ring(const GemmKernel &kernel, KernelBuilder &b)
    : kernel(kernel), b(b), stages(kernel.schedule.getStages()) {
  // Activation tiles first: each begins at a multiple of 1024 bytes.
  activations = b.dynamicShared();
  weights = b.offset(activations, stages * kernel.getActivationTileBytes());
  full = b.offset(activations, getRingBytes(kernel));
  empty = b.offset(full, stages * 8);
}

void Ring::initialize() {
  constexpr int64_t producers = 2;
  for (int64_t stage = 0; stage < stages; ++stage) {
    b.initBarrier(b.offset(full, stage * 8), producers);
    b.initBarrier(b.offset(empty, stage * 8), kernel.getConsumers());
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
  return b.offset(weights, stage * (kernel.getWeightTiles() *
                                    kernel.getWeightTileBytes()));
}

Value Ring::end() { return b.offset(empty, stages * 8); }

//===----------------------------------------------------------------------===//
// Producers
//===----------------------------------------------------------------------===//

/// Stage after stage, when consumers have released it. Behind a tile's stages are
/// those of low-rank compensation.
void Gemm::forEachStage(
    llvm::function_ref<void(Tile, Scalar, Ring::Position)> body,
    llvm::function_ref<void(Tile, Scalar, Ring::Position)> rankBody) {
  Ring::Position start = ring.begin();
  forEachTile(
      {start.stage, start.phase}, [&](Tile tile, ValueRange carried) {
        auto advance = [&](Scalar first, Scalar last, ValueRange carried,
                           function_ref<void(Scalar, Ring::Position)> fill) {
          return b.loop(first, last, b.i32(1), carried,
                      [&](Scalar kTile, ValueRange values) {
                        Ring::Position at = ring.position(values);
                        b.wait(ring.emptyBarrier(at.stage), at.phase ^ 1);
                        fill(kTile, at);
                        Ring::Position next = ring.next(at);
                        return KernelBuilder::State{next.stage, next.phase};
                      });
        };
        auto state = advance(tile.firstK, tile.firstK + tile.numK, carried,
                             [&](Scalar kTile, Ring::Position at) {
                               body(tile, kTile, at);
                             });
        if (!kernel.hasRankStages())
          return state;
        return advance(b.i32(0), (rank - 1) / rankTile + 1, state,
                       [&](Scalar rankTile, Ring::Position at) {
                         if (rankBody)
                           rankBody(tile, rankTile, at);
                       });
      });
}

/// One thread. Weights are constant: they are on their way while the kernel in
/// front, which writes the activations, still runs.
void Gemm::produceWeights() {
  int64_t bytes = kernel.getWeightTileBytes(), count = kernel.getWeightTiles();
  Scalar lastRow = (n - 1) / TileLayout::rows;
  Scalar policy = b.evictionPolicy(getTokenTiles() == 1);
  forEachStage([&](Tile tile, Scalar kTile, Ring::Position at) {
    Value full = ring.fullBarrier(at.stage);
    b.arriveExpecting(full, count * bytes);
    for (int64_t i = 0; i < count; ++i) {
      // Behind the last row: the last ones again, for results that nobody stores.
      Scalar row = b.min(tile.row * count + i, lastRow);
      Scalar index = b.asI64(row) * b.asI64(kTiles) + b.asI64(kTile);
      b.bulkLoad(b.offset(ring.weightTile(at.stage), i * bytes),
                 b.offset(weights, index * bytes), bytes, full, policy);
    }
  });
  // The kernel behind may set itself up while the last tiles are worked on.
  if (kernel.schedule.getPerSm() == 1)
    b.allowNextKernel();
}

/// One thread.
void Gemm::produceActivations() {
  b.prefetchTensorMap(activationMap);
  b.waitForPreviousKernel();
  auto fill = [&](Value map, Tile tile, Scalar inRow, Ring::Position at) {
    Value full = ring.fullBarrier(at.stage);
    b.arriveExpecting(full, kernel.getActivationTileBytes());
    b.tensorLoad(ring.activationTile(at.stage), map,
                 inRow * TileLayout::columns, tile.firstToken, full);
  };
  forEachStage(
      [&](Tile tile, Scalar kTile, Ring::Position at) {
        fill(activationMap, tile, kTile, at);
      },
      [&](Tile tile, Scalar rankTile, Ring::Position at) {
        b.arrive(ring.fullBarrier(at.stage)); // for the weights
        fill(t, tile, rankTile, at);
      });
}

//===----------------------------------------------------------------------===//
// Consumers
//===----------------------------------------------------------------------===//

void Gemm::consume(Scalar warp) {
  b.waitForPreviousKernel();
  Consumer consumer(*this, warp);
  SmallVector<Epilogue> epilogues;
  for (int64_t block = 0; block < kernel.getRowBlocks(); ++block)
    epilogues.emplace_back(*this, warp, block);
  bool isSplit = kernel.schedule.getSplit() != 1;
  Ring::Position start = ring.begin();
  forEachTile({start.stage, start.phase}, [&](Tile tile, ValueRange carried) {
    Ring::Position at = ring.position(carried);
    for (Epilogue &epilogue : epilogues)
      epilogue.prefetch(getOwned(tile));
    SmallVector<Value> sums = consumer.multiply(tile.numK, at);
    // Where registers are short.
    if (isSplit || kernel.schedule.getStreamK() ||
        kernel.schedule.getPerSm() != 1 || kernel.getRowBlocks() != 1 ||
        kernel.hasRankStages() ||
        (kernel.residual && (kernel.schedule.getInterval() != 0 ||
                             kernel.output.isF32()))) {
      consumer.readThreadAnew();
      for (Epilogue &epilogue : epilogues)
        epilogue.readThreadAnew();
    }
    // Only whole tiles have more than one block of rows a warpgroup.
    if (kernel.schedule.getStreamK())
      consumer.shareTile(tile, sums.front(), epilogues.front());
    else if (isSplit)
      consumer.reduceAndStoreTile(tile, sums.front(), epilogues.front());
    else if (kernel.hasRankStages())
      at = epilogues.front().store(sums.front(), at);
    else
      for (auto [epilogue, sum] : llvm::zip_equal(epilogues, sums))
        epilogue.store(sum);
    return KernelBuilder::State{at.stage, at.phase};
  });
}

//===----------------------------------------------------------------------===//
// The kernel
//===----------------------------------------------------------------------===//

Gemm::Gemm(const GemmKernel &kernel, KernelBuilder &b,
           ArrayRef<Value> parameters)
    : kernel(kernel), b(b), ring(kernel, b), m(b.i32(0)), n(b.i32(0)),
      kTiles(b.i32(0)), rank(b.i32(0)), part(b.i32(0)) {
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
  if (kernel.residual)
    residual = *next++;
  if (kernel.schedule.getStreamK()) {
    partialSums = *next++;
    flags = *next++;
    shares = b.staticShared("gemm_shares", 16);
  }
  m = Scalar(b, *next++);
  n = Scalar(b, *next++);
  kTiles = Scalar(b, *next++);
  if (int64_t split = kernel.schedule.getSplit(); split != 1)
    part = b.blockIdx() % split;
}

static SmallVector<ParameterKind> getParameters(const GemmKernel &kernel) {
  SmallVector<ParameterKind> kinds = {ParameterKind::TensorMap};
  kinds.append(4, ParameterKind::Global);
  if (kernel.up)
    kinds.append({kernel.hasRankStages() ? ParameterKind::TensorMap
                                         : ParameterKind::Global,
                  ParameterKind::Global, ParameterKind::I32});
  if (kernel.bias)
    kinds.push_back(ParameterKind::Global);
  if (kernel.residual)
    kinds.push_back(ParameterKind::Global);
  if (kernel.schedule.getStreamK())
    kinds.append(2, ParameterKind::Global);
  kinds.append(3, ParameterKind::I32);
  return kinds;
}

void GemmKernel::generate(OpBuilder &builder, Location loc) const {
  int64_t consumers = getConsumers();

  KernelBuilder b(builder, loc);
  Gemm gemm(*this, b,
            b.beginKernel(getName(), getThreads(), schedule.getPerSm(),
                          getParameters(*this)));
  Scalar warp = b.broadcast(b.threadIdx() / 32);
  b.ifThen(b.threadIdx() == 0, [&] {
    gemm.ring.initialize();
    if (schedule.getStreamK())
      gemm.prepareShares();
  });
  b.syncThreads();
  if (receivesEarly())
    b.arriveAtCluster();
  // The kernel behind finds room beside this one for its own first stages.
  if (schedule.getPerSm() != 1)
    b.allowNextKernel();
  b.ifElse(
      warp < consumers / 32,
      [&] {
        b.setMaxRegisters(getConsumerRegisters(), /*increase=*/true);
        gemm.consume(warp);
      },
      [&] {
        b.setMaxRegisters(getProducerRegisters(), /*increase=*/false);
        b.ifThen(b.threadIdx() == consumers, [&] { gemm.produceWeights(); });
        b.ifThen(b.threadIdx() == consumers + 32,
                 [&] { gemm.produceActivations(); });
        // Who has arrived waits, too.
        if (receivesEarly())
          b.waitForCluster();
      });
  b.endKernel();
}
