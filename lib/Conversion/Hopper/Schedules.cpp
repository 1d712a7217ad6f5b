//===- Schedules.cpp - which kernels a linear gets ------------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Schedules.h"

#include <limits>

using namespace mlir;
using namespace zq::hopper;
using namespace zq::zqgpu;

static constexpr int64_t maxSharedBytes = 227 * 1024, maxStages = 16;
/// The least that K is split for: the sums of a tile take room of the ring's.
static constexpr int64_t minStages = 4;

/// Clusters of each size that run at once, one CTA on a multiprocessor, on 132
/// of them. Those of one cluster are of one GPC, which has 16 or 18: larger
/// clusters leave some idle.
static constexpr struct {
  int64_t size, resident;
} clusters[] = {{8, 14}, {4, 29}, {3, 39}, {2, 66}};

/// The most CTAs that can share a tile while all tiles are worked on at once,
/// each with 2 tiles along K or more.
static int64_t chooseSplit(int64_t tiles, int64_t kTiles) {
  for (auto cluster : clusters)
    if (tiles <= cluster.resident && kTiles >= 2 * cluster.size)
      return cluster.size;
  return 1;
}

namespace {

class Chooser {
public:
  Chooser(MLIRContext *context, const ScheduleOptions &options,
          int64_t rowTiles, int64_t kTiles,
          llvm::function_ref<int64_t(ScheduleAttr)> getSharedBytes)
      : context(context), options(options), rowTiles(rowTiles), kTiles(kTiles),
        getSharedBytes(getSharedBytes) {}

  SmallVector<RangedSchedule> choose();

private:
  int64_t getSplit(int64_t tokens, int64_t tokenTiles);
  ScheduleAttr getSchedule(int64_t tokens, int64_t split);
  void add(int64_t last, ScheduleAttr schedule);

  MLIRContext *context;
  const ScheduleOptions &options;
  int64_t rowTiles, kTiles;
  llvm::function_ref<int64_t(ScheduleAttr)> getSharedBytes;
  SmallVector<RangedSchedule> chosen;
};

int64_t Chooser::getSplit(int64_t tokens, int64_t tokenTiles) {
  if (options.split != 0)
    return std::min(options.split, kTiles); // no part is empty
  int64_t split = chooseSplit(rowTiles * tokenTiles, kTiles);
  return getSchedule(tokens, split).getStages() < minStages ? 1 : split;
}

/// As many stages as fit: they hide the latency of memory.
ScheduleAttr Chooser::getSchedule(int64_t tokens, int64_t split) {
  int64_t stages = options.stages == 0 ? maxStages : options.stages;
  bool promoted = options.accumulation == Accumulation::Promoted;
  while (true) {
    auto schedule =
        ScheduleAttr::get(context, tokens, stages, options.accumulation,
                          promoted ? options.interval : 0, split,
                          /*streamK=*/false, /*rows=*/128, /*perSm=*/1);
    if (getSharedBytes(schedule) <= maxSharedBytes)
      return schedule;
    --stages; // two always fit
  }
}

/// Ranges that follow each other with one schedule are one.
void Chooser::add(int64_t last, ScheduleAttr schedule) {
  if (!chosen.empty() && chosen.back().schedule == schedule) {
    chosen.back().last = last;
    return;
  }
  int64_t first = chosen.empty() ? 1 : chosen.back().last + 1;
  chosen.push_back({first, last, schedule});
}

SmallVector<RangedSchedule> Chooser::choose() {
  constexpr int64_t unbounded = std::numeric_limits<int32_t>::max();
  for (int64_t tokens : options.tokens)
    add(tokens, getSchedule(tokens, getSplit(tokens, 1)));
  // The largest tile serves what is left, split while there are few of it.
  int64_t tokens = options.tokens.back(), tokenTiles = 2;
  if (options.split == 0)
    for (; getSplit(tokens, tokenTiles) != 1; ++tokenTiles)
      add(tokenTiles * tokens,
          getSchedule(tokens, getSplit(tokens, tokenTiles)));
  add(unbounded, getSchedule(tokens, getSplit(tokens, tokenTiles)));
  return std::move(chosen);
}

} // namespace

SmallVector<RangedSchedule> zq::hopper::chooseSchedules(
    MLIRContext *context, const ScheduleOptions &options, int64_t rowTiles,
    int64_t kTiles, llvm::function_ref<int64_t(ScheduleAttr)> getSharedBytes) {
  return Chooser(context, options, rowTiles, kTiles, getSharedBytes).choose();
}
