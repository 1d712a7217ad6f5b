//===- StreamedWeights.cpp - weights on their way to a module -------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "StreamedWeights.h"

#include "zq/Support/Journal.h"
#include "zq/Weights/Safetensors.h"

#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassInstrumentation.h"
#include "llvm/Support/FileSystem.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

using namespace mlir;
using namespace zq;
using llvm::sys::fs::exists;

/// A descriptor of the file that no other process has locked, or -1.
static int openLocked(const std::string &path) {
  int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor >= 0 && flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    int reason = errno;
    close(descriptor);
    errno = reason;
    return -1;
  }
  return descriptor;
}

bool StreamedWeights::isLeftOver() const {
  uint64_t journalSize = 0;
  if (exists(path + ".partial") ||
      llvm::sys::fs::file_size(getJournalPath(), journalSize) ||
      journalSize == 0 || !Journal::open(getJournalPath(), /*goOn=*/true))
    return false;
  Result<SafetensorsFile> file = SafetensorsFile::open(path);
  if (!file)
    return false;
  auto format = file->getMetadata().find("format");
  return format != file->getMetadata().end() &&
         format->second == "zq.quantized_weights";
}

LogicalResult StreamedWeights::claim() {
  if (!exists(path))
    return success();
  if (!isLeftOver())
    return tool.fail(
        path + ": exists, but quantized weights go to a file of this name "
               "until they are in the module: move it away, or give them "
               "another with --weights-output=");
  int descriptor = openLocked(path);
  if (descriptor < 0)
    return tool.fail(path + ": another process is compiling with it");
  std::error_code problem = llvm::sys::fs::rename(path, path + ".partial");
  close(descriptor);
  if (problem)
    return tool.fail(path + ": cannot be renamed: " + problem.message());
  tool.note(path + " is of an interrupted compilation, which is gone on with");
  return success();
}

/// Weights are all there. Another run may have found them in between.
void StreamedWeights::take() {
  lock = openLocked(path);
  isTaken = lock < 0 && errno == EWOULDBLOCK;
}

std::unique_ptr<PassInstrumentation> StreamedWeights::watch() {
  struct Watch : public PassInstrumentation {
    explicit Watch(StreamedWeights &weights) : weights(weights) {}
    void runAfterPass(Pass *pass, Operation *) override {
      if (pass->getArgument() == "zq-materialize-weights")
        weights.take();
    }
    StreamedWeights &weights;
  };
  return std::make_unique<Watch>(*this);
}

LogicalResult StreamedWeights::check() const {
  return isTaken ? tool.fail(path + ": another process is compiling with it")
                 : success();
}

void StreamedWeights::unlock() {
  if (lock >= 0)
    close(lock);
  lock = -1;
}

void StreamedWeights::finish() {
  if (isWritten())
    llvm::sys::fs::remove(getJournalPath());
}

void StreamedWeights::keep() {
  finish();
  unlock();
}

StreamedWeights::~StreamedWeights() {
  if (isWritten())
    llvm::sys::fs::remove(path);
  finish();
  unlock();
}
