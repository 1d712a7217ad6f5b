//===- Options.h - zq-run's command line ------------------------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_TOOLS_ZQ_RUN_OPTIONS_H
#define ZQ_TOOLS_ZQ_RUN_OPTIONS_H

#include "zq/Support/Result.h"

#include <cstdint>
#include <vector>

namespace zq::run {

struct Options {
  std::string module;
  bool help = false;
  bool list = false;
  /// Names of linears; all where empty.
  std::vector<std::string> linears;
  bool cuda = false;
  /// 16, or what tuning measures, where none are given.
  std::vector<int64_t> tokens;
  /// Where the table of the fastest schedules goes; empty: run linears.
  std::string tune;
  /// A .npy file, or empty for random numbers from `seed`.
  std::string input;
  uint64_t seed = 0;
  /// Likewise.
  std::string residual;
  std::string output;
  enum class Compare { None, Cpu, Float64 } compare = Compare::None;
  double tolerance = 3e-3;
  int64_t repeat = 0;
  int64_t warmup = 3;
  int64_t threads = 1;
};

extern const char *const kUsage;

Result<Options> parseOptions(int argc, const char *const *argv);

} // namespace zq::run

#endif // ZQ_TOOLS_ZQ_RUN_OPTIONS_H
