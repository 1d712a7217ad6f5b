//===- Statistics.h - run calibration data through a module -----*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_TOOLS_ZQ_RUNNER_STATISTICS_H
#define ZQ_TOOLS_ZQ_RUNNER_STATISTICS_H

#include "CompiledModule.h"
#include "Inputs.h"

namespace zq {

/// Calls the module once for each batch of `inputs` (as many sources as the
/// function has arguments are one batch) and writes what its observers saw.
Result<void> writeStatistics(CompiledModule &module, const InputOptions &inputs,
                             const std::string &path);

} // namespace zq

#endif // ZQ_TOOLS_ZQ_RUNNER_STATISTICS_H
