//===- ScheduleTimes.h - measured schedules and their table -----*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What was measured of linears' schedules on a GPU, and the table of the
// fastest ones that `zqgpu-choose-schedules` reads
// (lib/Conversion/Hopper/ScheduleTable.h).
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_RUNTIME_SCHEDULETIMES_H
#define ZQ_RUNTIME_SCHEDULETIMES_H

#include <cstdint>
#include <string>
#include <vector>

namespace zq::runtime {

struct ScheduleTime {
  int64_t n, k, group, rank;
  int64_t m;
  /// "<tokens = 16, stages = 16, accumulation = fast>".
  std::string schedule;
  double microseconds;
};

/// The table as JSON. A range of M ends at an M that was measured, and goes on
/// as long as its schedule is within `tolerance` times the best.
std::string makeScheduleTable(const std::vector<ScheduleTime> &times,
                              const std::string &device,
                              double tolerance = 1.01);

} // namespace zq::runtime

#endif // ZQ_RUNTIME_SCHEDULETIMES_H
