//===- CostModel.h - what a schedule costs ----------------------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Predicts how long a GEMM takes: what is paid once, and the larger of the
// bytes over the machine's bandwidth and the rounds of tiles over the machine's
// multiprocessors. Each family of kernels that the generator writes is a line
// of a table, with its measured costs (benchmarks/hopper/fit.py).
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_LIB_CONVERSION_HOPPER_COSTMODEL_H
#define ZQ_LIB_CONVERSION_HOPPER_COSTMODEL_H

#include "dialects/ZqGPU/ZqGPU.h"

namespace zq::hopper {

/// How tiles are shared out.
enum class Sharing {
  Whole,   ///< a CTA has whole tiles
  Cluster, ///< the CTAs of a cluster share a tile, a part of K each
  StreamK  ///< CTAs have as many columns of K each, of any tiles
};

/// Kernels that differ in numbers alone, and what they cost, in microseconds
/// on a machine of 1450 TFLOP/s.
struct Family {
  Sharing sharing;
  zqgpu::Accumulation accumulation;
  int64_t rows, perSm;
  int64_t mostTokens; ///< registers hold no larger tile
  bool isOffered; ///< or else for who asks only: never the fastest, or spills
  double launch; ///< set-up, first bytes, last ones
  double tile, tilePerToken; ///< of a tile, when its sums are there
  /// Of a tile of as many tokens as blockTokens says, for 128 columns of K;
  /// between them, what lies between.
  double blocks[7];
};
inline constexpr int64_t blockTokens[] = {16, 32, 64, 96, 128, 192, 256};
llvm::ArrayRef<Family> getFamilies();
/// The family that a schedule is of; null where the generator has none.
const Family *findFamily(zqgpu::ScheduleAttr schedule);

/// A linear as far as its time depends on it.
struct Work {
  int64_t n, k, rank;
  int64_t rowTiles, kTiles; ///< of 128 x 128
  int64_t weightBytes;
};

/// Clusters of `size` CTAs that run at once, one CTA on a multiprocessor.
int64_t getResidentClusters(zqgpu::TargetAttr target, int64_t size);

/// Microseconds for M = `m`; the schedule is of a family.
double predictTime(zqgpu::TargetAttr target, const Work &work, int64_t m,
                   zqgpu::ScheduleAttr schedule);

} // namespace zq::hopper

#endif // ZQ_LIB_CONVERSION_HOPPER_COSTMODEL_H
