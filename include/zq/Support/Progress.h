//===- Progress.h - how far a long job is -----------------------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// For a person who waits: a bar with the time left where standard error is a
// terminal, plain lines elsewhere (a log file). Short jobs say nothing.
//
//   Progress progress("materialize", totalBytes);
//   progress.skip(bytesOfAnEarlierRun);
//   ... progress.advance(bytes, "layers.3.mlp.up_proj");
//   progress.finish();
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_SUPPORT_PROGRESS_H
#define ZQ_SUPPORT_PROGRESS_H

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

namespace zq {

class Progress {
public:
  /// Where it is written, and how; the default asks standard error.
  struct Output {
    std::function<void(std::string_view)> write;
    /// Characters in a line of the terminal; 0 where there is none.
    int columns;
    /// Seconds since any moment.
    std::function<double()> now;

    static Output standardError();
  };

  /// `total` is in whatever unit work is proportional to: bytes, operations.
  Progress(std::string task, uint64_t total,
           Output output = Output::standardError());
  Progress(const Progress &) = delete;
  Progress &operator=(const Progress &) = delete;
  /// Removes the bar, if `finish` was never called.
  ~Progress();

  /// Work that is done; `what` names it. Safe to call from any thread.
  void advance(uint64_t amount, std::string_view what = {});
  /// Work that needs not be done: it says nothing of the speed of the rest.
  void skip(uint64_t amount);
  /// Removes the bar and says how long it took, if anything was ever said.
  void finish();

private:
  void show(std::string_view what, double now);
  std::string getTimeLeft(double now) const;
  void clear();

  std::string task;
  uint64_t total;
  Output output;
  std::mutex mutex;
  uint64_t done = 0;
  uint64_t skipped = 0;
  double start;
  double shown; ///< when something was said last, or the start
  bool hasSpoken = false;
  bool hasBar = false;
};

/// Seconds as "8 s", "3:07" or "1:02:45".
std::string formatDuration(double seconds);

} // namespace zq

#endif // ZQ_SUPPORT_PROGRESS_H
