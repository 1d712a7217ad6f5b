//===- Inputs.h - arrays for a function's arguments -------------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_TOOLS_ZQ_RUNNER_INPUTS_H
#define ZQ_TOOLS_ZQ_RUNNER_INPUTS_H

#include "zq/Execution/Signature.h"

namespace zq {

/// What the command line says of inputs.
struct InputOptions {
  /// One for each argument, or one `random` for all of them.
  std::vector<std::string> sources;
  /// Sizes of dynamic dimensions, in order of appearance, or one for all.
  std::vector<int64_t> dims;
  /// A safetensors file for arguments with `zq.weight`; empty without.
  std::string weightsFile;
};

/// One array for each argument. Sources are
///   random, random:SEED     reproducible numbers
///   zeros
///   FILE.npy
///   FILE.safetensors:NAME   a tensor of the file
///   raw:FILE                the bytes of the elements, row-major
Result<std::vector<Array>> loadInputs(const Signature &signature,
                                      const InputOptions &options);

/// How many sources one call of the function takes.
size_t countSources(const Signature &signature, const InputOptions &options);

} // namespace zq

#endif // ZQ_TOOLS_ZQ_RUNNER_INPUTS_H
