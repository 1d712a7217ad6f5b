//===- GemmParts.h - ring, tiles and consumers of the GEMM ------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The pieces that GEMM kernels are put together from.
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_LIB_CONVERSION_HOPPER_GEMMPARTS_H
#define ZQ_LIB_CONVERSION_HOPPER_GEMMPARTS_H

#include "KernelBuilder.h"
#include "Kernels.h"

namespace zq::hopper {

/// A ring of stages in shared memory. The producer fills a stage and its full
/// barrier completes with the last byte; the consumers' warps read it and
/// arrive at its empty barrier.
class Ring {
public:
  Ring(const GemmKernel &kernel, KernelBuilder &b);

  /// Where a role stands: the stage, and the parity of its full barrier's
  /// phase.
  struct Position {
    Scalar stage, phase;
  };

  /// By one thread, before anyone uses the ring.
  void initialize();
  Position begin();
  Position next(Position at);
  Position position(mlir::ValueRange values) {
    return {Scalar(b, values[0]), Scalar(b, values[1])};
  }
  Scalar previousStage(Position at);

  mlir::Value fullBarrier(Scalar stage);
  mlir::Value emptyBarrier(Scalar stage);
  mlir::Value activationTile(Scalar stage);
  mlir::Value weightTile(Scalar stage);
  /// Shared memory behind the ring, at a multiple of 16 bytes.
  mlir::Value end();

private:
  const GemmKernel &kernel;
  KernelBuilder &b;
  int64_t stages;
  mlir::Value activations, weights, full, empty;
};

/// 128 rows of the weight by `schedule.tokens` tokens of the result.
struct Tile {
  Scalar rowTile;
  Scalar firstToken;
};

/// One GEMM kernel while it is written: its arguments and its roles.
class Gemm {
public:
  Gemm(const GemmKernel &kernel, KernelBuilder &b,
       llvm::ArrayRef<mlir::Value> parameters);

  void produce();
  void consume(Scalar warp);

  const GemmKernel &kernel;
  KernelBuilder &b;
  Ring ring;
  mlir::Value activationMap, weights, rowScale, tokenScale, y;
  mlir::Value t, up, bias;
  Scalar m, n, kTiles, rank;
  /// The tiles along K that are this CTA's: `numK` from `firstK`.
  Scalar part, firstK, numK;

private:
  void takePart();
  Scalar getTokenTiles();
  Scalar getFirstTile(); ///< of this CTA
  void loadWeights(Scalar rowTile, Scalar kTile, Scalar stage);
  /// The tiles of this CTA, with values carried from one to the next.
  KernelBuilder::State forEachTile(
      mlir::ValueRange carried,
      llvm::function_ref<KernelBuilder::State(Tile, mlir::ValueRange)> body);
};

/// One consumer warpgroup: 64 rows of each tile.
class Consumer {
public:
  Consumer(Gemm &gemm, Scalar warp);

  /// Sums a tile over K; moves `at` on by all of its stages.
  mlir::Value multiply(Ring::Position &at);
  /// The epilogue for the sums of all CTAs of the cluster.
  void reduceAndStoreTile(Tile tile, mlir::Value accumulators);

private:
  /// The codes and the tables of this thread for some k32 steps of a stage.
  struct Codes {
    llvm::SmallVector<mlir::Value> words; ///< steps x 2 rows
    llvm::SmallVector<std::array<mlir::Value, 2>> tables; ///< likewise
  };
  using State = KernelBuilder::State;
  using Fragments = llvm::SmallVector<mlir::Value>; ///< one for each k32 step
  /// Where the main loop stands, with two buffers of fragments.
  struct Pipeline {
    Ring::Position at;
    mlir::Value accumulators;
    Fragments buffers[2];
    int64_t next = 0; ///< the buffer to expand into

    State getState() const;
    void setState(Ring &ring, mlir::ValueRange values);
  };

  mlir::Value accumulate(Scalar numTiles, Ring::Position &at);
  mlir::Value accumulateSingleBuffered(Scalar numTiles, Ring::Position &at);
  mlir::Value accumulateDoubleBuffered(Scalar numTiles, Ring::Position &at);
  void multiplyTile(Pipeline &pipeline, bool isFirst);
  Codes loadCodes(Scalar stage, int64_t firstStep, int64_t numSteps);
  Fragments expand(const Codes &codes);
  void issueProducts(mlir::Value &accumulators, Fragments &fragments,
                     Scalar stage, int64_t firstStep, Scalar accumulate);
  void waitForProducts(mlir::Value &accumulators, Fragments &fragments,
                       int64_t pending);
  void release(Scalar stage, Scalar condition);

  /// Where accumulator `index` of this thread stands in the tile.
  struct Place {
    int64_t rowHalf; ///< 0: row g, 1: row g + 8
    Scalar token;    ///< from the tile's first
  };
  Place getPlace(int64_t index);
  /// The two rows of this thread: g and g + 8.
  struct RowPair {
    llvm::SmallVector<Scalar, 2> rows;
    llvm::SmallVector<Scalar, 2> valid; ///< no further than the last row
    llvm::SmallVector<Scalar, 2> scales, biases;
  };
  RowPair loadRows(Tile tile);
  void storePart(Tile tile, const RowPair &rows, int64_t first,
                 llvm::SmallVector<mlir::Value> sums);
  llvm::SmallVector<mlir::Value> compensate(llvm::ArrayRef<mlir::Value> sums,
                                            int64_t first, const RowPair &rows,
                                            llvm::ArrayRef<Scalar> tokens);

  Gemm &gemm;
  KernelBuilder &b;
  int64_t numAccumulators;
  Scalar lane;
  Scalar thread; ///< in the warpgroup
  Scalar warp;   ///< in the warpgroup
  Scalar group;  ///< 0 or 1
};

/// What one consumer warpgroup does with the sums of its 64 rows of a tile:
/// scales them, compensates, adds the bias, rounds once and stores.
class Epilogue {
public:
  Epilogue(Gemm &gemm, Scalar warp);

  /// Asks for the scales of a tile, before its sums are there.
  void prefetch(Tile tile);
  void store(Tile tile, mlir::Value accumulators);

private:
  using Values = llvm::SmallVector<mlir::Value>;

  void sync(); ///< the warpgroup
  mlir::Value tokenScales();
  mlir::Value rowScales();
  Scalar firstRow(Tile tile);

  Values scale(llvm::ArrayRef<mlir::Value> sums, int64_t firstToken);
  Values compensate(Tile tile, llvm::ArrayRef<mlir::Value> sums,
                    int64_t firstToken, bool whole);
  Values loadFactor(mlir::Type type, mlir::Value matrix, Scalar row,
                    Scalar first, bool whole);
  void stage(llvm::ArrayRef<mlir::Value> numbers, mlir::Value buffer);
  void copyVectors(Tile tile, mlir::Value buffer, int64_t firstToken,
                   int64_t numTokens);
  void copyScalars(Tile tile, mlir::Value buffer, int64_t firstToken,
                   int64_t numTokens);

  Gemm &gemm;
  KernelBuilder &b;
  Staging layout;
  Scalar lane;
  Scalar thread; ///< in the warpgroup
  Scalar warp;   ///< in the warpgroup
  Scalar group;  ///< 0 or 1
  mlir::Value shared;
};

} // namespace zq::hopper

#endif // ZQ_LIB_CONVERSION_HOPPER_GEMMPARTS_H
