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
// share weights.
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
  // Up to the window of normal numbers all shifts are the same arithmetic.
  if (maxShift > getShiftWindow(format, Format::E4M3).maxNormalShift)
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
  return name;
}

int64_t GemmKernel::getWeightTileBytes() const {
  return TileLayout::codeBytes + TileLayout::rows * shiftsPerRow;
}

int64_t GemmKernel::getSharedBytes() const {
  constexpr int64_t barrierBytes = 8;
  int64_t stageBytes =
      getActivationTileBytes() + getWeightTileBytes() + 2 * barrierBytes;
  return KernelBuilder::dynamicSharedSlack + schedule.getStages() * stageBytes;
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

//===----------------------------------------------------------------------===//
// Tiles
//===----------------------------------------------------------------------===//

KernelBuilder::State Gemm::forEachTile(
    ValueRange carried,
    llvm::function_ref<KernelBuilder::State(Tile, ValueRange)> body) {
  Scalar tokenTiles = (m - 1) / kernel.schedule.getTokens() + 1;
  Scalar rowTiles = (n - 1) / TileLayout::rows + 1;
  return b.loop(b.blockIdx(), tokenTiles * rowTiles, b.gridDim(), carried,
                [&](Scalar index, ValueRange values) {
                  Tile tile{index / tokenTiles,
                            index % tokenTiles * kernel.schedule.getTokens()};
                  return body(tile, values);
                });
}

//===----------------------------------------------------------------------===//
// Producer
//===----------------------------------------------------------------------===//

/// One thread: fills stage after stage, waiting for consumers to release it.
void Gemm::produce() {
  b.waitForPreviousKernel();
  int64_t weightBytes = kernel.getWeightTileBytes();
  int64_t activationBytes = kernel.getActivationTileBytes();
  Ring::Position start = ring.begin();
  forEachTile({start.stage, start.phase}, [&](Tile tile, ValueRange carried) {
    Scalar firstTile = b.asI64(tile.rowTile) * b.asI64(kTiles);
    return b.loop(b.i32(0), kTiles, b.i32(1), carried,
                  [&](Scalar kTile, ValueRange position) {
                    Ring::Position at = ring.position(position);
                    b.wait(ring.emptyBarrier(at.stage), at.phase ^ 1);
                    Value full = ring.fullBarrier(at.stage);
                    b.arriveExpecting(full, weightBytes + activationBytes);
                    Scalar weightTile = firstTile + b.asI64(kTile);
                    b.bulkLoad(ring.weightTile(at.stage),
                               b.offset(weights, weightTile * weightBytes),
                               weightBytes, full);
                    b.tensorLoad(ring.activationTile(at.stage), activationMap,
                                 kTile * TileLayout::columns, tile.firstToken,
                                 full);
                    Ring::Position next = ring.next(at);
                    return KernelBuilder::State{next.stage, next.phase};
                  });
  });
}

//===----------------------------------------------------------------------===//
// Consumers
//===----------------------------------------------------------------------===//

void Gemm::consume(Scalar warp) {
  b.waitForPreviousKernel();
  Consumer consumer(*this, warp);
  Ring::Position start = ring.begin();
  forEachTile({start.stage, start.phase}, [&](Tile tile, ValueRange carried) {
    Ring::Position at = ring.position(carried);
    Value accumulators = consumer.multiply(at);
    consumer.storeTile(tile, accumulators);
    return KernelBuilder::State{at.stage, at.phase};
  });
}

//===----------------------------------------------------------------------===//
// The kernel
//===----------------------------------------------------------------------===//

Gemm::Gemm(const GemmKernel &kernel, KernelBuilder &b,
           ArrayRef<Value> parameters)
    : kernel(kernel), b(b), ring(kernel, b), m(b.i32(0)), n(b.i32(0)),
      kTiles(b.i32(0)), rank(b.i32(0)) {
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
  kTiles = Scalar(b, *next++);
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
  // 384 threads start with 168 registers each; the producer needs few.
  constexpr int64_t producerRegisters = 40, consumerRegisters = 232;
  constexpr int64_t consumerWarps = consumerGroups * 4;

  KernelBuilder b(builder, loc);
  Gemm gemm(*this, b, b.beginKernel(getName(), threads, getParameters(*this)));
  Scalar warp = b.broadcast(b.threadIdx() / 32);
  b.ifThen(b.threadIdx() == 0, [&] { gemm.ring.initialize(); });
  b.syncThreads();
  b.ifElse(
      warp < consumerWarps,
      [&] {
        b.setMaxRegisters(consumerRegisters, /*increase=*/true);
        gemm.consume(warp);
      },
      [&] {
        b.setMaxRegisters(producerRegisters, /*increase=*/false);
        b.ifThen(b.threadIdx() == consumerWarps * 32, [&] { gemm.produce(); });
      });
  b.endKernel();
}
