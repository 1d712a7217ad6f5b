//===- JobKey.h - what a result depends on ----------------------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_LIB_TRANSFORMS_MATERIALIZE_JOBKEY_H
#define ZQ_LIB_TRANSFORMS_MATERIALIZE_JOBKEY_H

#include "WeightJob.h"

namespace zq {

/// Stands for a weight's numbers. Rows are added in any order, from any thread.
class WeightHash {
public:
  explicit WeightHash(const WeightView &view) : view(view), rows(view.n) {}

  void add(int64_t begin, int64_t end);
  void addAll(const ParallelFor &parallelFor);
  /// Once all rows are added.
  uint64_t get() const;

private:
  WeightView view;
  std::vector<uint64_t> rows;
};

/// Stands for everything that the job's result depends on: what is asked for,
/// the numbers of the weight and its statistics. Equal keys, equal results.
std::string getJobKey(const WeightJob &job, const WeightView &view,
                      const WeightHash &hash, const JobSettings &settings);

} // namespace zq

#endif // ZQ_LIB_TRANSFORMS_MATERIALIZE_JOBKEY_H
