//===- GemmTiles.cpp - which tiles of the product a CTA computes ----------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Who computes what is one loop over tiles (Gemm::forEachTile), which all roles
// run through:
// - every gridDim-th tile, with all of K. Tokens vary fastest, so CTAs that run
//   together share weights;
// - `split`: one tile for each cluster, a part of K for each of its CTAs, which add
//   up their sums in each other's shared memory;
// - `stream_k`: as many tiles of K for each CTA. The one with a tile's first adds the
//   others' sums, from global memory.
//
//===----------------------------------------------------------------------===//

#include "GemmParts.h"

#include "zq/Numerics/TileLayout.h"

using namespace mlir;
using namespace zq::hopper;

Scalar Gemm::getTokenTiles() {
  return (m - 1) / kernel.schedule.getTokens() + 1;
}

Scalar Gemm::getTiles() {
  return getTokenTiles() * ((n - 1) / kernel.schedule.getRows() + 1);
}

void Gemm::prepareShares() {
  Scalar all = getTiles() * kTiles;
  Scalar cta = b.gridDim() - 1 - b.blockIdx();
  b.store(b.pack({all / b.gridDim(), all % b.gridDim(), cta, b.i32(0)}),
          shares);
}

Gemm::Shares Gemm::getShares() {
  Value all = b.loadVector(b.builder.getI32Type(), 4, shares);
  return {b.extract(all, 0), b.extract(all, 1), b.extract(all, 2)};
}

Scalar Gemm::getFirst(const Shares &shares, Scalar cta) {
  return cta * shares.each + b.min(cta, shares.more);
}

Scalar Gemm::getSharer(const Shares &shares, Scalar kTile) {
  Scalar longer = shares.more * (shares.each + 1); // where those with more end
  return b.select(kTile < longer, kTile / (shares.each + 1),
                  shares.more + (kTile - b.min(kTile, longer)) / shares.each);
}

Gemm::Range Gemm::getRange() {
  Scalar one = b.i32(1);
  if (kernel.schedule.getStreamK()) {
    Shares shares = getShares();
    Scalar first = getFirst(shares, shares.cta);
    Scalar last = getFirst(shares, shares.cta + 1);
    return {first / kTiles, (last - 1) / kTiles + 1, one};
  }
  if (int64_t split = kernel.schedule.getSplit(); split != 1) {
    Scalar only = b.blockIdx() / split;
    return {only, b.min(only + 1, getTiles()), one};
  }
  return {b.blockIdx(), getTiles(), b.gridDim()};
}

/// Whether there may be more token tiles than run at once.
bool Gemm::hasTokenGroups() {
  zq::zqgpu::ScheduleAttr schedule = kernel.schedule;
  return !schedule.getStreamK() && schedule.getSplit() == 1 &&
         schedule.getPerSm() == 1 && schedule.getTokens() >= 128;
}

/// Tiles in groups of some token tiles, those fastest: CTAs that run together
/// share activations as well as weights in L2.
void Gemm::placeInGroup(Tile &tile) {
  constexpr int64_t most = 8;
  Scalar rowTiles = (n - 1) / kernel.schedule.getRows() + 1;
  Scalar perGroup = rowTiles * most;
  Scalar first = tile.index / perGroup * most;
  Scalar inGroup = tile.index % perGroup;
  Scalar count = b.min(getTokenTiles() - first, b.i32(most));
  tile.row = inGroup / count;
  tile.firstToken = (first + inGroup % count) * kernel.schedule.getTokens();
}

KernelBuilder::State Gemm::forEachTile(
    ValueRange carried,
    llvm::function_ref<KernelBuilder::State(Tile, ValueRange)> body) {
  Scalar tokenTiles = getTokenTiles();
  Range range = getRange();
  return b.loop(
      range.first, range.last, range.step, carried,
      [&](Scalar index, ValueRange values) {
        Tile tile{index, index / tokenTiles,
                  index % tokenTiles * kernel.schedule.getTokens(), m,
                  b.i32(0), kTiles};
        int64_t split = kernel.schedule.getSplit();
        if (hasTokenGroups())
          placeInGroup(tile);
        if (kernel.schedule.getStreamK()) {
          Scalar start = index * kTiles;
          Shares shares = getShares();
          Scalar first = getFirst(shares, shares.cta);
          Scalar last = getFirst(shares, shares.cta + 1);
          tile.firstK = b.select(start < first, first - start, b.i32(0));
          tile.numK = b.min(last - start, kTiles) - tile.firstK;
        } else if (split != 1) {
          // None is empty where K has as many tiles as the cluster CTAs.
          tile.firstK = part * kTiles / split;
          tile.numK = (part + 1) * kTiles / split - tile.firstK;
        }
        return body(tile, values);
      });
}

Tile Gemm::getOwned(Tile tile) {
  if (kernel.schedule.getSplit() == 1)
    return tile;
  tile.endToken = b.min(tile.firstToken + kernel.schedule.getTokens(), m);
  tile.firstToken = tile.firstToken + part * kernel.getOwnedTokens();
  return tile;
}
