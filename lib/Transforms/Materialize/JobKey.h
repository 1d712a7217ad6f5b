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

/// Stands for everything that the job's result depends on: what is asked for,
/// the numbers of the weight and its statistics. Equal keys, equal results.
std::string getJobKey(const WeightJob &job, const WeightView &view,
                      const JobSettings &settings,
                      const ParallelFor &parallelFor);

} // namespace zq

#endif // ZQ_LIB_TRANSFORMS_MATERIALIZE_JOBKEY_H
