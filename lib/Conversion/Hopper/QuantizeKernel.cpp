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
// unquantized token.
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

/// One token in one CTA.
struct TokenQuantizer {
  const QuantizeKernel &kernel;
  KernelBuilder &b;
  Value x;  ///< the token's row
  Scalar k; ///< its length
  Scalar thread, lane, warp;
  Value partials; ///< one number for each warp, shared

  Scalar loadX(Scalar column) { return b.loadFloat(kernel.input, x, column); }

  Scalar largestMagnitude();
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

Scalar TokenQuantizer::largestMagnitude() {
  auto larger = [&](Scalar a, Scalar c) { return b.max(a, c); };
  Value mine =
      b.loop(thread, k, b.i32(QuantizeKernel::threads), ValueRange{b.f32(0)},
             [&](Scalar column, ValueRange carried) {
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

/// Four columns a thread at a time: xq is aligned, x need not be.
void TokenQuantizer::quantizeRow(Scalar scale, Value xq, Scalar rowBytes) {
  b.loop(thread * 4, rowBytes, b.i32(QuantizeKernel::threads * 4), {},
         [&](Scalar first, ValueRange) {
           SmallVector<Scalar> values;
           for (int64_t i = 0; i < 4; ++i) {
             Scalar column = first + i;
             Scalar inside = loadX(b.min(column, k - 1));
             values.push_back(b.select(column < k, inside / scale, b.f32(0)));
           }
           Scalar low = b.convertToFP8(kernel.activation, values[0], values[1]);
           Scalar high =
               b.convertToFP8(kernel.activation, values[2], values[3]);
           Scalar word = b.asI32(low) | (b.asI32(high) << 16);
           b.store(word, b.offset(xq, first));
           return KernelBuilder::State{};
         });
}

/// Each warp takes ranks in turn.
void TokenQuantizer::projectDown(Value down, Value t, Scalar rank) {
  b.loop(warp, rank, b.i32(numWarps), {}, [&](Scalar r, ValueRange) {
    Value row = b.element(kernel.down, down, b.asI64(r) * b.asI64(k));
    Value mine = b.loop(lane, k, b.i32(warpSize), ValueRange{b.f32(0)},
                        [&](Scalar column, ValueRange carried) {
                          Scalar weight = b.loadFloat(kernel.down, row, column);
                          Scalar sofar(b, carried[0]);
                          return KernelBuilder::State{
                              b.fma(loadX(column), weight, sofar)};
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
