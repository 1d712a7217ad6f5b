//===- QuantizeKernel.cpp - activations to FP8, token by token ------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A CTA reads a token for its largest magnitude, and writes its FP8 row (padded
// with zeros to whole tiles of K) and, for low-rank compensation, the down
// projection of the unquantized token. Many tokens: a CTA for each, which holds the
// first columns in registers from one pass to the next. Few: several CTAs for each;
// all find the largest magnitude, each quantizes a part of the row.
//
// Where the rows are aligned to 16 bytes, which they are but for a K that is no
// multiple of 8 or 4, a thread takes 8 columns at a time.
//
//===----------------------------------------------------------------------===//

#include "KernelBuilder.h"
#include "Kernels.h"

#include "dialects/Zq/Zq.h"

#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace zq::hopper;

std::string QuantizeKernel::getName() const {
  std::string name;
  llvm::raw_string_ostream os(name);
  os << "quantize_" << input << '_' << getFormatName(*getFormat(activation));
  if (down)
    os << "_lorc_" << down;
  if (parts != 1)
    os << "_parts" << parts;
  if (clearsFlags)
    os << "_flags";
  return name;
}

namespace {

constexpr int64_t warpSize = 32;
constexpr int64_t maxThreads = 256;
constexpr int64_t wide = 8; ///< columns that a thread takes at a time
/// Times 8 columns that a thread asks for before it uses the first.
constexpr int64_t inFlight = 4;

/// One token in one CTA.
struct TokenQuantizer {
  const QuantizeKernel &kernel;
  KernelBuilder &b;
  Value x;  ///< the token's row
  Scalar k; ///< its length
  Scalar thread, lane, warp;
  Value partials; ///< one number for each warp, shared

  int64_t getThreads() { return kernel.getThreads(); }
  int64_t getWarps() { return getThreads() / warpSize; }
  Scalar loadX(Scalar column) { return b.loadFloat(kernel.input, x, column); }
  SmallVector<Scalar> loadWideX(Scalar column) {
    return b.loadFloats(kernel.input, x, column, wide);
  }
  /// The columns, from the first, that can be read `wide` at a time in `row`
  /// and x.
  Scalar getWideColumns(Value row);

  Scalar larger(Scalar a, Scalar c) { return b.max(a, c); }
  Scalar reduceCta(Scalar mine);
  /// Of the columns from `first` that this thread looks at, and `sofar`.
  Scalar largestFrom(Scalar first, Scalar sofar);
  Scalar getScale(Scalar largest);
  void storeFour(ArrayRef<Scalar> values, Scalar scale, Value xq, Scalar first);
  void storeWide(ArrayRef<Scalar> values, Scalar scale, Value xq, Scalar first);
  void quantizeColumns(Scalar first, Scalar last, Scalar scale, Value xq);
  /// Quantizes all columns and returns the scale; each is read once if x has no
  /// more than the CTA's threads hold. At least `wide` columns can be read wide.
  Scalar quantizeHeld(Value xq, Scalar rowBytes);
  void projectDown(Value down, Value t, Scalar rank, Scalar part);
};

/// Lanes of a warp combine their values; all get the result.
template <typename Combine>
Scalar reduceWarp(KernelBuilder &b, Scalar value, Combine combine) {
  for (int64_t mask = warpSize / 2; mask > 0; mask /= 2)
    value = combine(value, b.shuffleXor(value, mask));
  return value;
}

Scalar TokenQuantizer::getWideColumns(Value row) {
  Scalar misaligned = (b.asInteger(x) | b.asInteger(row)) & 15;
  return b.select(misaligned == 0, k / wide * wide, b.i32(0));
}

Scalar TokenQuantizer::reduceCta(Scalar mine) {
  Scalar ofWarp =
      reduceWarp(b, mine, [&](Scalar a, Scalar c) { return larger(a, c); });
  b.ifThen(lane == 0, [&] {
    b.storeFloat(b.builder.getF32Type(), ofWarp, partials, warp);
  });
  b.syncThreads();
  Scalar all = b.f32(0);
  for (int64_t w = 0; w < getWarps(); ++w)
    all = larger(all, b.loadFloat(b.builder.getF32Type(), partials, b.i32(w)));
  return all;
}

Scalar TokenQuantizer::largestFrom(Scalar first, Scalar sofar) {
  Scalar wideColumns = getWideColumns(x);
  int64_t step = getThreads() * wide;
  Value ofWide =
      b.loop(first + thread * wide, wideColumns, b.i32(step * inFlight),
             ValueRange{sofar}, [&](Scalar column, ValueRange carried) {
               Scalar largest(b, carried[0]);
               // Past the end, the last ones again.
               for (int64_t i = 0; i < inFlight; ++i)
                 for (Scalar value : loadWideX(
                          b.min(column + i * step, wideColumns - wide)))
                   largest = larger(largest, b.abs(value));
               return KernelBuilder::State{largest};
             })[0];
  Value mine =
      b.loop(wideColumns + thread, k, b.i32(getThreads()), ValueRange{ofWide},
             [&](Scalar column, ValueRange carried) {
               Scalar largest(b, carried[0]);
               return KernelBuilder::State{
                   larger(largest, b.abs(loadX(column)))};
             })[0];
  return {b, mine};
}

/// A token of zeros has scale 1; so has one too small for FP32 to divide.
Scalar TokenQuantizer::getScale(Scalar largest) {
  Scalar ratio = largest / b.f32(getLargest(*zq::getFormat(kernel.activation)));
  return b.select(ratio == b.f32(0), b.f32(1), ratio);
}

/// Four columns in FP8 from `first`.
void TokenQuantizer::storeFour(ArrayRef<Scalar> values, Scalar scale, Value xq,
                               Scalar first) {
  Scalar low =
      b.convertToFP8(kernel.activation, values[0] / scale, values[1] / scale);
  Scalar high =
      b.convertToFP8(kernel.activation, values[2] / scale, values[3] / scale);
  b.store(b.asI32(low) | (b.asI32(high) << 16), b.offset(xq, first));
}

void TokenQuantizer::storeWide(ArrayRef<Scalar> values, Scalar scale, Value xq,
                               Scalar first) {
  for (int64_t four = 0; four < wide; four += 4)
    storeFour(values.slice(four, 4), scale, xq, first + four);
}

/// From a multiple of `wide` to one of 4. xq is aligned, x need not be.
void TokenQuantizer::quantizeColumns(Scalar first, Scalar last, Scalar scale,
                                     Value xq) {
  Scalar wideColumns = getWideColumns(x);
  b.loop(first + thread * wide, b.min(last, wideColumns),
         b.i32(getThreads() * wide), {}, [&](Scalar column, ValueRange) {
           storeWide(loadWideX(column), scale, xq, column);
           return KernelBuilder::State{};
         });
  Scalar narrow = b.select(first < wideColumns, wideColumns, first);
  b.loop(narrow + thread * 4, last, b.i32(getThreads() * 4), {},
         [&](Scalar first, ValueRange) {
           SmallVector<Scalar> values;
           for (int64_t i = 0; i < 4; ++i) {
             Scalar column = first + i;
             Scalar inside = loadX(b.min(column, k - 1));
             values.push_back(b.select(column < k, inside, b.f32(0)));
           }
           storeFour(values, scale, xq, first);
           return KernelBuilder::State{};
         });
}

Scalar TokenQuantizer::quantizeHeld(Value xq, Scalar rowBytes) {
  Scalar wideColumns = getWideColumns(x);
  int64_t step = getThreads() * wide;
  SmallVector<Scalar> columns;
  SmallVector<SmallVector<Value>> held;
  for (int64_t i = 0; i < inFlight; ++i) {
    columns.push_back(thread * wide + i * step);
    // Past the end, the last ones: the largest stays what it is.
    Scalar column = b.min(columns.back(), wideColumns - wide);
    held.push_back(b.loadWide(kernel.input, x, column, wide));
  }
  Scalar largest = b.f32(0);
  for (const SmallVector<Value> &vectors : held)
    for (Scalar value : b.asFloats(vectors))
      largest = larger(largest, b.abs(value));
  Scalar rest = b.i32(inFlight * step);
  Scalar scale = getScale(reduceCta(largestFrom(rest, largest)));
  for (auto [column, vectors] : llvm::zip_equal(columns, held))
    b.ifThen(column < wideColumns,
             [&, &column = column, &vectors = vectors] {
               storeWide(b.asFloats(vectors), scale, xq, column);
             });
  quantizeColumns(b.min(rest, wideColumns), rowBytes, scale, xq);
  return scale;
}

/// Each warp, of those of all CTAs of the token, takes ranks in turn.
void TokenQuantizer::projectDown(Value down, Value t, Scalar rank,
                                 Scalar part) {
  Scalar first = part * getWarps() + warp;
  int64_t warps = kernel.parts * getWarps();
  b.loop(first, rank, b.i32(warps), {}, [&](Scalar r, ValueRange) {
    Value row = b.element(kernel.down, down, b.asI64(r) * b.asI64(k));
    Scalar wideColumns = getWideColumns(row);
    Value ofWide =
        b.loop(lane * wide, wideColumns, b.i32(warpSize * wide),
               ValueRange{b.f32(0)}, [&](Scalar first, ValueRange carried) {
                 Scalar sum(b, carried[0]);
                 auto weights = b.loadFloats(kernel.down, row, first, wide);
                 for (auto [value, weight] :
                      llvm::zip_equal(loadWideX(first), weights))
                   sum = b.fma(value, weight, sum);
                 return KernelBuilder::State{sum};
               })[0];
    Value mine = b.loop(
        wideColumns + lane, k, b.i32(warpSize), ValueRange{ofWide},
        [&](Scalar column, ValueRange carried) {
          Scalar weight = b.loadFloat(kernel.down, row, column);
          Scalar sofar(b, carried[0]);
          return KernelBuilder::State{b.fma(loadX(column), weight, sofar)};
        })[0];
    Scalar sum = reduceWarp(b, Scalar(b, mine),
                            [](Scalar a, Scalar c) { return a + c; });
    b.ifThen(lane == 0,
             [&] { b.storeFloat(b.builder.getF32Type(), sum, t, r); });
    return KernelBuilder::State{};
  });
}

} // namespace

void QuantizeKernel::generate(OpBuilder &builder, Location loc) const {
  // Small CTAs have few registers, to find room beside GEMMs.
  int64_t perSm = parts == 1 ? 1 : 16;
  KernelBuilder b(builder, loc);
  SmallVector<ParameterKind> kinds(3, ParameterKind::Global);
  if (down)
    kinds.append(
        {ParameterKind::Global, ParameterKind::Global, ParameterKind::I32});
  if (clearsFlags)
    kinds.append({ParameterKind::Global, ParameterKind::I32});
  kinds.append(2, ParameterKind::I32);
  SmallVector<Value> parameters =
      b.beginKernel(getName(), getThreads(), perSm, kinds);
  const Value *next = parameters.begin();
  Value x = *next++, xq = *next++, xs = *next++;
  Value downFactor = down ? *next++ : Value(), t = down ? *next++ : Value();
  Scalar rank = down ? Scalar(b, *next++) : b.i32(0);
  Value flags = clearsFlags ? *next++ : Value();
  Scalar numFlags = clearsFlags ? Scalar(b, *next++) : b.i32(0);
  Scalar k(b, *next++), rowBytes(b, *next++);

  // The GEMM may set itself up now; it waits for this kernel's end by itself.
  b.allowNextKernel();
  // The kernel in front writes x, or reads the workspace.
  b.waitForPreviousKernel();
  Scalar thread = b.threadIdx();
  Scalar part = b.blockIdx() % parts;
  Scalar token = b.asI64(b.blockIdx() / parts);
  TokenQuantizer quantizer{*this,
                           b,
                           b.element(input, x, token * b.asI64(k)),
                           k,
                           thread,
                           thread % warpSize,
                           thread / warpSize,
                           b.staticShared("quantize_partials",
                                          maxThreads / warpSize * 4)};
  if (clearsFlags)
    b.ifThen(b.blockIdx() == 0, [&] {
      b.loop(thread, numFlags, b.i32(getThreads()), {},
             [&](Scalar flag, ValueRange) {
               b.store(b.i32(0),
                       b.element(builder.getI32Type(), flags, flag));
               return KernelBuilder::State{};
             });
    });

  Value row = b.offset(xq, token * b.asI64(rowBytes));
  auto storeScale = [&](Scalar scale) {
    b.ifThen((thread == 0) & (part == 0), [&] {
      b.storeFloat(builder.getF32Type(), scale, xs, token);
    });
  };
  auto readTwice = [&] {
    Scalar scale = quantizer.getScale(
        quantizer.reduceCta(quantizer.largestFrom(b.i32(0), b.f32(0))));
    storeScale(scale);
    // Rows are whole tiles: parts of them are multiples of `wide`.
    Scalar columns = (rowBytes / wide - 1) / parts * wide + wide;
    Scalar first = part * columns;
    quantizer.quantizeColumns(first, b.min(first + columns, rowBytes), scale,
                              row);
  };
  if (parts == 1)
    b.ifElse(
        quantizer.getWideColumns(quantizer.x) != 0,
        [&] { storeScale(quantizer.quantizeHeld(row, rowBytes)); },
        readTwice);
  else
    readTwice();
  if (down) {
    Value projected =
        b.element(builder.getF32Type(), t, token * b.asI64(rank));
    quantizer.projectDown(downFactor, projected, rank, part);
  }
  b.endKernel();
}
