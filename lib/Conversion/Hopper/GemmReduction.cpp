//===- GemmReduction.cpp - tiles that several CTAs have a part of ---------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Adds up the sums of the CTAs that have a part of K each: those of a cluster in
// shared memory, those of stream-K in global memory. The order of the sum is that
// of K, so the same input gives the same bits.
//
//===----------------------------------------------------------------------===//

#include "GemmParts.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace zq::hopper;
using State = KernelBuilder::State;

/// Sums are passed on 8 tokens after 8 tokens: 4 accumulators of each thread.
static constexpr int64_t perEight = 4, bytesPerEight = perEight * 4;

//===----------------------------------------------------------------------===//
// Clusters
//===----------------------------------------------------------------------===//

/// Each CTA stores some of the tile's tokens: it gets their sums from all of them,
/// in its shared memory, and adds them up.
void Consumer::reduceAndStoreTile(Tile tile, Value accumulators,
                                  Epilogue &epilogue) {
  int64_t split = gemm.kernel.schedule.getSplit();
  int64_t eights = gemm.kernel.schedule.getTokens() / 8;
  int64_t owned = gemm.kernel.getOwnedTokens() / 8;
  int64_t eightBytes = gemm.kernel.getConsumers() * bytesPerEight;
  int64_t partBytes = owned * eightBytes;
  Value received =
      gemm.kernel.receivesInRing()
          ? gemm.ring.memory()
          : b.offset(gemm.ring.end(), gemm.kernel.getEpilogueBytes());
  Value mine = b.offset(
      received, (group * GemmKernel::warpgroup + thread) * bytesPerEight);

  // All have begun, or have read what is in their rings.
  if (gemm.kernel.receivesEarly())
    b.waitForCluster();
  else
    b.syncCluster();
  Value fromHere = b.offset(mine, gemm.part * partBytes);
  SmallVector<Value> all = b.unpack(accumulators);
  for (int64_t owner = 0; owner * owned < eights; ++owner) {
    Value there = b.inCluster(fromHere, b.i32(owner));
    for (int64_t i = 0; i < std::min(owned, eights - owner * owned); ++i)
      b.store(b.pack(ArrayRef(all).slice((owner * owned + i) * perEight,
                                         perEight)),
              b.offset(there, i * eightBytes));
  }
  epilogue.waitForScales();
  b.syncCluster();

  Tile own = gemm.getOwned(tile);
  b.ifThen(own.firstToken < own.endToken, [&] {
    SmallVector<Value> sums;
    for (int64_t eight = 0; eight < owned; ++eight) {
      Value sum;
      for (int64_t part = 0; part < split; ++part) {
        Value theirs = b.loadVector(
            b.builder.getF32Type(), perEight,
            b.offset(mine, part * partBytes + eight * eightBytes));
        sum = part == 0 ? theirs : b.create<arith::AddFOp>(sum, theirs);
      }
      llvm::append_range(sums, b.unpack(sum));
    }
    epilogue.store(b.pack(sums));
  });
}

//===----------------------------------------------------------------------===//
// Stream-K
//===----------------------------------------------------------------------===//

Value Consumer::getPartialSums(Scalar cta) {
  Scalar slot = b.asI64(cta) * gemm.kernel.getPartialBytes();
  return b.offset(gemm.partialSums,
                  slot + b.asI64((group * GemmKernel::warpgroup + thread) * bytesPerEight));
}

Value Consumer::getFlag(Scalar cta) {
  int64_t warps = gemm.kernel.getConsumers() / 32;
  return b.offset(gemm.flags, (cta * warps + group * 4 + warp) * 4);
}

/// accumulators + the sums of the CTAs from `first` to `last`, in that order. All
/// have to be there before any is read, and several are on their way at once: what
/// takes time is to wait for memory.
Value Consumer::addSums(Scalar first, Scalar last, Value accumulators) {
  constexpr int64_t warpSize = 32;
  int64_t eights = gemm.kernel.schedule.getTokens() / 8;
  int64_t eightBytes = gemm.kernel.getConsumers() * bytesPerEight;
  int64_t batch = eights <= 2 ? 4 : eights <= 4 ? 2 : 1;
  b.loop(first + lane, last + 1, b.i32(warpSize), {},
         [&](Scalar other, ValueRange) {
           b.waitForFlag(getFlag(other));
           return State{};
         });
  b.syncWarp();
  return b.loop(
      first, last + 1, b.i32(batch), {accumulators},
      [&](Scalar other, ValueRange carried) {
        SmallVector<SmallVector<Value>> theirs;
        for (int64_t i = 0; i < batch; ++i) {
          Value slot = getPartialSums(b.min(other + i, last));
          theirs.emplace_back();
          for (int64_t eight = 0; eight < eights; ++eight)
            theirs.back().append(
                b.unpack(b.loadVector(b.builder.getF32Type(), perEight,
                                      b.offset(slot, eight * eightBytes))));
        }
        SmallVector<Value> sums = b.unpack(carried[0]);
        for (int64_t i = 0; i < batch; ++i) {
          Scalar isOne = other + i < last + 1;
          for (auto [sum, value] : llvm::zip_equal(sums, theirs[i])) {
            Scalar addend(b, value);
            if (i != 0)
              addend = b.select(isOne, addend, b.f32(0));
            sum = Scalar(b, sum) + addend;
          }
        }
        return State{b.pack(sums)};
      })[0];
}

/// Every warp passes on to the same warp of the CTA with the tile's first part.
void Consumer::shareTile(Tile tile, Value accumulators,
                         Epilogue &epilogue) {
  int64_t eights = gemm.kernel.schedule.getTokens() / 8;
  int64_t eightBytes = gemm.kernel.getConsumers() * bytesPerEight;
  Gemm::Shares shares = gemm.getShares();
  // tile.firstK != 0, from what is read anew.
  b.ifElse(
      tile.index * gemm.kTiles < gemm.getFirst(shares, shares.cta),
      [&] {
        Value slot = getPartialSums(shares.cta);
        SmallVector<Value> all = b.unpack(accumulators);
        for (int64_t eight = 0; eight < eights; ++eight)
          b.store(b.pack(ArrayRef(all).slice(eight * perEight, perEight)),
                  b.offset(slot, eight * eightBytes));
        epilogue.waitForScales(); // that the next ones do not overtake them
        b.syncWarp();
        b.ifThen(lane == 0, [&] { b.setFlag(getFlag(shares.cta)); });
      },
      [&] {
        Scalar last = gemm.getSharer(shares, (tile.index + 1) * gemm.kTiles - 1);
        Value sum = addSums(shares.cta + 1, last, accumulators);
        epilogue.store(sum);
      });
}
