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
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace zq;

static Error fileError(const std::string &path, const char *what) {
  return {path + ": " + what + ": " + std::strerror(errno)};
}

static bool isLink(const std::string &path) {
  struct stat status;
  return lstat(path.c_str(), &status) == 0 && S_ISLNK(status.st_mode);
}

/// The file that is to be replaced: what a link leads to, not the link.
/// /dev/stdout is one.
static Result<std::string> findTarget(const std::string &path) {
  struct stat status;
  if (stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode))
    return Error{path + ": cannot be replaced: not a regular file"};
  if (!isLink(path))
    return path;
  std::unique_ptr<char, decltype(&std::free)> target(
      realpath(path.c_str(), nullptr), &std::free);
  if (!target)
    return fileError(path, "cannot follow the link");
  return std::string(target.get());
}

/// Calls `make` with names beside the target, so that a rename stays inside one
/// file system, until one is free. Not mkstemp, whose 0600 only umask() could
/// widen, for all threads at once.
template <typename Make>
static int makeTemporary(const std::string &path, std::string &temporary,
                         Make make) {
  static std::atomic<unsigned> counter = 0;
  int result;
  do {
    temporary = path + "." + std::to_string(getpid()) + "-" +
                std::to_string(counter++) + ".tmp";
    result = make(temporary.c_str());
  } while (result < 0 && errno == EEXIST);
  return result;
}

static std::string getDescriptorPath(int descriptor) {
  return "/proc/self/fd/" + std::to_string(descriptor);
}

/// A file without a name in the target's folder, of which a process that is
/// killed leaves nothing; -1 where the system has none.
static int openUnnamed(const std::string &path) {
#ifdef O_TMPFILE
  size_t slash = path.rfind('/');
  std::string folder =
      slash == std::string::npos ? "." : path.substr(0, slash + 1);
  int descriptor = open(folder.c_str(), O_WRONLY | O_TMPFILE | O_CLOEXEC, 0666);
  // Its name can only be given by this path.
  if (descriptor >= 0 &&
      access(getDescriptorPath(descriptor).c_str(), F_OK) == 0)
    return descriptor;
  if (descriptor >= 0)
    close(descriptor);
#endif
  return -1;
}

Result<OutputFile> OutputFile::create(const std::string &name) {
  Result<std::string> target = findTarget(name);
  if (!target)
    return target.takeError();
  const std::string &path = *target;
  if (int descriptor = openUnnamed(path); descriptor >= 0)
    return OutputFile(path, /*temporary=*/"", descriptor, /*stays=*/false);
  std::string temporary;
  int descriptor = makeTemporary(path, temporary, [](const char *name) {
    return open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  });
  if (descriptor < 0)
    return fileError(path, "cannot create a temporary file beside it");
  return OutputFile(path, std::move(temporary), descriptor, /*stays=*/false);
}

/// A file without a name gets one, since no system call replaces another file
/// by it.
bool OutputFile::giveName() {
  if (!temporary.empty())
    return true;
  std::string name, from = getDescriptorPath(descriptor);
  if (makeTemporary(path, name, [&](const char *to) {
        return linkat(AT_FDCWD, from.c_str(), AT_FDCWD, to, AT_SYMLINK_FOLLOW);
      }) < 0)
    return false;
  temporary = std::move(name);
  return true;
}

Result<OutputFile> OutputFile::resume(const std::string &path) {
  if (Result<std::string> target = findTarget(path); !target)
    return target.takeError();
  // What is left of a run has its name from this one.
  if (isLink(path))
    return Error{path + ": cannot be replaced: a link; name the file itself"};
  std::string partial = path + ".partial";
  while (true) {
    int descriptor = open(partial.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (descriptor < 0)
      return fileError(partial, "cannot open");
    OutputFile file(path, partial, descriptor, /*stays=*/true);
    if (flock(descriptor, LOCK_EX | LOCK_NB) != 0)
      return errno == EWOULDBLOCK
                 ? Error{partial + ": another process is writing it"}
                 : fileError(partial, "cannot lock");
    // Who had the lock may have renamed the file in between.
    struct stat opened, named;
    if (fstat(descriptor, &opened) == 0 && stat(partial.c_str(), &named) == 0 &&
        opened.st_ino == named.st_ino && opened.st_dev == named.st_dev)
      return file;
  }
}

OutputFile::~OutputFile() { discard(); }

void OutputFile::discard() {
  if (descriptor < 0)
    return;
  close(descriptor);
  if (!stays && !temporary.empty())
    unlink(temporary.c_str());
  descriptor = -1;
}

void OutputFile::remove() {
  stays = false;
  discard();
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

Result<void> OutputFile::readAt(uint64_t offset, void *data,
                                size_t size) const {
  char *bytes = static_cast<char *>(data);
  while (size != 0) {
    ssize_t count = pread(descriptor, bytes, size, static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      return fileError(temporary, "cannot read");
    if (count == 0)
      return Error{temporary + ": ends before byte " +
                   std::to_string(offset + size)};
    bytes += count;
    offset += static_cast<uint64_t>(count);
    size -= static_cast<size_t>(count);
  }
  return {};
}

Result<uint64_t> OutputFile::getSize() const {
  struct stat status;
  if (fstat(descriptor, &status) != 0)
    return fileError(temporary, "cannot stat");
  return static_cast<uint64_t>(status.st_size);
}

Result<void> OutputFile::resize(uint64_t size) {
  if (ftruncate(descriptor, static_cast<off_t>(size)) != 0)
    return fileError(path, "cannot resize");
  return {};
}

Result<void> OutputFile::commit() {
  // close() reports what a full disk kept from being written; that of a
  // duplicate keeps the lock until the file has its name.
  int duplicate = dup(descriptor);
  if (duplicate < 0 || close(duplicate) != 0 || !giveName() ||
      rename(temporary.c_str(), path.c_str()) != 0) {
    Error error = fileError(path, "cannot finish writing");
    discard();
    return error;
  }
  close(descriptor);
  descriptor = -1;
  return {};
}

Result<void> zq::writeFile(const std::string &path, std::string_view bytes) {
  Result<OutputFile> file = OutputFile::create(path);
  if (!file)
    return file.takeError();
  if (Result<void> done = file->writeAt(0, bytes.data(), bytes.size()); !done)
    return done;
  return file->commit();
}
