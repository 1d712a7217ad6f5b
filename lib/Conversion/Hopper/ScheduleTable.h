//===- ScheduleTable.h - schedules that were measured -----------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A file of the schedules that were fastest on a GPU, by shape and M
// (`zq-run --tune` writes one; docs/tuning.md):
//
//   {"version": 1, "device": "NVIDIA H200",
//    "linears": [{"n": 4096, "k": 4096, "group": 128, "rank": 0,
//                 "accumulation": "fast",
//                 "choices": [{"last": 16, "schedule": "<tokens = 16, ...>"},
//                             {"schedule": "<tokens = 256, ...>"}]}]}
//
// Choices ascend; the last one, without a `last`, is for all M beyond.
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_LIB_CONVERSION_HOPPER_SCHEDULETABLE_H
#define ZQ_LIB_CONVERSION_HOPPER_SCHEDULETABLE_H

#include "dialects/ZqGPU/ZqGPU.h"

#include <map>
#include <tuple>

namespace zq::hopper {

class ScheduleTable {
public:
  /// N, K, columns of a group, rank, accumulation.
  using Key =
      std::tuple<int64_t, int64_t, int64_t, int64_t, zqgpu::Accumulation>;

  /// Reports what is wrong with the file, and where.
  mlir::LogicalResult read(mlir::MLIRContext *context, llvm::StringRef path);
  /// The choices for a linear, or null.
  mlir::ArrayAttr find(const Key &key) const;

private:
  std::map<Key, mlir::ArrayAttr> linears;
};

} // namespace zq::hopper

#endif // ZQ_LIB_CONVERSION_HOPPER_SCHEDULETABLE_H
