//===- Tables.h - what zq-run prints ----------------------------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_TOOLS_ZQ_RUN_TABLES_H
#define ZQ_TOOLS_ZQ_RUN_TABLES_H

#include "Reference.h"

#include "zq/Runtime/zq.h"

namespace zq::run {

/// What a module has: a line for each linear.
void printList(const runtime::ModuleFile &file,
               const std::vector<ZqLinearInfo> &linears);

/// Runs: a header, then a line for each. What was not measured is null.
void printHeader();
void printRow(const ZqLinearInfo &info, int64_t m, const Comparison *comparison,
              const double *microseconds, const char *verdict);

} // namespace zq::run

#endif // ZQ_TOOLS_ZQ_RUN_TABLES_H
