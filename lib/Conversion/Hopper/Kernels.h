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

/// Per token: the scale, the FP8 row, and the down projection of low-rank
/// compensation.
struct QuantizeKernel {
  static constexpr int64_t threads = 256;

  mlir::Type input;
  mlir::Type activation;
  mlir::Type down; ///< null: no compensation

  std::string getName() const;
  /// Writes the kernel where the builder stands. Parameters: x, xq, xs,
  /// [down, t, rank,] K, bytes of a row of xq.
  void generate(mlir::OpBuilder &builder, mlir::Location loc) const;
};

/// Where a consumer warpgroup turns its part of a tile, in shared memory: two
/// buffers of `tokens` tokens each, or one for all; then the scales of the
/// tile's tokens and of its rows.
struct Staging {
  static constexpr int64_t rows = 64;
  int64_t tileTokens, tokens, elementBytes;

  int64_t getPitch() const { return rows * elementBytes + 16; }
  int64_t getBuffers() const { return tileTokens > tokens ? 2 : 1; }
  int64_t getBufferBytes() const { return tokens * getPitch(); }
  int64_t getBytes() const {
    return getBuffers() * getBufferBytes() + (tileTokens + rows) * 4;
  }
};

/// y = row_scale * xs * (w8 x xq) + t x up + bias, in tiles of 128 rows of the
/// weight and `schedule.tokens` tokens, each by `schedule.split` CTAs.
struct GemmKernel {
  static constexpr int64_t consumerGroups = 2, warpgroup = 128;
  static constexpr int64_t threads = (consumerGroups + 1) * warpgroup;

  mlir::Type weight;
  int64_t maxShift;
  bool multipliers; ///< steps with multipliers (#zq.step), not shifts alone
  int64_t shiftsPerRow; ///< in a tile: 1, 2 or 4
  mlir::Type activation;
  mlir::Type output;
  mlir::Type up;   ///< null: no compensation
  mlir::Type bias; ///< null: none
  zqgpu::ScheduleAttr schedule;

  std::string getName() const;
  /// Dynamic shared memory of a launch.
  int64_t getSharedBytes() const;
  int64_t getWeightTileBytes() const;
  int64_t getActivationTileBytes() const { return schedule.getTokens() * 128; }
  /// Registers of a consumer and of a producer thread.
  int64_t getConsumerRegisters() const;
  int64_t getProducerRegisters() const;
  /// Two buffers of fragments let codes be expanded while products are in
  /// flight: the k32 steps that each holds, as far as registers go; 0 where
  /// they do not go so far and there is one buffer, of a tile.
  int64_t getStepsPerBuffer() const;
  Staging getStaging() const;
  /// What the epilogue needs of shared memory.
  int64_t getEpilogueBytes() const;
  /// Writes the kernel where the builder stands. Parameters: the map over xq,
  /// weights, row_scale, xs, y, [t, up, rank,] [bias,] M, N, tiles along K.
  void generate(mlir::OpBuilder &builder, mlir::Location loc) const;
};

} // namespace zq::hopper

#endif // ZQ_LIB_CONVERSION_HOPPER_KERNELS_H
