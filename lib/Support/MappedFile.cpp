//===- MappedFile.cpp - a file read through memory ------------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "zq/Support/MappedFile.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <map>
#include <mutex>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace zq;

static Error fileError(const std::string &path, const char *what) {
  return {path + ": " + what + ": " + std::strerror(errno)};
}

namespace {
/// The mappings there are, by their first byte.
struct Mappings {
  std::mutex mutex;
  std::map<uintptr_t, size_t> sizes;

  static Mappings &get() {
    // Never destroyed: mappings of other static objects may outlive it.
    static Mappings *mappings = new Mappings;
    return *mappings;
  }
};
} // namespace

Result<MappedFile> MappedFile::open(const std::string &path) {
  int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0)
    return fileError(path, "cannot open");
  struct stat status;
  if (fstat(descriptor, &status) != 0) {
    Error error = fileError(path, "cannot stat");
    close(descriptor);
    return error;
  }
  if (!S_ISREG(status.st_mode)) {
    close(descriptor);
    return Error{path + ": not a regular file"};
  }
  auto size = static_cast<size_t>(status.st_size);
  const uint8_t *base = nullptr;
  if (size != 0) { // mmap refuses an empty range
    void *address = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor, 0);
    if (address == MAP_FAILED) {
      Error error = fileError(path, "cannot map");
      close(descriptor);
      return error;
    }
    base = static_cast<const uint8_t *>(address);
    Mappings &mappings = Mappings::get();
    std::lock_guard<std::mutex> lock(mappings.mutex);
    mappings.sizes[reinterpret_cast<uintptr_t>(base)] = size;
  }
  close(descriptor);
  return MappedFile(base, size);
}

MappedFile::~MappedFile() {
  if (!base)
    return;
  Mappings &mappings = Mappings::get();
  std::lock_guard<std::mutex> lock(mappings.mutex);
  mappings.sizes.erase(reinterpret_cast<uintptr_t>(base));
  munmap(const_cast<uint8_t *>(base), length);
}

void zq::releaseMappedPages(const void *data, size_t size) {
  auto first = reinterpret_cast<uintptr_t>(data);
  uintptr_t last = first + size;
  Mappings &mappings = Mappings::get();
  std::lock_guard<std::mutex> lock(mappings.mutex);
  auto next = mappings.sizes.upper_bound(first);
  if (next == mappings.sizes.begin())
    return;
  auto [start, length] = *std::prev(next);
  if (last > start + length)
    return;
  // Pages at the ends may be in use by neighbours, the first and last bytes of
  // the file's own excepted.
  auto page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  first = (first + page - 1) / page * page;
  last = last == start + length ? last : last / page * page;
  if (first < last)
    madvise(reinterpret_cast<void *>(first), last - first, MADV_DONTNEED);
}
