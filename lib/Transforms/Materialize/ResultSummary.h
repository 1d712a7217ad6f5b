//===- ResultSummary.h - what a journal keeps of a result -------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_LIB_TRANSFORMS_MATERIALIZE_RESULTSUMMARY_H
#define ZQ_LIB_TRANSFORMS_MATERIALIZE_RESULTSUMMARY_H

#include "WeightJob.h"

#include "llvm/Support/JSON.h"

namespace zq {

/// Everything of a result but its tensors: counts, energies, measurements.
llvm::json::Value getSummary(const WeightJob &job);
/// Puts that into a job that asks for the same; false where it is no such
/// summary.
bool readSummary(const llvm::json::Object &summary, WeightJob &job);

} // namespace zq

#endif // ZQ_LIB_TRANSFORMS_MATERIALIZE_RESULTSUMMARY_H
