//===- CallInOrder.h - many calls on all cores ------------------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_EXECUTION_CALLINORDER_H
#define ZQ_EXECUTION_CALLINORDER_H

#include "zq/Execution/CompiledModule.h"

namespace zq {

/// What an observer saw in a call.
struct Observation {
  int64_t number;
  Array tokens; ///< tokens x k, F32
};

/// What a call left behind. Observations are in the order of the code.
struct CallRecord {
  std::vector<Array> results;
  std::vector<Observation> observations;
};

/// Calls `function` `count` times from `threads` threads (0: one for each
/// hardware thread): call i on what `makeInputs(i)` returns, which several
/// threads may ask for at a time. `consume(i, record)` gets what each call left
/// behind, one at a time and in order of i, whatever the number of threads:
/// sums that it makes have the same bits on every run. It is called from any of
/// the threads while others compute; at most two calls for each thread have
/// begun and are not consumed. Observers are recorded only where `observes`
/// says so. `prepare` sees a record before that, in the thread that made the
/// call, several at a time and in any order. The first error of the lowest call
/// is returned; no later one is consumed.
Result<void> callInOrder(
    const CompiledFunction &function, int64_t count, unsigned threads,
    const std::function<Result<std::vector<Array>>(int64_t)> &makeInputs,
    const std::function<Result<void>(int64_t, CallRecord)> &consume,
    bool observes = false,
    const std::function<Result<void>(int64_t, CallRecord &)> &prepare = {});

} // namespace zq

#endif // ZQ_EXECUTION_CALLINORDER_H
