//===- OutputFile.h - a file that appears whole or not at all ---*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_SUPPORT_OUTPUTFILE_H
#define ZQ_SUPPORT_OUTPUTFILE_H

#include "zq/Support/Result.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace zq {

/// Writes to a temporary file, which has no name where the system has such
/// ones, beside `path` or what it is a link to; `commit` gives it that name.
/// Without a commit nothing is left behind, unless it is to be gone on with.
class OutputFile {
public:
  static Result<OutputFile> create(const std::string &path);
  /// Goes on with `path`.partial, which stays there until the commit: what an
  /// interrupted run has written can be read. Empty where there was none. Fails
  /// while another process has it open, and for a link.
  static Result<OutputFile> resume(const std::string &path);

  OutputFile(OutputFile &&other) noexcept
      : path(std::move(other.path)), temporary(std::move(other.temporary)),
        descriptor(std::exchange(other.descriptor, -1)), stays(other.stays) {}
  OutputFile &operator=(OutputFile &&other) noexcept {
    std::swap(path, other.path);
    std::swap(temporary, other.temporary);
    std::swap(descriptor, other.descriptor);
    std::swap(stays, other.stays);
    return *this;
  }
  OutputFile(const OutputFile &) = delete;
  OutputFile &operator=(const OutputFile &) = delete;
  ~OutputFile();

  /// Safe to call from several threads for disjoint ranges.
  Result<void> writeAt(uint64_t offset, const void *data, size_t size);
  /// Of a resumed file.
  Result<void> readAt(uint64_t offset, void *data, size_t size) const;
  Result<uint64_t> getSize() const;
  /// Sets the file's size; bytes never written read as zeros.
  Result<void> resize(uint64_t size);
  Result<void> commit();
  /// Gives up; nothing is left, of a resumed file neither.
  void remove();

private:
  OutputFile(std::string path, std::string temporary, int descriptor,
             bool stays)
      : path(std::move(path)), temporary(std::move(temporary)),
        descriptor(descriptor), stays(stays) {}
  void discard();
  bool giveName();

  std::string path;
  std::string temporary; ///< its path, empty where it has no name
  int descriptor;
  bool stays;
};

/// A whole file at once.
Result<void> writeFile(const std::string &path, std::string_view bytes);

} // namespace zq

#endif // ZQ_SUPPORT_OUTPUTFILE_H
