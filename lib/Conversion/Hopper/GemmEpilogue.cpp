//===- GemmEpilogue.cpp - scale, compensate, add, transpose, store --------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A thread's accumulators are two rows of the weight by many tokens, while y has
// a token's rows side by side. So each warpgroup turns its 64 rows in shared
// memory, some tokens at a time, and stores whole lines of y from there. With
// two buffers a barrier between writing one and reading it is all it takes: who
// writes a buffer again has passed the barrier behind the other's reads.
//
// A residual takes the way back: lines of it into the buffer that the same tokens
// of y go through, there before the sums are, and from there to the threads that
// have these sums. y may lie where the residual does.
//
//===----------------------------------------------------------------------===//

#include "GemmParts.h"

#include "zq/Numerics/TileLayout.h"

using namespace mlir;
using namespace zq::hopper;
using State = KernelBuilder::State;

static constexpr int64_t warpgroup = GemmKernel::warpgroup;
static constexpr int64_t vectorBytes = 16; ///< of one access

Epilogue::Epilogue(Gemm &gemm, Scalar warp, int64_t block)
    : gemm(gemm), b(gemm.b), layout(gemm.kernel.getStaging()), block(block),
      lane(b.threadIdx() % 32), thread(b.threadIdx() % warpgroup),
      warp(warp % 4), group(warp / 4 * gemm.kernel.getRowBlocks() + block),
      shared(b.offset(gemm.ring.end(), group * layout.getBytes())) {}

void Epilogue::readThreadAnew() {
  Scalar index = b.threadIdxAnew();
  lane = index % 32;
  thread = index % warpgroup;
  warp = index / 32 % 4;
  group = index / warpgroup * gemm.kernel.getRowBlocks() + block;
  shared = b.offset(gemm.ring.end(), group * layout.getBytes());
}

void Epilogue::sync() { b.syncThreads(group + 1, warpgroup); }

Value Epilogue::tokenScales() {
  return b.offset(shared, layout.getBuffers() * layout.getBufferBytes());
}
Value Epilogue::rowScales() {
  return b.offset(tokenScales(), layout.tileTokens * 4);
}
Value Epilogue::place() { return b.offset(rowScales(), layout.rows * 4); }

Scalar Epilogue::firstRow(Tile tile) {
  return tile.row * gemm.kernel.schedule.getRows() + group * layout.rows;
}

/// Scales past the end are the last one's.
void Epilogue::prefetch(Tile tile) {
  auto load = [&](Value target, Value source, Scalar first, Scalar count,
                  int64_t number) {
    for (int64_t base = 0; base < number; base += warpgroup) {
      Scalar index = thread + base;
      auto loadOne = [&] {
        Scalar at = b.min(first + index, count - 1);
        b.asyncLoad(b.element(b.builder.getF32Type(), target, index),
                    b.element(b.builder.getF32Type(), source, b.asI64(at)));
      };
      if (base + warpgroup <= number)
        loadOne();
      else
        b.ifThen(index < number, loadOne);
    }
  };
  load(tokenScales(), gemm.tokenScale, tile.firstToken, gemm.m,
       layout.tileTokens);
  load(rowScales(), gemm.rowScale, firstRow(tile), gemm.n, layout.rows);
  b.ifThen(thread == 0,
           [&] { b.store(b.pack({tile.row, tile.firstToken}), place()); });
  // Of few tokens there are registers for the factors as well.
  constexpr int64_t fewTokens = 64;
  if (gemm.kernel.up && gemm.kernel.schedule.getTokens() <= fewTokens &&
      gemm.kernel.getRowBlocks() == 1 &&
      gemm.kernel.schedule.getPerSm() == 1)
    loadFactorsEarly(tile);
  if (gemm.kernel.hasRankStages()) {
    Epilogue anew(*this);
    anew.readThreadAnew();
    anew.prefetchUp(tile);
  }
  if (!gemm.kernel.residual)
    return;
  auto loadResidual = [&] {
    for (const Chunk &chunk : getChunks())
      if (chunk.index < layout.getBuffers())
        prefetchResidual(tile, chunk);
  };
  sync(); // others may still read the tile before from the buffers
  // Who has not a tile's first columns of K does not store it.
  if (gemm.kernel.schedule.getStreamK())
    b.ifThen(tile.firstK == 0, loadResidual);
  else if (gemm.kernel.schedule.getSplit() != 1)
    b.ifThen(tile.firstToken < tile.endToken, loadResidual);
  else
    loadResidual();
}

Tile Epilogue::loadPlace() {
  Value both = b.loadVector(b.builder.getI32Type(), 2, place());
  Scalar none = b.i32(0), firstToken = b.extract(both, 1);
  Scalar endToken = gemm.m;
  if (gemm.kernel.schedule.getSplit() != 1) {
    // Of a cluster's tile the CTA has a part, which may go past the tile's end.
    int64_t tokens = gemm.kernel.schedule.getTokens();
    endToken = b.min((firstToken / tokens + 1) * tokens, endToken);
  }
  return {none, b.extract(both, 0), firstToken, endToken, none, none};
}

//===----------------------------------------------------------------------===//
// Accumulators to numbers of y
//===----------------------------------------------------------------------===//

// PTX ISA, accumulator fragment of m64nN: of each 8 tokens thread (g, c) of a
// warp holds tokens 2c and 2c + 1 of row g, then those of row g + 8.
static constexpr int64_t perEight = 4;

SmallVector<Value> Epilogue::scale(ArrayRef<Value> sums, int64_t firstToken) {
  Type f32 = b.builder.getF32Type();
  SmallVector<Scalar> rows;
  for (int64_t half = 0; half < 2; ++half)
    rows.push_back(b.loadFloat(f32, rowScales(),
                               warp * 16 + lane / 4 + half * 8));
  Value mine = b.offset(tokenScales(), lane % 4 * 8 + firstToken * 4);
  SmallVector<Value> scaled;
  for (size_t first = 0; first < sums.size(); first += perEight) {
    Value two = b.loadVector(f32, 2, b.offset(mine, first / perEight * 32));
    SmallVector<Value> tokens = b.unpack(two);
    for (int64_t i = 0; i < perEight; ++i)
      scaled.push_back(Scalar(b, sums[first + i]) *
                       (rows[i / 2] * Scalar(b, tokens[i % 2])));
  }
  return scaled;
}

//===----------------------------------------------------------------------===//
// Through shared memory
//===----------------------------------------------------------------------===//

SmallVector<Epilogue::Chunk> Epilogue::getChunks() {
  SmallVector<Chunk> chunks;
  for (int64_t first = 0; first < layout.tileTokens; first += layout.tokens)
    chunks.push_back({static_cast<int64_t>(chunks.size()), first,
                      std::min(layout.tokens, layout.tileTokens - first)});
  return chunks;
}

Value Epilogue::getBuffer(const Chunk &chunk) {
  return b.offset(shared, chunk.index % layout.getBuffers() *
                              layout.getBufferBytes());
}

Scalar Epilogue::isAligned(Value matrix) {
  Scalar rowBytes = b.asI64(gemm.n) * layout.elementBytes;
  return ((b.asInteger(matrix) | rowBytes) & (vectorBytes - 1)) == 0;
}

/// As copyVectors and copyScalars have it, the other way.
void Epilogue::prefetchResidual(Tile tile, const Chunk &chunk) {
  Value buffer = getBuffer(chunk);
  // Where registers are short, nothing of this stays in them.
  Scalar thread = gemm.kernel.schedule.getStreamK()
                      ? b.threadIdxAnew() % warpgroup
                      : this->thread;
  Scalar left = tile.endToken - tile.firstToken;
  auto getElement = [&](Scalar token, Scalar row) {
    Scalar at = b.asI64(tile.firstToken + token + chunk.firstToken) *
                    b.asI64(gemm.n) +
                b.asI64(row);
    return b.offset(gemm.residual, at * layout.elementBytes);
  };
  b.ifElse(
      isAligned(gemm.residual),
      [&] {
        int64_t perToken = layout.rows * layout.elementBytes / vectorBytes;
        Scalar inTile = thread % perToken;
        Scalar row =
            firstRow(tile) + inTile * (vectorBytes / layout.elementBytes);
        Scalar last = b.min(left, b.i32(chunk.firstToken + chunk.numTokens));
        for (int64_t first = 0; first < chunk.numTokens;
             first += warpgroup / perToken) {
          Scalar token = thread / perToken + first;
          b.ifThen((row < gemm.n) & (token + chunk.firstToken < last), [&] {
            b.asyncLoad(b.offset(buffer, token * layout.getPitch() +
                                             inTile * vectorBytes),
                        getElement(token, row), vectorBytes);
          });
        }
      },
      [&] {
        Type bits = b.builder.getIntegerType(8 * layout.elementBytes);
        b.loop(thread, b.i32(chunk.numTokens * layout.rows), b.i32(warpgroup),
               {}, [&](Scalar index, ValueRange) {
                 Scalar token = index / layout.rows;
                 Scalar inTile = index % layout.rows;
                 Scalar row = firstRow(tile) + inTile;
                 b.ifThen((row < gemm.n) & (token + chunk.firstToken < left),
                          [&] {
                            b.store(b.load(bits, getElement(token, row)),
                                    b.offset(buffer,
                                             token * layout.getPitch() +
                                                 inTile * layout.elementBytes));
                          });
                 return State{};
               });
      });
}

/// Where this thread's numbers of 32 bits are in a buffer: those of token 2c and
/// row g.
Value Epilogue::getWords(Value buffer) {
  return b.offset(buffer, lane % 4 * (2 * layout.getPitch()) + warp * 64 +
                              lane / 4 * 4);
}
int64_t Epilogue::getWordOffset(int64_t index) {
  int64_t token = index / perEight * 8 + index % 2;
  return token * layout.getPitch() + index / 2 % 2 * (8 * 4);
}

/// Where this lane points for a warp's 8 x 8 matrices of 16 bits: lanes 0-7 to
/// tokens for rows g, 8-15 to the same tokens for rows g + 8, 16-31 to the next 8
/// tokens.
Value Epilogue::getMatrices(Value buffer) {
  Scalar token = lane / 16 * 8 + lane % 8;
  Scalar rows = warp * 2 + lane / 8 % 2;
  return b.offset(buffer, token * layout.getPitch() + rows * vectorBytes);
}
static constexpr int64_t perMatrices = 2 * perEight; ///< numbers, 4 matrices

void Epilogue::addResidual(Values &numbers, Value buffer) {
  if (layout.elementBytes == 4) {
    Value mine = getWords(buffer);
    for (auto [index, number] : llvm::enumerate(numbers))
      number = Scalar(b, number) +
               Scalar(b, b.load(b.builder.getF32Type(),
                                b.offset(mine, getWordOffset(index))));
    return;
  }
  Value mine = getMatrices(buffer);
  for (size_t first = 0; first < numbers.size(); first += perMatrices) {
    size_t count = std::min<size_t>(perMatrices, numbers.size() - first);
    Value place = b.offset(mine, first / perEight * 8 * layout.getPitch());
    for (auto [index, pair] :
         llvm::enumerate(b.loadTransposed(place, count / 2))) {
      SmallVector<Scalar> residuals = b.unpackPair(gemm.kernel.output, pair);
      for (int64_t i = 0; i < 2; ++i) {
        Value &number = numbers[first + 2 * index + i];
        number = Scalar(b, number) + residuals[i];
      }
    }
  }
}

/// Rows of a token side by side, tokens `pitch` bytes apart, which brings 8
/// tokens to different banks.
void Epilogue::stage(ArrayRef<Value> numbers, Value buffer) {
  if (layout.elementBytes == 4) {
    Value mine = getWords(buffer);
    for (auto [index, number] : llvm::enumerate(numbers))
      b.store(number, b.offset(mine, getWordOffset(index)));
    return;
  }
  Value mine = getMatrices(buffer);
  for (size_t first = 0; first < numbers.size(); first += perMatrices) {
    ArrayRef<Value> part = numbers.slice(
        first, std::min<size_t>(perMatrices, numbers.size() - first));
    SmallVector<Value> pairs;
    for (size_t i = 0; i < part.size(); i += 2)
      pairs.push_back(b.packPair(gemm.kernel.output, part[i], part[i + 1]));
    b.storeTransposed(
        pairs, b.offset(mine, first / perEight * 8 * layout.getPitch()));
  }
}

/// 16 bytes at a time: rows of y begin at multiples of that.
void Epilogue::copyVectors(Tile tile, Value buffer, int64_t firstToken,
                           int64_t numTokens) {
  Type i32 = b.builder.getI32Type();
  int64_t perToken = layout.rows * layout.elementBytes / vectorBytes;
  int64_t tokensPerStep = warpgroup / perToken;
  Scalar token = thread / perToken, vector = thread % perToken;
  Scalar row = firstRow(tile) + vector * (vectorBytes / layout.elementBytes);
  Value source = b.offset(buffer, token * layout.getPitch() +
                                      vector * vectorBytes);
  Scalar rowBytes = b.asI64(gemm.n) * layout.elementBytes;
  Value target = b.offset(
      gemm.y, b.asI64(tile.firstToken + token + firstToken) * rowBytes +
                  b.asI64(row) * layout.elementBytes);
  Scalar last =
      b.min(tile.endToken - tile.firstToken, b.i32(firstToken + numTokens));
  SmallVector<Value> vectors;
  for (int64_t first = 0; first < numTokens; first += tokensPerStep)
    vectors.push_back(
        b.loadVector(i32, 4, b.offset(source, first * layout.getPitch())));
  b.ifThen(row < gemm.n, [&] {
    for (auto [step, value] : llvm::enumerate(vectors)) {
      int64_t first = step * tokensPerStep;
      b.ifThen(token + (firstToken + first) < last, [&, value = value] {
        b.store(value, b.offset(target, rowBytes * first));
      });
    }
  });
}

/// One number at a time, neighbours by neighbouring threads.
void Epilogue::copyScalars(Tile tile, Value buffer, int64_t firstToken,
                           int64_t numTokens) {
  Type bits = b.builder.getIntegerType(8 * layout.elementBytes);
  Scalar left = tile.endToken - tile.firstToken;
  b.loop(thread, b.i32(numTokens * layout.rows), b.i32(warpgroup), {},
         [&](Scalar index, ValueRange) {
           Scalar token = index / layout.rows, inTile = index % layout.rows;
           Scalar row = firstRow(tile) + inTile;
           b.ifThen((row < gemm.n) & (token + firstToken < left), [&] {
             Value from = b.offset(buffer, token * layout.getPitch() +
                                               inTile * layout.elementBytes);
             Scalar at = b.asI64(tile.firstToken + token + firstToken) *
                             b.asI64(gemm.n) +
                         b.asI64(row);
             b.store(b.load(bits, from), b.element(bits, gemm.y, at));
           });
           return State{};
         });
}

//===----------------------------------------------------------------------===//
// A tile
//===----------------------------------------------------------------------===//

void Epilogue::waitForScales() { b.waitForAsyncLoads(); }

Tile Epilogue::beginStore() {
  waitForScales();
  sync();
  return loadPlace();
}

Ring::Position Epilogue::store(Value accumulators, Ring::Position at) {
  Tile tile = beginStore();
  Value sums = b.pack(scale(b.unpack(accumulators), 0));
  Ring::Position next = compensateFromRing(tile, sums, at);
  storeChunks(tile, [&, all = b.unpack(sums)](const Chunk &chunk) {
    return llvm::to_vector(
        ArrayRef(all).slice(chunk.firstToken / 2, chunk.numTokens / 2));
  });
  return next;
}

void Epilogue::store(Value accumulators) {
  Tile tile = beginStore();
  storeChunks(tile, [&, all = b.unpack(accumulators)](const Chunk &chunk) {
    int64_t first = chunk.firstToken;
    Values numbers =
        scale(ArrayRef(all).slice(first / 2, chunk.numTokens / 2), first);
    return gemm.kernel.up ? compensate(tile, numbers, first) : numbers;
  });
}

/// What `getNumbers` has for each chunk, with the bias and the residual.
void Epilogue::storeChunks(Tile tile,
                           function_ref<Values(const Chunk &)> getNumbers) {
  SmallVector<Scalar> biases;
  if (gemm.kernel.bias)
    for (int64_t half = 0; half < 2; ++half) {
      Scalar row = firstRow(tile) + warp * 16 + lane / 4 + half * 8;
      biases.push_back(b.loadFloat(gemm.kernel.bias, gemm.bias,
                                   b.asI64(b.min(row, gemm.n - 1))));
    }
  Scalar yIsAligned = isAligned(gemm.y);
  SmallVector<Chunk> chunks = getChunks();
  for (const Chunk &chunk : chunks) {
    int64_t first = chunk.firstToken;
    Values numbers = getNumbers(chunk);
    if (gemm.kernel.bias)
      for (auto [index, number] : llvm::enumerate(numbers))
        number = Scalar(b, number) + biases[index / 2 % 2];

    Value buffer = getBuffer(chunk);
    if (gemm.kernel.residual) {
      if (chunk.index >= layout.getBuffers()) {
        b.waitForAsyncLoads();
        sync();
      }
      addResidual(numbers, buffer);
    }
    stage(numbers, buffer);
    sync();
    // The other buffer has been read.
    size_t next = chunk.index + 1;
    if (gemm.kernel.residual && chunk.index > 0 && next < chunks.size())
      prefetchResidual(tile, chunks[next]);
    b.ifElse(
        yIsAligned, [&] { copyVectors(tile, buffer, first, chunk.numTokens); },
        [&] { copyScalars(tile, buffer, first, chunk.numTokens); });
  }
}
