//===- ResultFile.h - results in a safetensors file -------------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Results go to their file one by one and leave memory. Until the last is
// there the file is called FILE.partial, and a journal beside it says which
// weights are done, by what was asked for and what was read: a run that was
// interrupted is gone on with, and what changed in between is computed anew.
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_LIB_TRANSFORMS_MATERIALIZE_RESULTFILE_H
#define ZQ_LIB_TRANSFORMS_MATERIALIZE_RESULTFILE_H

#include "WeightJob.h"

#include "zq/Support/Journal.h"
#include "zq/Weights/Safetensors.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/Support/JSON.h"

#include <mutex>

namespace zq {

class ResultFile {
public:
  /// The jobs must have their names and all that is asked of them.
  static Result<std::unique_ptr<ResultFile>>
  open(const std::string &path, llvm::ArrayRef<WeightJob> jobs);

  const std::string &getPath() const { return path; }
  /// Whether an earlier run has computed a result of this name.
  bool isKnown(llvm::StringRef name) const { return known.contains(name); }
  /// Takes the result from an earlier run, if one has computed it for the same
  /// `key`, which stands for all that it depends on. Safe to call from any
  /// thread, as is `write`.
  Result<bool> restore(WeightJob &job, llvm::StringRef key);
  /// Writes the job's result and drops what is large in it.
  Result<void> write(WeightJob &job, llvm::StringRef key);
  /// All jobs are written: the file gets its name. With its journal, a run can
  /// go on from it when it is renamed to FILE.partial.
  Result<void> finish(bool keepJournal);
  /// Nothing is worth to be gone on with.
  void discard();

private:
  ResultFile(std::string path, SafetensorsWriter writer, Journal journal)
      : path(std::move(path)), writer(std::move(writer)),
        journal(std::move(journal)) {}

  std::string path;
  std::mutex mutex; ///< of writes of tensors
  SafetensorsWriter writer;
  Journal journal;
  /// Of each job's name: its first tensor, and what the journal says of it.
  llvm::StringMap<size_t> firstTensors;
  llvm::StringMap<llvm::json::Object> known;
};

/// Names of the tensors in the file.
std::string getTensorName(const WeightJob &job, llvm::StringRef part);
std::string getFactorName(const WeightJob &job, llvm::StringRef part,
                          size_t index);

} // namespace zq

#endif // ZQ_LIB_TRANSFORMS_MATERIALIZE_RESULTFILE_H
