//===- CostModel.cpp - what a schedule costs ------------------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CostModel.h"

#include "llvm/Support/MathExtras.h"

#include <algorithm>

using namespace mlir;
using namespace zq::hopper;
using namespace zq::zqgpu;

static constexpr Accumulation fast = Accumulation::Fast,
                              promoted = Accumulation::Promoted;

/// Fitted to times on an H200; docs/performance-notes.md says how.
static constexpr Family families[] = {
    // clang-format off
    // sharing, accumulation, rows, per SM, most tokens, offered,
    //   launch, tile, /token, blocks of 16, 32, 64, 96, 128, 192, 256 tokens
    {Sharing::Whole, fast, 128, 1, 256, true, 0.10, 0.64, 0.0000,
     {0.240, 0.246, 0.281, 0.328, 0.402, 0.539, 0.699}},
    {Sharing::Whole, promoted, 128, 1, 192, true, 0.00, 0.64, 0.0000,
     {0.245, 0.264, 0.302, 0.360, 0.417, 0.541, 0.541}},
    {Sharing::Cluster, fast, 128, 1, 256, true, 0.04, 2.01, 0.0115,
     {0.225, 0.244, 0.279, 0.322, 0.363, 0.533, 0.677}},
    {Sharing::Cluster, promoted, 128, 1, 128, true, 0.23, 1.98, 0.0112,
     {0.236, 0.258, 0.301, 0.346, 0.392, 0.392, 0.392}},
    {Sharing::StreamK, fast, 128, 1, 256, true, 4.25, 0.18, 0.0034,
     {0.211, 0.271, 0.301, 0.370, 0.441, 0.611, 0.795}},
    {Sharing::StreamK, promoted, 128, 1, 128, true, 4.15, 0.00, 0.0077,
     {0.235, 0.262, 0.317, 0.384, 0.451, 0.451, 0.451}},
    {Sharing::Cluster, fast, 128, 2, 64, false, 4.07, 0.56, 0.0000,
     {0.312, 0.339, 0.458, 0.458, 0.458, 0.458, 0.458}},
    {Sharing::Cluster, promoted, 128, 2, 64, false, 3.47, 0.53, 0.0131,
     {0.330, 0.378, 0.474, 0.474, 0.474, 0.474, 0.474}},
    {Sharing::StreamK, fast, 128, 2, 64, false, 3.85, 0.00, 0.0087,
     {0.444, 0.553, 0.642, 0.642, 0.642, 0.642, 0.642}},
    {Sharing::StreamK, promoted, 128, 2, 64, false, 1.83, 0.51, 0.0180,
     {0.604, 0.630, 0.683, 0.683, 0.683, 0.683, 0.683}},
    {Sharing::Whole, fast, 256, 1, 128, true, 0.10, 1.20, 0.0060,
     {0.460, 0.460, 0.500, 0.608, 0.757, 0.757, 0.757}},
    {Sharing::Whole, promoted, 256, 1, 64, true, 0.10, 1.20, 0.0060,
     {0.470, 0.480, 0.545, 0.545, 0.545, 0.545, 0.545}},
    // clang-format on
};
/// The rate of the machine they were measured on.
static constexpr double measuredRate = 1450;
/// Low-rank compensation, for each rank and token of a tile: by mma.sync, and through
/// the ring.
static constexpr double rankPerToken = 2e-4, rankPerTokenInRing = 1.1e-4;

/// Promoted tiles of more tokens than this cannot read codes ahead.
static constexpr int64_t mostAhead = 184;
static constexpr double notAhead = 1.06;

ArrayRef<Family> zq::hopper::getFamilies() { return families; }

static Sharing getSharing(ScheduleAttr schedule) {
  if (schedule.getStreamK())
    return Sharing::StreamK;
  return schedule.getSplit() == 1 ? Sharing::Whole : Sharing::Cluster;
}

const Family *zq::hopper::findFamily(ScheduleAttr schedule) {
  const auto *found = llvm::find_if(families, [&](const Family &family) {
    return family.sharing == getSharing(schedule) &&
           family.accumulation == schedule.getAccumulation() &&
           family.rows == schedule.getRows() &&
           family.perSm == schedule.getPerSm();
  });
  return found == std::end(families) ? nullptr : found;
}

int64_t zq::hopper::getResidentClusters(TargetAttr target, int64_t size) {
  // A cluster is of one GPC, which has 16 or 18 multiprocessors: larger ones
  // leave some idle. On 132 multiprocessors:
  static constexpr int64_t resident[] = {132, 66, 39, 29, 24, 19, 16, 14};
  return std::max<int64_t>(1, resident[size - 1] * target.getSms() / 132);
}

static double getBlock(const Family &family, int64_t tokens) {
  size_t above = 0;
  while (above + 1 < std::size(blockTokens) && blockTokens[above] < tokens)
    ++above;
  if (above == 0 || blockTokens[above] == tokens)
    return family.blocks[above];
  double part = static_cast<double>(tokens - blockTokens[above - 1]) /
                static_cast<double>(blockTokens[above] - blockTokens[above - 1]);
  return family.blocks[above - 1] +
         part * (family.blocks[above] - family.blocks[above - 1]);
}

double zq::hopper::predictTime(TargetAttr target, const Work &work, int64_t m,
                               ScheduleAttr schedule) {
  const Family &family = *findFamily(schedule);
  int64_t tokens = schedule.getTokens(), split = schedule.getSplit();
  int64_t tiles =
      llvm::divideCeilSigned(work.rowTiles * 128, schedule.getRows()) *
      llvm::divideCeilSigned(m, tokens);
  int64_t resident = getResidentClusters(target, split) * schedule.getPerSm();
  // What the busiest CTA has to do: blocks of 128 columns of a tile, and tiles
  // to finish, of which one of its own and a part of another with stream-K.
  int64_t rounds = llvm::divideCeilSigned(tiles, resident);
  int64_t blocks = rounds * llvm::divideCeilSigned(work.kTiles, split);
  if (family.sharing == Sharing::StreamK) {
    blocks = llvm::divideCeilSigned(tiles * work.kTiles, resident);
    rounds += 1;
  }

  bool isInRing =
      family.sharing == Sharing::Whole && family.rows == 128 && tokens > 64;
  double perRank = isInRing ? rankPerTokenInRing : rankPerToken;
  double tile = family.tile + (family.tilePerToken +
                               perRank * static_cast<double>(work.rank)) *
                                  static_cast<double>(tokens);
  double block = getBlock(family, tokens);
  if (family.accumulation == promoted && tokens > mostAhead)
    block *= notAhead;
  double products = (static_cast<double>(blocks) * block +
                     static_cast<double>(rounds) * tile) *
                    measuredRate / static_cast<double>(target.getFp8Rate());
  // Tokens are bytes when they are read, results two bytes each.
  int64_t bytes = work.weightBytes + m * work.k + 2 * m * work.n;
  double traffic =
      static_cast<double>(bytes) / static_cast<double>(target.getBandwidth());
  return family.launch + std::max(products, traffic * 1e-3);
}
