//===- QuantizeParts.cpp - load tokens, find scales, store FP8 ------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "QuantizeParts.h"

#include "dialects/Zq/Zq.h"

#include "llvm/ADT/SmallVectorExtras.h"

#include <cmath>

using namespace mlir;
using namespace zq::hopper;

/// Chunks that are asked for before the first is used, of those not held.
static constexpr int64_t inFlight = 4;

TokenQuantizer::TokenQuantizer(const QuantizeKernel &kernel, KernelBuilder &b,
                               bool isWide, ArrayRef<Value> parameters)
    : kernel(kernel), b(b), isWide(isWide), rank(b.i32(0)), m(b.i32(0)),
      k(b.i32(0)), rowBytes(b.i32(0)), thread(b.threadIdx()),
      lane(thread % warpSize), warp(thread / warpSize),
      part(b.blockIdx() % kernel.parts),
      firstToken(b.blockIdx() / kernel.parts * kernel.tokens), chunks(b.i32(0)),
      firstChunk(b.i32(0)), firstColumn(b.i32(0)), lastColumn(b.i32(0)),
      f32(b.builder.getF32Type()), i32(b.builder.getI32Type()) {
  const Value *next = parameters.begin();
  x = *next++;
  xq = *next++;
  xs = *next++;
  if (kernel.down) {
    down = *next++;
    t = *next++;
    rank = Scalar(b, *next++);
  }
  if (kernel.clearsFlags)
    next += 2;
  m = Scalar(b, *next++);
  k = Scalar(b, *next++);
  rowBytes = Scalar(b, *next++);
  // A row of xq has a byte for each of its columns.
  int64_t columns = kernel.getChunkColumns();
  chunks = (rowBytes - 1) / (columns * kernel.parts) + 1;
  firstChunk = part * chunks;
  firstColumn = firstChunk * columns;
  lastColumn = b.min(firstColumn + chunks * columns, rowBytes);

  warpLargestMemory = shared("largest", 2 * kernel.warps * kernel.tokens * 4);
  if (kernel.down)
    warpSumsMemory = shared("sums", 2 * kernel.warps * warpSize * sumBytes);
  if (kernel.parts == 1)
    return;
  partLargestMemory =
      shared("part_largest", 2 * kernel.parts * kernel.tokens * 4);
  if (kernel.down)
    partSumsMemory = shared("part_sums", 2 * kernel.parts * share() * sumBytes);
}

Value TokenQuantizer::shared(StringRef name, int64_t bytes) {
  return b.staticShared(("quantize_" + name + "_" + Twine(bytes)).str(), bytes);
}

//===----------------------------------------------------------------------===//
// Loading
//===----------------------------------------------------------------------===//

static int64_t getBytes(Type type) { return type.getIntOrFloatBitWidth() / 8; }

Matrix TokenQuantizer::globalX() {
  return {kernel.input, x, b.asI64(k) * getBytes(kernel.input), false};
}
Matrix TokenQuantizer::globalDown() {
  if (!kernel.down)
    return {{}, {}, b.i32(0), false};
  return {kernel.down, down, b.asI64(k) * getBytes(kernel.down), false};
}

TokenQuantizer::Chunk TokenQuantizer::load(const Matrix &matrix, Scalar row,
                                           Scalar chunk) {
  Type type = matrix.type;
  int64_t bytes = getBytes(type), perVector = 16 / bytes;
  Value start =
      b.offset(matrix.base, matrix.isShared ? row * matrix.pitch
                                            : b.asI64(row) * matrix.pitch);
  Scalar origin = matrix.isShared ? firstColumn : b.i32(0);
  Scalar end = b.min(lastColumn, k);
  // Past the end something else, to read nothing there.
  auto getAddress = [&](Scalar at) {
    return b.element(type, start, b.select(at < end, at - origin, b.i32(0)));
  };
  Chunk loaded;
  for (int64_t first = 0; first < threadColumns; first += perVector) {
    if (isWide) {
      Value address = getAddress(column(chunk));
      loaded.push_back(b.loadVector(i32, 4, b.offset(address, first * bytes)));
      continue;
    }
    SmallVector<Value> numbers;
    for (int64_t i = first; i < first + perVector; ++i)
      numbers.push_back(b.load(b.builder.getIntegerType(8 * bytes),
                               getAddress(column(chunk) + i)));
    loaded.push_back(b.bitcast(VectorType::get({4}, i32), b.pack(numbers)));
  }
  return loaded;
}

TokenQuantizer::Chunk TokenQuantizer::mask(const Matrix &matrix,
                                           const Chunk &loaded, Scalar chunk) {
  int64_t bits = 8 * getBytes(matrix.type), perVector = 128 / bits;
  Scalar end = b.min(lastColumn, k);
  Chunk masked;
  for (auto [index, vector] : llvm::enumerate(loaded)) {
    if (isWide) {
      masked.push_back(b.select(column(chunk) < end, Scalar(b, vector),
                                Scalar(b, b.zeroVector(i32, 4))));
      continue;
    }
    Type integer = b.builder.getIntegerType(bits);
    Value zero = b.extract(b.zeroVector(integer, 1), 0);
    SmallVector<Value> numbers =
        b.unpack(b.bitcast(VectorType::get({perVector}, integer), vector));
    for (auto [i, number] : llvm::enumerate(numbers)) {
      Scalar at = column(chunk) + static_cast<int64_t>(index * perVector + i);
      number = b.select(at < end, Scalar(b, number), Scalar(b, zero));
    }
    masked.push_back(b.bitcast(VectorType::get({4}, i32), b.pack(numbers)));
  }
  return masked;
}

/// All are on their way before the first is looked at. Of a token past the end
/// the last one, for results that nobody stores.
SmallVector<TokenQuantizer::Chunk>
TokenQuantizer::loadTokens(ArrayRef<Scalar> chunks) {
  SmallVector<Chunk> loaded;
  for (Scalar chunk : chunks)
    loaded.push_back(load(globalX(), b.min(token(), m - 1), chunk));
  for (auto [values, chunk] : llvm::zip_equal(loaded, chunks))
    values = mask(globalX(), values, chunk);
  return loaded;
}

TokenQuantizer::Chunk TokenQuantizer::loadStaged(Value stage, int64_t index) {
  int64_t bytes = getBytes(kernel.input);
  Value start = b.offset(stage, tokenInBlock() * kernel.getStagePitch() +
                                    column(warp) * bytes);
  Chunk values;
  for (int64_t at = 0; at < threadColumns * bytes; at += 16)
    values.push_back(
        b.loadVector(i32, 4,
                     b.offset(start, index * kernel.warps *
                                             kernel.getChunkColumns() * bytes +
                                         at)));
  return values;
}

/// Of ranks past the end the last one, likewise.
TokenQuantizer::Factor TokenQuantizer::loadFactor(const Matrix &factor,
                                                  Scalar firstRank,
                                                  Scalar chunk) {
  Factor rows;
  for (auto [half, row] : llvm::enumerate(rows)) {
    Scalar r = lane / 4 + half * 8;
    if (!factor.isShared)
      r = b.min(firstRank + r, rank - 1);
    row = mask(factor, load(factor, r, chunk), chunk);
  }
  return rows;
}

/// One number, or two of 16 bits.
SmallVector<Scalar> TokenQuantizer::asFloats(Type type, Value word) {
  Scalar bits(b, word);
  if (type.isF32())
    return {Scalar(b, b.bitcast(f32, bits))};
  if (type.isBF16())
    return {Scalar(b, b.bitcast(f32, bits << 16)),
            Scalar(b, b.bitcast(f32, bits & b.i32(-0x10000)))};
  SmallVector<Value> pair =
      b.unpack(b.bitcast(VectorType::get({2}, type), bits));
  return {b.toF32(pair[0]), b.toF32(pair[1])};
}

SmallVector<Scalar> TokenQuantizer::asFloats(Type type, const Chunk &chunk) {
  SmallVector<Scalar> floats;
  for (Value vector : chunk)
    for (Value word : b.unpack(vector))
      floats.append(asFloats(type, word));
  return floats;
}

TokenQuantizer::State TokenQuantizer::forChunks(int64_t first,
                                                ValueRange carried, Body body) {
  int64_t count = isWide && !kernel.isRing() ? inFlight : 1;
  return b.loop(heldChunk(first), firstChunk + chunks,
                b.i32(count * kernel.warps), carried,
                [&](Scalar chunk, ValueRange values) {
                  SmallVector<Scalar> indices;
                  for (int64_t i = 0; i < count; ++i)
                    indices.push_back(chunk + i * kernel.warps);
                  State state(values);
                  for (auto [index, loaded] :
                       llvm::zip_equal(indices, loadTokens(indices)))
                    state = body(index, loaded, state);
                  return state;
                });
}

//===----------------------------------------------------------------------===//
// Largest magnitudes and scales
//===----------------------------------------------------------------------===//

Value TokenQuantizer::warpLargest(Scalar buffer) {
  return b.offset(warpLargestMemory,
                  buffer * (kernel.warps * kernel.tokens * 4));
}
Value TokenQuantizer::partLargest(Scalar buffer) {
  return b.offset(partLargestMemory,
                  buffer * (kernel.parts * kernel.tokens * 4));
}

/// The larger of two magnitudes, or of two pairs of 16 bits: as integers, which
/// floats without a sign compare like; not a number is larger than all. (Of
/// numbers that are taken apart here registers would hold both the parts and
/// what is in memory.)
static Value findLarger(KernelBuilder &b, Type type, Value word, Value sofar) {
  bool isF32 = type.isF32();
  Scalar magnitude = Scalar(b, word) & b.i32(isF32 ? 0x7fffffff : 0x7fff7fff);
  Type integers = isF32 ? Type(b.builder.getI32Type())
                        : VectorType::get({2}, b.builder.getIntegerType(16));
  return b.bitcast(b.builder.getI32Type(),
                   b.maxUnsigned(b.bitcast(integers, magnitude),
                                 b.bitcast(integers, sofar)));
}

Value TokenQuantizer::findLargest(const Chunk &chunk, Value sofar) {
  for (Value vector : chunk)
    for (Value word : b.unpack(vector))
      sofar = findLarger(b, kernel.input, word, sofar);
  return sofar;
}

void TokenQuantizer::passOnFirst(Held held, const Matrix &factor,
                                 ArrayRef<Factor> heldFactor, Scalar buffer) {
  State all = {b.i32(0)}; // the largest, then the sums
  if (kernel.down)
    all.append(zeroSums());
  auto look = [&](const Chunk &chunk, llvm::function_ref<Factor()> getFactor,
                  ValueRange sofar) {
    State next = {findLargest(chunk, sofar.front())};
    if (kernel.down)
      next.append(multiply(chunk, getFactor(), sofar.drop_front()));
    return next;
  };
  for (int64_t i = 0; i < kernel.held; ++i)
    all = look(
        held(i),
        [&] {
          return heldFactor.empty() ? loadFactor(factor, b.i32(0), heldChunk(i))
                                    : heldFactor[i];
        },
        all);
  if (!holdsAll())
    all = forChunks(kernel.held, all,
                    [&](Scalar index, const Chunk &chunk, ValueRange sofar) {
                      return look(
                          chunk,
                          [&] { return loadFactor(factor, b.i32(0), index); },
                          sofar);
                    });
  storeLargest(all.front(), buffer);
  if (kernel.down)
    storeSums(ArrayRef(all).drop_front(), buffer);
}

/// To shared memory, one for each warp and token.
void TokenQuantizer::storeLargest(Value largest, Scalar buffer) {
  SmallVector<Scalar> pair = asFloats(kernel.input, largest);
  Scalar all = pair.front();
  if (pair.size() == 2)
    all = b.max(all, pair.back());
  for (int64_t mask = 1; mask < sharers(); mask *= 2)
    all = b.max(all, b.shuffleXor(all, mask));
  b.ifThen(lane % sharers() == 0, [&] {
    b.storeFloat(f32, all, warpLargest(buffer),
                 warp * kernel.tokens + tokenInBlock());
  });
}

/// Behind a syncThreads: to all CTAs of the cluster, by the last threads, as
/// the first ones have sums to add up.
void TokenQuantizer::passOnPartLargest(Scalar buffer) {
  int64_t tokens = kernel.tokens, count = kernel.parts * tokens;
  for (int64_t base = 0; base < count; base += kernel.getThreads()) {
    Scalar index = b.i32(base + kernel.getThreads() - 1) - thread;
    b.ifThen(index < count, [&] {
      Scalar at = index % tokens, all = b.f32(0);
      for (int64_t w = 0; w < kernel.warps; ++w)
        all =
            b.max(all, b.loadFloat(f32, warpLargest(buffer), at + w * tokens));
      Value slot = b.element(f32, partLargest(buffer), part * tokens + at);
      b.store(all, b.inCluster(slot, index / tokens));
    });
  }
}

/// A token of zeros has scale 1; so has one too small for FP32 to divide.
void TokenQuantizer::findScales(Scalar buffer) {
  bool together = kernel.parts != 1;
  Value all = together ? partLargest(buffer) : warpLargest(buffer);
  Scalar largest = b.f32(0);
  for (int64_t i = 0; i < (together ? kernel.parts : kernel.warps); ++i)
    largest = b.max(largest,
                    b.loadFloat(f32, all, tokenInBlock() + i * kernel.tokens));
  Scalar ratio = largest / b.f32(getLargest(*zq::getFormat(kernel.activation)));
  Scalar scale = b.select(ratio == b.f32(0), b.f32(1), ratio);
  Scalar boost = b.select(scale < b.f32(0x1p-60), b.f32(0x1p64), b.f32(1));
  Scalar boosted = scale * boost;
  Scalar divisor = b.select(boosted == b.f32(INFINITY), b.f32(0), boosted);
  scaling.emplace(Scaling{scale, boost, divisor, b.f32(1) / boosted});
}

//===----------------------------------------------------------------------===//
// FP8
//===----------------------------------------------------------------------===//

/// value / scale to nearest, in four instructions: a product with the rounded
/// reciprocal, and Newton's correction by the remainder. The remainder is
/// exact, but of a token so small that both are multiplied by 2^64 first. Of an
/// infinite scale the reciprocal is 0, and so is the divisor: it is to change
/// nothing. (The remainder is negative, for -0 to stay that.)
Scalar TokenQuantizer::divide(Scalar value) {
  Scalar numerator = value * scaling->boost;
  Scalar quotient = numerator * scaling->reciprocal;
  Scalar remainder = b.fma(quotient, scaling->divisor, b.negate(numerator));
  return b.fma(b.negate(remainder), scaling->reciprocal, quotient);
}

void TokenQuantizer::storeChunk(Value target, Scalar chunk,
                                const Chunk &values) {
  SmallVector<Scalar> numbers = asFloats(kernel.input, values);
  SmallVector<Value> words;
  for (int64_t first = 0; first < threadColumns; first += 4) {
    SmallVector<Scalar> pairs;
    for (int64_t i = first; i < first + 4; i += 2)
      pairs.push_back(b.asI32(b.convertToFP8(
          kernel.activation, divide(numbers[i]), divide(numbers[i + 1]))));
    words.push_back(pairs[0] | (pairs[1] << 16));
  }
  b.ifThen((column(chunk) < lastColumn) & (token() < m),
           [&] { b.store(b.pack(words), target); });
}

void TokenQuantizer::storeTokens(Held held) {
  Scalar isFirst = (part == 0) & (thread < warpSize) & (lane % sharers() == 0);
  b.ifThen(isFirst & (token() < m),
           [&] { b.storeFloat(f32, scaling->scale, xs, b.asI64(token())); });
  Value target = b.offset(xq, b.asI64(token()) * b.asI64(rowBytes));
  target = b.offset(target, column(heldChunk(0)));
  int64_t columns = kernel.getChunkColumns();
  for (int64_t i = 0; i < kernel.held; ++i)
    storeChunk(b.offset(target, i * kernel.warps * columns), heldChunk(i),
               held(i));
  if (!holdsAll())
    forChunks(kernel.held, {},
              [&](Scalar chunk, const Chunk &values, ValueRange) {
                Scalar bytes = (chunk - heldChunk(0)) * columns;
                storeChunk(b.offset(target, bytes), chunk, values);
                return State{};
              });
}
