//===- DownProjection.cpp - low-rank compensation's first product ---------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// t = x down^T by mma.sync, 16 ranks at a time. Tokens are n: what a thread has
// of x for quantization is also how its B operand looks, up to the order of
// columns, which a sum does not care about as long as both factors have the
// same.
//
// Products are added up in FP32: of a warp by the tensor core, then of a CTA's
// warps, then of a cluster's CTAs, in that order, so the same input gives the
// same bits. Factors of 16 bits enter as they are, FP32 rounded to TF32.
//
//===----------------------------------------------------------------------===//

#include "QuantizeParts.h"

using namespace mlir;
using namespace zq::hopper;

Value TokenQuantizer::warpSums(Scalar buffer, Scalar ofWarp, Scalar index) {
  Scalar slot = (buffer * kernel.warps + ofWarp) * warpSize + index;
  return b.offset(warpSumsMemory, slot * sumBytes);
}
Value TokenQuantizer::partSums(Scalar buffer, Scalar ofPart, Scalar index) {
  Scalar slot = (buffer * kernel.parts + ofPart) * share() + index;
  return b.offset(partSumsMemory, slot * sumBytes);
}

/// sums + down x chunk, for each chain of sums.
TokenQuantizer::State TokenQuantizer::multiply(const Chunk &chunk,
                                               const Factor &factor,
                                               ValueRange sums) {
  auto getOperands = [&](Type type, const Chunk &columns) {
    if (kernel.isExact())
      return b.unpack(columns.front());
    SmallVector<Value> operands;
    for (Scalar number : asFloats(type, columns))
      operands.push_back(b.toTF32(number));
    return operands;
  };
  SmallVector<Value> low = getOperands(kernel.down, factor[0]),
                     high = getOperands(kernel.down, factor[1]),
                     values = getOperands(kernel.input, chunk);
  State result(sums);
  for (size_t i = 0; i < values.size(); i += 2) {
    Value &sum = result[i / 2 % chains()];
    sum = b.pack(b.multiplyMatrices(kernel.isExact() ? kernel.input : Type(),
                                    {low[i], high[i], low[i + 1], high[i + 1]},
                                    {values[i], values[i + 1]}, b.unpack(sum)));
  }
  return result;
}

void TokenQuantizer::passOnSums(Scalar firstRank, Scalar buffer) {
  storeSums(forChunks(0, zeroSums(),
                      [&](Scalar index, const Chunk &chunk, ValueRange sofar) {
                        return multiply(
                            chunk, loadFactor(globalDown(), firstRank, index),
                            sofar);
                      }),
            buffer);
}

/// To shared memory, those of a warp.
void TokenQuantizer::storeSums(ValueRange sums, Scalar buffer) {
  Value sum = sums.front();
  for (Value chain : sums.drop_front())
    sum = b.add(sum, chain);
  b.store(sum, warpSums(buffer, warp, lane));
}

/// Of all warps, this thread's.
Value TokenQuantizer::addWarpSums(Scalar buffer) {
  Value sum;
  for (int64_t w = 0; w < kernel.warps; ++w) {
    Value next = b.loadVector(f32, 4, warpSums(buffer, b.i32(w), thread));
    sum = w == 0 ? next : b.add(sum, next);
  }
  return sum;
}

void TokenQuantizer::passOnPartSums(Scalar buffer) {
  b.ifThen(thread < warpSize, [&] {
    Value slot = partSums(buffer, part, thread / kernel.parts);
    b.store(addWarpSums(buffer), b.inCluster(slot, thread % kernel.parts));
  });
}

/// PTX ISA, accumulators of m16n8: ranks g and g + 8 of tokens 2c and 2c + 1.
/// In TF32, as the GEMM multiplies them; zero past the last rank, up to whole
/// 16s.
void TokenQuantizer::storeProjection(Scalar firstRank, Scalar buffer) {
  Scalar isMine = (thread < warpSize) & (thread % kernel.parts == part);
  b.ifThen(isMine, [&] {
    Value sum;
    if (kernel.parts == 1)
      sum = addWarpSums(buffer);
    else
      for (int64_t other = 0; other < kernel.parts; ++other) {
        Value next = b.loadVector(
            f32, 4, partSums(buffer, b.i32(other), thread / kernel.parts));
        sum = other == 0 ? next : b.add(sum, next);
      }
    Scalar first = firstToken + lane % 4 * 2;
    Scalar pitch = ((rank - 1) / rankTile + 1) * rankTile;
    for (auto [index, number] : llvm::enumerate(b.unpack(sum))) {
      Scalar at = first + index % 2;
      Scalar r = firstRank + (lane / 4 + index / 2 * 8);
      Scalar bits = b.select(r < rank, b.toTF32(Scalar(b, number)), b.i32(0));
      b.ifThen(at < m, [&] {
        b.store(bits,
                b.element(i32, t, b.asI64(at) * b.asI64(pitch) + b.asI64(r)));
      });
    }
  });
}
