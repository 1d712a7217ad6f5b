//===- Kernels.h - the kernels of a W4A8 linear -----------------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What a kernel is generated for, and the functions that write it. A
// specification holds exactly what the code depends on; N, K, M and the rank
// are run-time arguments, so the layers of a model share a few kernels. Its
// name says all of it: kernels of one name are the same kernel.
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_LIB_CONVERSION_HOPPER_KERNELS_H
#define ZQ_LIB_CONVERSION_HOPPER_KERNELS_H

#include "dialects/ZqGPU/ZqGPU.h"

#include "mlir/IR/Builders.h"

namespace zq::hopper {

/// A token's row of t, the down projection, is padded to a multiple of so many
/// ranks: 128 bytes, like the tiles of activations.
constexpr int64_t rankTile = 32;
inline int64_t getProjectionBytes(int64_t rank) {
  return (rank + rankTile - 1) / rankTile * rankTile * 4;
}

/// Per token: the scale, the FP8 row, and the down projection of low-rank
/// compensation. A CTA has a block of tokens and, of their rows, the part that the
/// others of its cluster leave to it.
struct QuantizeKernel {
  static constexpr int64_t threadColumns = 8; ///< of one token
  static constexpr int64_t rankRows = 16; ///< that are projected to at a time

  mlir::Type input;
  mlir::Type activation;
  mlir::Type down; ///< null: no compensation
  int64_t tokens; ///< of a block: 1, 2, 4 or 8, which compensation wants
  int64_t warps;
  int64_t held;  ///< chunks of the block's part that a warp keeps
  int64_t parts; ///< CTAs of a cluster
  int64_t stages; ///< of a persistent kernel's ring; 0: x straight to registers
  bool clearsFlags; ///< those of a GEMM that shares tiles
  bool stagesDown = true; ///< if there is room for the part of the down factor

  int64_t getThreads() const { return warps * 32; }
  /// Columns of each token that a warp has at a time.
  int64_t getChunkColumns() const { return 32 / tokens * threadColumns; }
  bool isRing() const { return stages != 0; }
  /// Whether tensor cores multiply x by the down factor as they are.
  bool isExact() const { return down == input && !input.isF32(); }
  /// CTAs that registers are to let share a multiprocessor.
  int64_t getPerSm() const {
    bool isLarge = held > 8 || (down && !isExact());
    return isRing() || isLarge ? 1 : 2;
  }
  /// Bytes from a token to the next in a stage: the 64 that 4 threads read of each
  /// are to lie in the other half of the banks than those of the next.
  int64_t getStagePitch() const {
    int64_t bytes = getChunkColumns() * input.getIntOrFloatBitWidth() / 8;
    return (warps * held * (bytes / 64) | 1) * 64;
  }
  int64_t getStageBytes() const { return tokens * getStagePitch(); }
  std::string getName() const;
  /// Dynamic shared memory of a launch.
  int64_t getSharedBytes(int64_t rowBytes) const;
  /// Writes the kernel where the builder stands. Parameters: x, xq, xs,
  /// [down, t, rank,] [flags, their number,] M, K, bytes of a row of xq.
  void generate(mlir::OpBuilder &builder, mlir::Location loc) const;
};

/// Where a consumer warpgroup turns its part of a tile, in shared memory: two
/// buffers of `tokens` tokens each, or one for all; then the scales of
/// the tile's tokens and of its rows, where the tile is, and of the rows of the up
/// factor what the tensor core multiplies first.
struct Staging {
  static constexpr int64_t rows = 64, placeBytes = 16;
  int64_t tileTokens, tokens, elementBytes, upBytes;

  int64_t getPitch() const { return rows * elementBytes + 16; }
  int64_t getBuffers() const { return tileTokens > tokens ? 2 : 1; }
  int64_t getBufferBytes() const { return tokens * getPitch(); }
  int64_t getBytes() const {
    return getBuffers() * getBufferBytes() + (tileTokens + rows) * 4 +
           placeBytes + upBytes;
  }
};

/// y = row_scale * xs * (w8 x xq) + t x up + bias + residual, in tiles of `schedule.rows`
/// rows of the weight and `schedule.tokens` tokens.
struct GemmKernel {
  static constexpr int64_t warpgroup = 128, groupRows = 64;
  /// The most CTAs that a launch of a kernel which shares tiles can have.
  static constexpr int64_t maxSharing = 144;

  mlir::Type weight;
  int64_t maxShift;
  bool multipliers; ///< steps with multipliers (#zq.step), not shifts alone
  int64_t shiftsPerRow; ///< in a tile: 1, 2 or 4
  mlir::Type activation;
  mlir::Type output;
  mlir::Type up;   ///< null: no compensation
  mlir::Type bias; ///< null: none
  bool residual;
  zqgpu::ScheduleAttr schedule;

  std::string getName() const;
  /// Warpgroups that multiply, and the blocks of 64 rows that each of them has.
  static constexpr int64_t consumerGroups = 2;
  int64_t getRowBlocks() const {
    return schedule.getRows() / (groupRows * consumerGroups);
  }
  static constexpr int64_t getConsumers() {
    return consumerGroups * warpgroup;
  }
  /// One more warpgroup fills the ring.
  int64_t getThreads() const { return getConsumers() + warpgroup; }
  /// Dynamic shared memory of a launch.
  int64_t getSharedBytes() const;
  /// A stage's weights: one tile of 128 x 128, or two.
  int64_t getWeightTileBytes() const;
  int64_t getWeightTiles() const;
  int64_t getActivationTileBytes() const { return schedule.getTokens() * 128; }
  /// Registers of a consumer and of a producer thread.
  int64_t getConsumerRegisters() const;
  int64_t getProducerRegisters() const;
  /// Two buffers of fragments let codes be expanded while products are in
  /// flight: the k32 steps that each holds, as far as registers go; 0 where
  /// they do not go so far and there is one buffer, of a tile.
  int64_t getStepsPerBuffer() const;
  /// Whether codes are read half a tile before they are expanded, where products are
  /// short beside that and registers hold them, or all of a tile before.
  bool readsAhead() const;
  bool readsTileAhead() const;
  /// Whether low-rank compensation goes through the ring: the tiles of t follow
  /// those of the activations, and are multiplied by wgmma. Of fewer tokens both
  /// factors are in registers in time.
  bool hasRankStages() const;
  /// Tokens of a tile that a CTA stores: all, or its part of a cluster's.
  int64_t getOwnedTokens() const;
  Staging getStaging() const;
  /// What the epilogue needs of shared memory.
  int64_t getEpilogueBytes() const;
  /// The sums that a CTA of a cluster gets from all of them.
  int64_t getReceivedBytes() const;
  /// They may come as soon as one has them, unless they are so many that they take
  /// the place of the ring's stages.
  bool receivesInRing() const { return getReceivedBytes() > 72 * 1024; }
  bool receivesEarly() const {
    return schedule.getSplit() != 1 && !receivesInRing();
  }
  /// The FP32 sums of a tile over a part of K.
  int64_t getPartialBytes() const {
    return schedule.getRows() * schedule.getTokens() * 4;
  }
  /// Sums of other CTAs that a warp of its own fetches to shared memory, while this
  /// one multiplies.
  int64_t getCollected() const;
  /// Flags of CTAs that share tiles: one for each consumer warp.
  int64_t getFlags() const { return maxSharing * getConsumers() / 32; }
  /// Writes the kernel where the builder stands. Parameters: the map over xq,
  /// weights, row_scale, xs, y, [t or the map over it, up, rank,] [bias,] [residual,] [partial sums, flags,]
  /// M, N, tiles along K.
  void generate(mlir::OpBuilder &builder, mlir::Location loc) const;
};

} // namespace zq::hopper

#endif // ZQ_LIB_CONVERSION_HOPPER_KERNELS_H
