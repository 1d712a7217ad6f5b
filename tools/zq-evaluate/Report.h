//===- Report.h - what an evaluation found ----------------------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_TOOLS_ZQ_EVALUATE_REPORT_H
#define ZQ_TOOLS_ZQ_EVALUATE_REPORT_H

#include "Evaluator.h"

namespace zq {

struct Report {
  std::string windowsFile;
  int64_t tokensPerWindow;
  std::vector<int64_t> windows; ///< which of the file
  bool hasLogits;
  std::vector<std::string> modules;    ///< the reference first
  std::vector<std::vector<Sums>> sums; ///< by window, then module

  void print(llvm::raw_ostream &out) const;
  Result<void> writeJson(const std::string &path) const;

private:
  Sums getTotal(size_t module) const;
};

} // namespace zq

#endif // ZQ_TOOLS_ZQ_EVALUATE_REPORT_H
