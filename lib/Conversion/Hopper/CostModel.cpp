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
    // sharing, accumulation, rows, per SM, most tokens, launch, tile, /token,
    //   blocks of 16, 32, 64, 96, 128, 192 and 256 tokens
    {Sharing::Whole, fast, 128, 1, 256, 1.3, 0.2, .002,
     {.250, .250, .250, .320, .397, .551, .704}},
    {Sharing::Whole, promoted, 128, 1, 192, 1.3, 0.2, .002,
     {.250, .250, .277, .351, .424, .572, .719}},
    {Sharing::Cluster, fast, 128, 1, 256, 2.9, 0.0, .020,
     {.277, .304, .359, .413, .468, .576, .685}},
    {Sharing::Cluster, promoted, 128, 1, 128, 2.9, 0.0, .020,
     {.282, .314, .378, .442, .506, .634, .762}},
    {Sharing::StreamK, fast, 128, 1, 128, 3.2, 0.5, .012,
     {.250, .250, .290, .370, .450, .610, .770}},
    {Sharing::StreamK, promoted, 128, 1, 128, 3.2, 0.5, .012,
     {.250, .250, .309, .399, .488, .668, .847}},
    {Sharing::Whole, fast, 256, 1, 64, 2.5, 0.4, .004,
     {.420, .450, .530, .650, .760, 1.10, 1.50}},
    {Sharing::Whole, promoted, 256, 1, 64, 2.5, 0.4, .004,
     {.420, .450, .530, .650, .760, 1.10, 1.50}},
    {Sharing::StreamK, fast, 256, 1, 64, 4.0, 1.0, .012,
     {.430, .460, .540, .660, .770, 1.10, 1.50}},
    {Sharing::StreamK, promoted, 256, 1, 64, 4.0, 1.0, .012,
     {.430, .460, .540, .660, .770, 1.10, 1.50}},
    {Sharing::Cluster, fast, 128, 2, 64, 6.0, 0.0, .020,
     {.470, .530, .640, .800, 1.00, 1.50, 2.00}},
    {Sharing::Cluster, promoted, 128, 2, 64, 6.0, 0.0, .020,
     {.470, .530, .640, .800, 1.00, 1.50, 2.00}},
    {Sharing::StreamK, fast, 128, 2, 64, 6.0, 0.5, .012,
     {.530, .570, .680, .850, 1.00, 1.50, 2.00}},
    {Sharing::StreamK, promoted, 128, 2, 64, 6.0, 0.5, .012,
     {.530, .570, .680, .850, 1.00, 1.50, 2.00}},
    // clang-format on
};
/// The rate of the machine they were measured on.
static constexpr double measuredRate = 1450;
/// Low-rank compensation, for each rank and token of a tile.
static constexpr double rankPerToken = 2e-4;

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

  double tile = family.tile + (family.tilePerToken +
                               rankPerToken * static_cast<double>(work.rank)) *
                                  static_cast<double>(tokens);
  double products = (static_cast<double>(blocks) * getBlock(family, tokens) +
                     static_cast<double>(rounds) * tile) *
                    measuredRate / static_cast<double>(target.getFp8Rate());
  // Tokens are bytes when they are read, results two bytes each.
  int64_t bytes = work.weightBytes + m * work.k + 2 * m * work.n;
  double traffic =
      static_cast<double>(bytes) / static_cast<double>(target.getBandwidth());
  return family.launch + std::max(products, traffic * 1e-3);
}
