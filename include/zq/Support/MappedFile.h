//===- MappedFile.h - a file read through memory ----------------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_SUPPORT_MAPPEDFILE_H
#define ZQ_SUPPORT_MAPPEDFILE_H

#include "zq/Support/Result.h"

#include <cstddef>
#include <cstdint>

namespace zq {

/// A whole file, mapped read-only; pages are read when they are touched. The
/// file must not be truncated while it is mapped.
class MappedFile {
public:
  static Result<MappedFile> open(const std::string &path);

  MappedFile(MappedFile &&other) noexcept
      : base(std::exchange(other.base, nullptr)),
        length(std::exchange(other.length, 0)) {}
  MappedFile &operator=(MappedFile &&other) noexcept {
    std::swap(base, other.base);
    std::swap(length, other.length);
    return *this;
  }
  MappedFile(const MappedFile &) = delete;
  MappedFile &operator=(const MappedFile &) = delete;
  ~MappedFile();

  const uint8_t *data() const { return base; }
  size_t size() const { return length; }

private:
  MappedFile(const uint8_t *base, size_t length) : base(base), length(length) {}

  const uint8_t *base;
  size_t length;
};

/// Gives back the memory of the pages that lie wholly in this range of a mapped
/// file: they are read again when they are touched. Does nothing where the
/// range is in no `MappedFile`. Those who go through files larger than memory
/// call it behind themselves.
void releaseMappedPages(const void *data, size_t size);

} // namespace zq

#endif // ZQ_SUPPORT_MAPPEDFILE_H
