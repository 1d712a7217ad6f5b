//===- Parallel.cpp - loops over rows by the caller's threads -------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "zq/Quantization/Parallel.h"

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

using namespace zq;

ParallelFor zq::makeParallelFor(unsigned threads) {
  if (threads == 0)
    threads = std::max(1u, std::thread::hardware_concurrency());
  return [threads](int64_t count, const std::function<void(int64_t)> &body) {
    std::atomic<int64_t> next{0};
    auto work = [&] {
      for (int64_t i = next++; i < count; i = next++)
        body(i);
    };
    std::vector<std::thread> workers;
    for (int64_t i = 1; i < std::min<int64_t>(threads, count); ++i)
      workers.emplace_back(work);
    work();
    for (std::thread &worker : workers)
      worker.join();
  };
}
