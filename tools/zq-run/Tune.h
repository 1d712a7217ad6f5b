//===- Tune.h - measure the schedules of linears ----------------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_TOOLS_ZQ_RUN_TUNE_H
#define ZQ_TOOLS_ZQ_RUN_TUNE_H

#include "Options.h"

#include "zq/Runtime/ModuleFile.h"

namespace zq::run {

/// Times the linears, each a candidate with one schedule, on the GPU, for each
/// number of tokens, and writes the table of the fastest to `options.tune`.
Result<void> tune(const Options &options, const runtime::ModuleFile &file,
                  const std::vector<size_t> &linears);

} // namespace zq::run

#endif // ZQ_TOOLS_ZQ_RUN_TUNE_H
