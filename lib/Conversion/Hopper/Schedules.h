//===- Schedules.h - which kernels a linear gets ----------------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Chooses schedules by shape: the ranges of M and, for each, the tile, the
// stages and the split of K. All that is chosen gives right results for every
// shape; the choice is about time alone.
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_LIB_CONVERSION_HOPPER_SCHEDULES_H
#define ZQ_LIB_CONVERSION_HOPPER_SCHEDULES_H

#include "dialects/ZqGPU/ZqGPU.h"

#include "llvm/ADT/STLFunctionalExtras.h"

namespace zq::hopper {

struct ScheduleOptions {
  llvm::SmallVector<int64_t> tokens; ///< ascending
  int64_t stages; ///< at most; 0: as many as shared memory holds
  int64_t split;  ///< 0: by shape
  zqgpu::Accumulation accumulation;
  int64_t interval;
};

/// A schedule for `first <= M <= last`.
struct RangedSchedule {
  int64_t first, last;
  zqgpu::ScheduleAttr schedule;
};

/// Schedules for all M from 1, ascending, for `rowTiles` x `kTiles` tiles of a
/// weight. `getSharedBytes` says what a kernel of a schedule takes.
llvm::SmallVector<RangedSchedule> chooseSchedules(
    mlir::MLIRContext *context, const ScheduleOptions &options,
    int64_t rowTiles, int64_t kTiles,
    llvm::function_ref<int64_t(zqgpu::ScheduleAttr)> getSharedBytes);

} // namespace zq::hopper

#endif // ZQ_LIB_CONVERSION_HOPPER_SCHEDULES_H
