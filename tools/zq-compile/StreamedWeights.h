//===- StreamedWeights.h - weights on their way to a module -----*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Quantized weights are in a file until they are in the module: OUT.weights,
// and OUT.weights.partial before all are there. The journal beside it, which
// zq-materialize-weights keeps here, stays until the module is written. So a
// file with a journal is what an interrupted compilation has left, and one
// without belongs to somebody.
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_TOOLS_ZQ_COMPILE_STREAMEDWEIGHTS_H
#define ZQ_TOOLS_ZQ_COMPILE_STREAMEDWEIGHTS_H

#include "zq/Driver/Tool.h"

#include <memory>

namespace mlir {
class PassInstrumentation;
} // namespace mlir

namespace zq {

class StreamedWeights {
public:
  StreamedWeights(const Tool &tool, std::string path)
      : tool(tool), path(std::move(path)) {}
  StreamedWeights(const StreamedWeights &) = delete;
  StreamedWeights &operator=(const StreamedWeights &) = delete;
  /// What this run has written goes, unless it is kept.
  ~StreamedWeights();

  const std::string &getPath() const { return path; }
  /// Nobody else's file is in the way. What an interrupted compilation has left
  /// is gone on with.
  llvm::LogicalResult claim();
  /// Notes when this run has written the file: what it has not written it must
  /// not remove.
  std::unique_ptr<mlir::PassInstrumentation> watch();
  /// All passes are done: the file, if any, is still this run's.
  llvm::LogicalResult check() const;
  bool isWritten() const { return lock >= 0; }
  /// The module is written, and no run will go on with this one.
  void finish();
  /// The file stays, for who reads it.
  void keep();

private:
  std::string getJournalPath() const { return path + ".partial.journal"; }
  /// Whether an interrupted compilation has left the file.
  bool isLeftOver() const;
  void take();
  void unlock();

  const Tool &tool;
  std::string path;
  int lock = -1; ///< a descriptor of the file, while it is this run's
  bool isTaken = false;
};

} // namespace zq

#endif // ZQ_TOOLS_ZQ_COMPILE_STREAMEDWEIGHTS_H
