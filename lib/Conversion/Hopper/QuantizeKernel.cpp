//===- QuantizeKernel.cpp - activations to FP8, one CTA per token ---------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One CTA reads one token three times, the second and third time from cache:
// for its largest magnitude, for its FP8 row (padded with zeros to whole tiles
// of K), and for the down projection of low-rank compensation, which takes the
// unquantized token. Where the rows are aligned to 16 bytes, which they are but
// for a K that is no multiple of 8 or 4, a thread takes 8 columns at a time.
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
  return name;
}

namespace {

constexpr int64_t warpSize = 32;
constexpr int64_t numWarps = QuantizeKernel::threads / warpSize;
constexpr int64_t wide = 8; ///< columns that a thread takes at a time

/// One token in one CTA.
struct TokenQuantizer {
  const QuantizeKernel &kernel;
  KernelBuilder &b;
  Value x;  ///< the token's row
  Scalar k; ///< its length
  Scalar thread, lane, warp;
  Value partials; ///< one number for each warp, shared

  Scalar loadX(Scalar column) { return b.loadFloat(kernel.input, x, column); }
  SmallVector<Scalar> loadWideX(Scalar column) {
    return b.loadFloats(kernel.input, x, column, wide);
  }
  /// The columns, from the first, that can be read `wide` at a time in `row`
  /// and x.
  Scalar getWideColumns(Value row);

  Scalar largestMagnitude();
  void storeFour(ArrayRef<Scalar> values, Scalar scale, Value xq, Scalar first);
  void quantizeRow(Scalar scale, Value xq, Scalar rowBytes);
  void projectDown(Value down, Value t, Scalar rank);
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

Scalar TokenQuantizer::largestMagnitude() {
  auto larger = [&](Scalar a, Scalar c) { return b.max(a, c); };
  Scalar wideColumns = getWideColumns(x);
  Value ofWide =
      b.loop(thread * wide, wideColumns, b.i32(QuantizeKernel::threads * wide),
             ValueRange{b.f32(0)}, [&](Scalar first, ValueRange carried) {
               Scalar sofar(b, carried[0]);
               for (Scalar value : loadWideX(first))
                 sofar = larger(sofar, b.abs(value));
               return KernelBuilder::State{sofar};
             })[0];
  Value mine =
      b.loop(wideColumns + thread, k, b.i32(QuantizeKernel::threads),
             ValueRange{ofWide}, [&](Scalar column, ValueRange carried) {
               Scalar sofar(b, carried[0]);
               Scalar value = b.abs(loadX(column));
               return KernelBuilder::State{larger(sofar, value)};
             })[0];
  Scalar ofWarp = reduceWarp(b, Scalar(b, mine), larger);
  b.ifThen(lane == 0, [&] {
    b.storeFloat(b.builder.getF32Type(), ofWarp, partials, warp);
  });
  b.syncThreads();
  Scalar all = b.f32(0);
  for (int64_t w = 0; w < numWarps; ++w)
    all = larger(all, b.loadFloat(b.builder.getF32Type(), partials, b.i32(w)));
  return all;
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

/// xq is aligned, x need not be.
void TokenQuantizer::quantizeRow(Scalar scale, Value xq, Scalar rowBytes) {
  Scalar wideColumns = getWideColumns(x);
  b.loop(thread * wide, wideColumns, b.i32(QuantizeKernel::threads * wide), {},
         [&](Scalar first, ValueRange) {
           SmallVector<Scalar> values = loadWideX(first);
           for (int64_t four = 0; four < wide; four += 4)
             storeFour(ArrayRef(values).slice(four, 4), scale, xq,
                       first + four);
           return KernelBuilder::State{};
         });
  b.loop(wideColumns + thread * 4, rowBytes, b.i32(QuantizeKernel::threads * 4),
         {}, [&](Scalar first, ValueRange) {
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

/// Each warp takes ranks in turn.
void TokenQuantizer::projectDown(Value down, Value t, Scalar rank) {
  b.loop(warp, rank, b.i32(numWarps), {}, [&](Scalar r, ValueRange) {
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
  KernelBuilder b(builder, loc);
  SmallVector<ParameterKind> kinds(3, ParameterKind::Global);
  if (down)
    kinds.append(
        {ParameterKind::Global, ParameterKind::Global, ParameterKind::I32});
  kinds.append(2, ParameterKind::I32);
  SmallVector<Value> parameters = b.beginKernel(getName(), threads, kinds);
  Value x = parameters[0], xq = parameters[1], xs = parameters[2];
  Scalar k(b, parameters[kinds.size() - 2]);
  Scalar rowBytes(b, parameters[kinds.size() - 1]);

  // The GEMM may set itself up now; it waits for this kernel's end by itself.
  b.allowNextKernel();
  // The kernel in front writes x, or reads the workspace.
  b.waitForPreviousKernel();
  Scalar token = b.asI64(b.blockIdx());
  Scalar thread = b.threadIdx();
  TokenQuantizer quantizer{*this,
                           b,
                           b.element(input, x, token * b.asI64(k)),
                           k,
                           thread,
                           thread % warpSize,
                           thread / warpSize,
                           b.staticShared("quantize_partials", numWarps * 4)};

  Scalar largest = b.f32(getLargest(*getFormat(activation)));
  Scalar ratio = quantizer.largestMagnitude() / largest;
  // A token of zeros has scale 1; so has one too small for FP32 to divide.
  Scalar scale = b.select(ratio == b.f32(0), b.f32(1), ratio);
  b.ifThen(thread == 0,
           [&] { b.storeFloat(builder.getF32Type(), scale, xs, token); });
  quantizer.quantizeRow(scale, b.offset(xq, token * b.asI64(rowBytes)),
                        rowBytes);
  if (down) {
    Scalar rank(b, parameters[5]);
    Value t =
        b.element(builder.getF32Type(), parameters[4], token * b.asI64(rank));
    quantizer.projectDown(parameters[3], t, rank);
  }
  b.endKernel();
}
