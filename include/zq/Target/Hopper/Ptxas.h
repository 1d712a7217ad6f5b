//===- Ptxas.h - NVIDIA's assembler and what it says ------------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_TARGET_HOPPER_PTXAS_H
#define ZQ_TARGET_HOPPER_PTXAS_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <string>
#include <vector>

namespace zq::hopper {

/// What `ptxas -v` reports of one kernel.
struct PtxasKernel {
  std::string name;
  int64_t registers = 0;
  int64_t stackBytes = 0;
  int64_t spillStoreBytes = 0;
  int64_t spillLoadBytes = 0;
};

/// What `ptxas -v` reports.
struct PtxasReport {
  std::vector<PtxasKernel> kernels;
  /// C75xx lines, but for C7519, which is harmless: the line, and the kernel
  /// that it names (or was about).
  struct Warning {
    std::string kernel, text;
  };
  std::vector<Warning> warnings;
  /// Error lines.
  std::vector<std::string> errors;
};

/// Reads the output of `ptxas -v`.
PtxasReport parsePtxasReport(llvm::StringRef log);

/// The path of ptxas: `given` if not empty, or the first on PATH, under
/// CUDA_HOME or CUDA_PATH, in ../cuda/bin beside the running program, or in
/// /usr/local/cuda/bin. An error says where was looked.
llvm::Expected<std::string> findPtxas(llvm::StringRef given);

/// What a run of ptxas gave.
struct PtxasResult {
  int exitCode;
  std::string log;
  std::string cubin; ///< empty where the exit code is not 0
};

/// Assembles `ptx` for `chip`. An error is one of running it at all.
llvm::Expected<PtxasResult> runPtxas(llvm::StringRef ptxas, llvm::StringRef ptx,
                                     llvm::StringRef chip);

} // namespace zq::hopper

#endif // ZQ_TARGET_HOPPER_PTXAS_H
