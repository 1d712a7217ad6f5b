//===- Journal.h - what a long run has done, line by line -------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_SUPPORT_JOURNAL_H
#define ZQ_SUPPORT_JOURNAL_H

#include "zq/Support/Result.h"

#include <mutex>
#include <vector>

namespace zq {

/// A file of lines that grows while a run goes on, so that the next run knows
/// what an interrupted one has done. A line that was not written to its end
/// does not count. Whoever opens it must be the only one.
class Journal {
public:
  /// With `goOn`, what is there is kept, otherwise the journal starts empty. A
  /// file that is no journal is an error, and stays as it is.
  static Result<Journal> open(const std::string &path, bool goOn);

  Journal(Journal &&other) noexcept
      : path(std::move(other.path)),
        descriptor(std::exchange(other.descriptor, -1)),
        lines(std::move(other.lines)) {}
  Journal(const Journal &) = delete;
  Journal &operator=(const Journal &) = delete;
  ~Journal();

  /// Those of earlier runs.
  const std::vector<std::string> &getLines() const { return lines; }
  /// Adds one line, given without its end. Safe to call from any thread.
  Result<void> append(std::string line);
  /// The run is over, and the file goes.
  void remove();

private:
  Journal(std::string path, int descriptor, std::vector<std::string> lines)
      : path(std::move(path)), descriptor(descriptor), lines(std::move(lines)) {
  }

  std::string path;
  int descriptor;
  std::vector<std::string> lines;
  std::mutex mutex;
};

} // namespace zq

#endif // ZQ_SUPPORT_JOURNAL_H
