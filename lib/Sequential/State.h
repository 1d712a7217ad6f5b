//===- State.h - what an interrupted calibration has finished ---*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A folder with
//   calibration.json   which calibration it is, and how many stages are done
//   calibration.lock   locked by the process that works on it
//   site-S-I.mlirbc    the materialized layers of site I of stage S
//   site-S-I.json      their report
//   site-S-I.safetensors  their statistics
//   stream-V.float, stream-V.quantized  activations that are still needed:
//                      those after the last stage outlive an interruption
//   stage-S.json       how far the stage's results are from the float model's
// Every file appears whole or not at all.
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_LIB_SEQUENTIAL_STATE_H
#define ZQ_LIB_SEQUENTIAL_STATE_H

#include "zq/Support/Result.h"

#include "llvm/ADT/Twine.h"
#include <cstdint>
#include <optional>

namespace zq {

/// Keeps other processes away from a folder.
class FolderLock {
public:
  /// An error if another process, or another lock, has it.
  static Result<FolderLock> take(const std::string &folder);
  FolderLock(FolderLock &&other) : descriptor(other.descriptor) {
    other.descriptor = -1;
  }
  FolderLock &operator=(FolderLock &&) = delete;
  ~FolderLock();

private:
  explicit FolderLock(int descriptor) : descriptor(descriptor) {}

  int descriptor;
};

class CalibrationState {
public:
  /// Opens the folder, or makes it. `fingerprint` tells calibrations apart:
  /// another one's folder is refused.
  static Result<CalibrationState> open(std::string folder,
                                       const std::string &fingerprint);

  int64_t getNumStages() const { return stages; }
  /// Once all files of a stage are there.
  Result<void> setNumStages(int64_t count);

  /// "FOLDER/site-2-0.json".
  std::string getSitePath(int64_t stage, int64_t site,
                          llvm::StringRef extension) const;
  std::string getStreamPath(const llvm::Twine &value, bool quantized) const;
  std::string getPath(llvm::StringRef name) const;

private:
  CalibrationState(std::string folder, std::string fingerprint)
      : folder(std::move(folder)), fingerprint(std::move(fingerprint)) {}

  std::string folder;
  std::string fingerprint;
  int64_t stages = 0;
  std::optional<FolderLock> lock;
};

} // namespace zq

#endif // ZQ_LIB_SEQUENTIAL_STATE_H
