//===- OutputFile.cpp - a file that appears whole or not at all -----------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "zq/Support/OutputFile.h"

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace zq;

static Error fileError(const std::string &path, const char *what) {
  return {path + ": " + what + ": " + std::strerror(errno)};
}

Result<OutputFile> OutputFile::create(const std::string &path) {
  struct stat status;
  if (stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode))
    return Error{path + ": cannot be replaced: not a regular file"};
  // Beside the target, so that the rename stays inside one file system. Not by
  // mkstemp, whose 0600 only umask() could widen, for all threads at once.
  static std::atomic<unsigned> counter = 0;
  std::string temporary;
  int descriptor;
  do {
    temporary = path + "." + std::to_string(getpid()) + "-" +
                std::to_string(counter++) + ".tmp";
    descriptor =
        open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  } while (descriptor < 0 && errno == EEXIST);
  if (descriptor < 0)
    return fileError(path, "cannot create a temporary file beside it");
  return OutputFile(path, std::move(temporary), descriptor);
}

OutputFile::~OutputFile() { discard(); }

void OutputFile::discard() {
  if (descriptor < 0)
    return;
  close(descriptor);
  unlink(temporary.c_str());
  descriptor = -1;
}

Result<void> OutputFile::writeAt(uint64_t offset, const void *data,
                                 size_t size) {
  const char *bytes = static_cast<const char *>(data);
  while (size != 0) {
    ssize_t written =
        pwrite(descriptor, bytes, size, static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR)
      continue;
    if (written <= 0)
      return fileError(path, "cannot write");
    bytes += written;
    offset += static_cast<uint64_t>(written);
    size -= static_cast<size_t>(written);
  }
  return {};
}

Result<void> OutputFile::resize(uint64_t size) {
  if (ftruncate(descriptor, static_cast<off_t>(size)) != 0)
    return fileError(path, "cannot resize");
  return {};
}

Result<void> OutputFile::commit() {
  // close() reports what a full disk kept from being written.
  int status = close(descriptor);
  descriptor = -1;
  if (status != 0 || rename(temporary.c_str(), path.c_str()) != 0) {
    Error error = fileError(path, "cannot finish writing");
    unlink(temporary.c_str());
    return error;
  }
  return {};
}
