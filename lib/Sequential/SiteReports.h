//===- SiteReports.h - one report of those of all sites ---------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_LIB_SEQUENTIAL_SITEREPORTS_H
#define ZQ_LIB_SEQUENTIAL_SITEREPORTS_H

#include "zq/Sequential/Sequential.h"

namespace zq {

/// Writes the report of a whole model: the layers of `parts`, reports of
/// zq-materialize-weights, one after the other, and how far what stages return
/// is off (`outputs`).
Result<void> mergeReports(const std::string &path,
                          const std::vector<std::string> &parts,
                          const std::vector<std::string> &outputs,
                          const SequentialOptions &options, int64_t windows);

} // namespace zq

#endif // ZQ_LIB_SEQUENTIAL_SITEREPORTS_H
