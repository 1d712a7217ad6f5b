//===- Statistics.h - run calibration data through a module -----*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_TOOLS_ZQ_RUNNER_STATISTICS_H
#define ZQ_TOOLS_ZQ_RUNNER_STATISTICS_H

#include "Inputs.h"

#include "zq/Execution/CompiledModule.h"

namespace zq {

/// Calls the function once for each batch of `inputs` (as many sources as it
/// has arguments are one batch), on all cores, and writes what the observers of
/// `layers` saw. The numbers do not depend on the number of cores.
Result<void> writeStatistics(std::vector<std::vector<std::string>> layers,
                             const CompiledFunction &function,
                             const InputOptions &inputs,
                             const std::string &path);

} // namespace zq

#endif // ZQ_TOOLS_ZQ_RUNNER_STATISTICS_H
