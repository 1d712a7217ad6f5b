//===- Parallel.h - loops over rows by the caller's threads -----*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_QUANTIZATION_PARALLEL_H
#define ZQ_QUANTIZATION_PARALLEL_H

#include <cstdint>
#include <functional>

namespace zq {

/// Calls `body(i)` once for each i in [0, count), in any order and from any
/// threads, and returns when all are done. The results of this library do not
/// depend on order or threads. An empty function means: here, in order.
///
/// In a pass, on MLIR's own thread pool:
///   [&](int64_t count, const std::function<void(int64_t)> &body) {
///     mlir::parallelFor(context, 0, count, body);
///   }
using ParallelFor = std::function<void(
    int64_t count, const std::function<void(int64_t)> &body)>;

/// A loop on `threads` threads of its own, started anew for each loop.
/// 0 means one for each hardware thread.
ParallelFor makeParallelFor(unsigned threads);

} // namespace zq

#endif // ZQ_QUANTIZATION_PARALLEL_H
