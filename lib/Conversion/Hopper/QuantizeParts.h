//===- QuantizeParts.h - tokens in a CTA that quantizes them ----*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What a CTA has of its tokens and what it does with them: load, find scales,
// store, project. Private to the quantization kernel's files.
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_LIB_CONVERSION_HOPPER_QUANTIZEPARTS_H
#define ZQ_LIB_CONVERSION_HOPPER_QUANTIZEPARTS_H

#include "Builder/KernelBuilder.h"
#include "Kernels.h"

namespace zq::hopper {

constexpr int64_t warpSize = 32;
constexpr int64_t threadColumns = QuantizeKernel::threadColumns;
constexpr int64_t rankRows = QuantizeKernel::rankRows;
constexpr int64_t sumBytes = 16; ///< a thread's four sums

/// Row-major numbers, rows `pitch` bytes apart; in global memory from column 0,
/// or in shared memory from the first column of the CTA's part.
struct Matrix {
  mlir::Type type;
  mlir::Value base;
  Scalar pitch;
  bool isShared;
};

/// The tokens that a CTA works on, its part of their columns, and its place in
/// them. A warp has every `warps`-th chunk of the part's columns.
struct TokenQuantizer {
  /// A thread's columns of a chunk as they lie in memory, in vectors of 4 x
  /// i32.
  using Chunk = llvm::SmallVector<mlir::Value>;
  /// Those of two rows of the down factor.
  using Factor = std::array<Chunk, 2>;
  using State = KernelBuilder::State;

  /// Where the kernel's parameters are. `isWide`: rows of x are at multiples of
  /// 16 bytes and end with whole threads' columns.
  TokenQuantizer(const QuantizeKernel &kernel, KernelBuilder &b, bool isWide,
                 llvm::ArrayRef<mlir::Value> parameters);

  const QuantizeKernel &kernel;
  KernelBuilder &b;
  bool isWide;
  mlir::Value x, xq, xs, down, t;
  Scalar rank, m, k, rowBytes;
  Scalar thread, lane, warp, part;
  Scalar firstToken;
  Scalar chunks;                              ///< of a part
  Scalar firstChunk, firstColumn, lastColumn; ///< of this one
  mlir::Type f32, i32;

  /// Threads of a warp that share a token.
  int64_t sharers() const { return warpSize / kernel.tokens; }
  /// This thread's token of the block.
  Scalar tokenInBlock() { return lane / sharers(); }
  Scalar token() { return firstToken + tokenInBlock(); }
  /// This thread's first column of a chunk.
  Scalar column(Scalar chunk) {
    return chunk * kernel.getChunkColumns() + lane % sharers() * threadColumns;
  }
  Scalar heldChunk(int64_t index) {
    return firstChunk + warp + index * kernel.warps;
  }
  mlir::Value shared(llvm::StringRef name, int64_t bytes);
  void syncParts();

  //===--- Loading --------------------------------------------------------===//

  Matrix globalX();
  Matrix globalDown();
  /// As it lies there; past the end of a row and the CTA's part anything.
  Chunk load(const Matrix &matrix, Scalar row, Scalar chunk);
  /// Zeros past the end.
  Chunk mask(const Matrix &matrix, const Chunk &loaded, Scalar chunk);
  llvm::SmallVector<Chunk> loadTokens(llvm::ArrayRef<Scalar> chunks);
  /// From a stage of the ring, where there are zeros past the end.
  Chunk loadStaged(mlir::Value stage, int64_t index);
  Factor loadFactor(const Matrix &factor, Scalar firstRank, Scalar chunk);
  llvm::SmallVector<Scalar> asFloats(mlir::Type type, mlir::Value word);
  llvm::SmallVector<Scalar> asFloats(mlir::Type type, const Chunk &chunk);
  using Body =
      llvm::function_ref<State(Scalar, const Chunk &, mlir::ValueRange)>;
  /// The warp's chunks from the `first` on, from global memory.
  State forChunks(int64_t first, mlir::ValueRange carried, Body body);

  //===--- Scales and FP8 -------------------------------------------------===//

  /// The warp's chunks that are held, in registers or in a stage.
  using Held = llvm::function_ref<Chunk(int64_t)>;
  /// Of shared memory there are two buffers; those who use them in turn are
  /// one syncThreads apart. First come the largest magnitudes and with
  /// compensation the products of the first 16 ranks.
  void passOnFirst(Held held, const Matrix &factor,
                   llvm::ArrayRef<Factor> heldFactor, Scalar buffer);
  void passOnPartLargest(Scalar buffer);
  void findScales(Scalar buffer);
  void storeTokens(Held held);

  //===--- The down projection --------------------------------------------===//

  /// Products of 16 more ranks, x and the factor from global memory.
  void passOnSums(Scalar firstRank, Scalar buffer);
  /// Behind a syncThreads: to the CTA of the cluster that adds them up.
  void passOnPartSums(Scalar buffer);
  void storeProjection(Scalar firstRank, Scalar buffer);

private:
  /// Of this thread's token; see divide().
  struct Scaling {
    Scalar scale, boost, divisor, reciprocal;
  };
  std::optional<Scaling> scaling;

  bool holdsAll() const { return kernel.isRing() && isWide; }
  mlir::Value findLargest(const Chunk &chunk, mlir::Value sofar);
  void storeLargest(mlir::Value largest, Scalar buffer);
  Scalar divide(Scalar value);
  void storeChunk(mlir::Value target, Scalar chunk, const Chunk &values);
  /// Chains of sums that do not wait for each other.
  int64_t chains() const { return kernel.isRing() ? 2 : 4; }
  State zeroSums() { return State(chains(), b.zeroVector(f32, 4)); }
  State multiply(const Chunk &chunk, const Factor &factor,
                 mlir::ValueRange sums);
  void storeSums(mlir::ValueRange sums, Scalar buffer);
  mlir::Value addWarpSums(Scalar buffer);

  /// Shared memory, two buffers each.
  mlir::Value warpLargestMemory, partLargestMemory, warpSumsMemory,
      partSumsMemory;
  mlir::Value warpLargest(Scalar buffer);
  mlir::Value partLargest(Scalar buffer);
  mlir::Value warpSums(Scalar buffer, Scalar ofWarp, Scalar index);
  mlir::Value partSums(Scalar buffer, Scalar ofPart, Scalar index);
  /// Sums that a CTA adds up of those of all parts.
  int64_t share() const { return (warpSize - 1) / kernel.parts + 1; }
};

} // namespace zq::hopper

#endif // ZQ_LIB_CONVERSION_HOPPER_QUANTIZEPARTS_H
