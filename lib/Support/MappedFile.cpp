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
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace zq;

static Error fileError(const std::string &path, const char *what) {
  return {path + ": " + what + ": " + std::strerror(errno)};
}

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
  }
  close(descriptor);
  return MappedFile(base, size);
}

MappedFile::~MappedFile() {
  if (base)
    munmap(const_cast<uint8_t *>(base), length);
}
