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

#include "Builder/KernelBuilder.h"
#include "Kernels.h"

namespace zq::hopper {

/// A ring of stages in shared memory. The producers, one of weights and one of
/// activations, fill a stage, and its full barrier completes with the last byte;
/// the consumers' threads read it and arrive at its empty barrier.
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
  /// What the stages lie in, for another use when all of them have been read.
  mlir::Value memory() { return activations; }
  /// Shared memory behind the ring, at a multiple of 16 bytes.
  mlir::Value end();

private:
  const GemmKernel &kernel;
  KernelBuilder &b;
  int64_t stages;
  mlir::Value activations, weights, full, empty;
};

/// `schedule.rows` rows of the weight by `schedule.tokens` tokens of the result,
/// and the tiles along K of them that a CTA sums over.
struct Tile {
  Scalar index;
  Scalar row; ///< of tiles: the first row, in `schedule.rows`
  Scalar firstToken;
  Scalar endToken; ///< of those that are stored
  Scalar firstK, numK;
};

/// One GEMM kernel while it is written: its arguments and its roles.
class Gemm {
public:
  Gemm(const GemmKernel &kernel, KernelBuilder &b,
       llvm::ArrayRef<mlir::Value> parameters);

  /// The part of a cluster's tile that this CTA stores; it may have no tokens.
  Tile getOwned(Tile tile);

  void produceWeights();
  void produceActivations();
  /// One warp: the sums of the CTAs behind that share this one's last tile, as soon
  /// as they are there.
  void collectSums();
  mlir::Value collected(int64_t index);
  mlir::Value collectedBarrier(int64_t index);
  void consume(Scalar warp);

  const GemmKernel &kernel;
  KernelBuilder &b;
  Ring ring;
  mlir::Value activationMap, weights, rowScale, tokenScale, y;
  mlir::Value t, up, bias, residual;
  mlir::Value partialSums, flags, shares;
  Scalar m, n, kTiles, rank;
  Scalar part; ///< of K, that this CTA has of the cluster's tile

  /// By one thread, before the others look at it: how all tiles are shared.
  void prepareShares();
  /// All tiles of K, counted on from tile to tile, are dealt out to the CTAs of
  /// stream-K: `each` to each of them, and one more to the first `more`. This CTA
  /// is number `cta`. Hardware starts CTAs in the order of blockIdx, and a CTA
  /// waits for those numbered behind it: they have started before.
  struct Shares {
    Scalar each, more, cta;
  };
  /// Reads them anew: registers are short while a tile is multiplied.
  Shares getShares();
  Scalar getFirst(const Shares &shares, Scalar cta);
  /// Which CTA has this one.
  Scalar getSharer(const Shares &shares, Scalar kTile);

private:
  /// The tiles from `first` to `last` by `step` are this CTA's.
  struct Range {
    Scalar first, last, step;
  };
  Range getRange();
  Scalar getTokenTiles();
  Scalar getTiles();
  bool hasTokenGroups();
  void placeInGroup(Tile &tile);
  /// The tiles of this CTA, with values carried from one to the next.
  KernelBuilder::State forEachTile(
      mlir::ValueRange carried,
      llvm::function_ref<KernelBuilder::State(Tile, mlir::ValueRange)> body);
  /// Their stages, as the ring runs through them.
  void forEachStage(
      llvm::function_ref<void(Tile, Scalar kTile, Ring::Position)> body,
      llvm::function_ref<void(Tile, Scalar rankTile, Ring::Position)> rankBody =
          nullptr);
};

class Epilogue;

/// One consumer warpgroup: its rows of each tile, in blocks of 64.
class Consumer {
public:
  Consumer(Gemm &gemm, Scalar warp);
  /// Goes on with the thread's index as it is read now: after the loop over K,
  /// whose registers the values made of it would take.
  void readThreadAnew();

  /// Sums `numK` tiles along K, for each block of rows; moves `at` on by as many
  /// stages.
  llvm::SmallVector<mlir::Value> multiply(Scalar numK, Ring::Position &at);
  void reduceAndStoreTile(Tile tile, mlir::Value accumulators,
                          Epilogue &epilogue);
  /// Likewise with the sums of the CTAs behind that have a part of the tile, or,
  /// where this is one of those, leaves them the sums.
  void shareTile(Tile tile, mlir::Value accumulators, Epilogue &epilogue);

private:
  /// The codes and the tables of this thread for some k32 steps of a stage.
  struct Codes {
    llvm::SmallVector<mlir::Value> words; ///< steps x 2 rows
    llvm::SmallVector<std::array<mlir::Value, 2>> tables; ///< likewise
  };
  /// What a stage has for this thread: codes, and the bytes of shifts.
  struct Unread {
    llvm::SmallVector<mlir::Value> words, shifts;
  };
  using State = KernelBuilder::State;
  using Fragments = llvm::SmallVector<mlir::Value>; ///< one for each k32 step
  using Sums = llvm::SmallVector<mlir::Value>; ///< for each block of rows
  /// Where the main loop stands, with two buffers of fragments.
  struct Pipeline {
    Ring::Position at;
    mlir::Value accumulators;
    Fragments buffers[2];
    int64_t next = 0; ///< the buffer to expand into

    State getState() const;
    void setState(Ring &ring, mlir::ValueRange values);
  };

  /// Where the main loop stands that reads codes ahead: the codes of the tile at
  /// `at` are here, and the last products of the tile before are in flight.
  struct Ahead {
    Ring::Position at;
    Sums accumulators;
    Fragments buffers[2];
    llvm::SmallVector<Unread> codes; ///< for each block of rows
    State getState() const;
    void setState(Ring &ring, mlir::ValueRange values);
  };

  /// Where the main loop stands that reads codes ahead: the products of the lower
  /// half of a tile, in the first buffer, are in flight, and the upper's codes here.
  struct Halves {
    Ring::Position at;
    mlir::Value accumulators;
    Fragments buffers[2];
    Codes upper;

    State getState() const;
    void setState(Ring &ring, mlir::ValueRange values);
  };

  Sums accumulate(Scalar numTiles, Ring::Position &at);
  Sums accumulateAhead(Scalar numTiles, Ring::Position &at);
  void multiplyAhead(Ahead &ahead, Scalar accumulate, bool isLast);
  llvm::SmallVector<Unread> waitForTile(Ring::Position at);
  Codes getHalf(const Unread &codes, int64_t half);
  mlir::Value accumulateInHalves(Scalar numTiles, Ring::Position &at);
  std::array<Codes, 2> waitForCodes(Ring::Position at);
  void multiplyHalf(Halves &halves, int64_t half, const Codes &codes,
                    bool startsSum);
  mlir::Value accumulateSingleBuffered(Scalar numTiles, Ring::Position &at);
  mlir::Value accumulateDoubleBuffered(Scalar numTiles, Ring::Position &at);
  void multiplyTile(Pipeline &pipeline, bool isFirst);
  Codes loadCodes(Scalar stage, int64_t firstStep, int64_t numSteps);
  Fragments expand(const Codes &codes);
  void issueProducts(mlir::Value &accumulators, Fragments &fragments,
                     Scalar stage, int64_t firstStep, Scalar accumulate);
  void waitForProducts(llvm::MutableArrayRef<mlir::Value> accumulators,
                       Fragments &fragments, int64_t pending);
  void release(Scalar stage, Scalar condition);

  /// The sums and the flag of this thread in the slot of a CTA.
  mlir::Value getPartialSums(Scalar cta);
  mlir::Value addSums(Scalar first, Scalar last, mlir::Value accumulators);
  mlir::Value getFlag(Scalar cta);

  Gemm &gemm;
  KernelBuilder &b;
  int64_t numAccumulators;
  Scalar lane;
  Scalar thread; ///< in the warpgroup
  Scalar warp;   ///< in the warpgroup
  Scalar group;
};

/// What one consumer warpgroup does with the sums of 64 of its rows of a tile:
/// scales them, compensates, adds the bias and the residual, rounds once and
/// stores.
class Epilogue {
public:
  /// Of this block of the warpgroup's rows.
  Epilogue(Gemm &gemm, Scalar warp, int64_t block);
  /// Like Consumer::readThreadAnew.
  void readThreadAnew();

  /// Asks for the scales and the residual of a tile, before its sums are there,
  /// and notes where it is: over the loop that makes the sums registers are short.
  void prefetch(Tile tile);
  /// The sums of the tile that was prefetched.
  void store(mlir::Value accumulators);
  /// Likewise with compensation from the ring's stages at `at`, which it moves on.
  Ring::Position store(mlir::Value accumulators, Ring::Position at);
  /// The scales that this thread has asked for; others', behind a barrier.
  void waitForScales();
  mlir::Value tokenScales();
  mlir::Value rowScales();

private:
  using Values = llvm::SmallVector<mlir::Value>;

  void sync(); ///< the warpgroup
  mlir::Value place();
  /// `row` and `firstToken` of the tile that was prefetched, behind a barrier.
  Tile loadPlace();
  Scalar firstRow(Tile tile);

  Values scale(llvm::ArrayRef<mlir::Value> sums, int64_t firstToken);
  /// Of low-rank compensation, 16 ranks: two rows of up, and t of tokens.
  struct Factors {
    Values up, t;
  };
  Factors early; ///< loaded before the products, or empty
  Values loadFactor(mlir::Type type, mlir::Value matrix, Scalar pitch,
                    llvm::ArrayRef<Scalar> rows, Scalar firstRank, bool whole);
  Factors loadFactors(Tile tile, int64_t firstToken, int64_t numTokens,
                      Scalar firstRank, bool whole);
  void loadFactorsEarly(Tile tile);
  Values multiply(llvm::ArrayRef<mlir::Value> sums, const Factors &factors);
  Values compensate(Tile tile, llvm::ArrayRef<mlir::Value> sums,
                    int64_t firstToken);
  /// Of low-rank compensation by wgmma, 16 ranks of the tile's rows.
  mlir::Value upRows();
  void prefetchUp(Tile tile);
  Values loadUp(Tile tile, Scalar firstRank);
  mlir::Value multiplyRanks(mlir::Value sums, llvm::ArrayRef<mlir::Value> up,
                            mlir::Value t);
  Ring::Position compensateFromRing(Tile tile, mlir::Value &sums,
                                    Ring::Position at);
  /// Tokens that are turned at once.
  struct Chunk {
    int64_t index, firstToken, numTokens;
  };
  llvm::SmallVector<Chunk> getChunks();
  Tile beginStore();
  void storeChunks(Tile tile,
                   llvm::function_ref<Values(const Chunk &)> getNumbers);
  mlir::Value getBuffer(const Chunk &chunk);
  /// Whether rows of `matrix`, M x N of the output's type, begin at multiples of
  /// what one access takes.
  Scalar isAligned(mlir::Value matrix);
  void prefetchResidual(Tile tile, const Chunk &chunk);
  void addResidual(Values &numbers, mlir::Value buffer);
  mlir::Value getWords(mlir::Value buffer);
  int64_t getWordOffset(int64_t index);
  mlir::Value getMatrices(mlir::Value buffer);
  void stage(llvm::ArrayRef<mlir::Value> numbers, mlir::Value buffer);
  void copyVectors(Tile tile, mlir::Value buffer, int64_t firstToken,
                   int64_t numTokens);
  void copyScalars(Tile tile, mlir::Value buffer, int64_t firstToken,
                   int64_t numTokens);

  Gemm &gemm;
  KernelBuilder &b;
  Staging layout;
  int64_t block;
  Scalar lane;
  Scalar thread; ///< in the warpgroup
  Scalar warp;   ///< in the warpgroup
  Scalar group;  ///< of 64 rows, in the tile
  mlir::Value shared;
};

} // namespace zq::hopper

#endif // ZQ_LIB_CONVERSION_HOPPER_GEMMPARTS_H
