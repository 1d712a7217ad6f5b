//===- PtxasReport.cpp - reads what ptxas says ----------------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "zq/Target/Hopper/Ptxas.h"

#include "llvm/ADT/SmallVector.h"

using namespace llvm;
using namespace zq::hopper;

/// The text in single quotes after `words`, or an empty string.
static StringRef getQuotedAfter(StringRef line, StringRef words) {
  StringRef rest = line.split(words).second.ltrim();
  return rest.consume_front("'") ? rest.split('\'').first : StringRef();
}

/// The number in front of `unit`, 0 where the line does not have it.
static int64_t getNumberBefore(StringRef line, StringRef unit) {
  size_t end = line.find(unit);
  if (end == StringRef::npos)
    return 0;
  StringRef before = line.take_front(end).rtrim();
  size_t start = before.find_last_not_of("0123456789");
  int64_t number = 0;
  before.substr(start == StringRef::npos ? 0 : start + 1)
      .getAsInteger(10, number);
  return number;
}

/// The code of a C75xx line ("C7510"), or an empty string.
static StringRef getWarningCode(StringRef line) {
  size_t at = line.find("C75");
  if (at == StringRef::npos || at + 5 > line.size())
    return {};
  StringRef code = line.substr(at, 5);
  bool digits =
      code.drop_front().find_first_not_of("0123456789") == StringRef::npos;
  return digits ? code : StringRef();
}

PtxasReport zq::hopper::parsePtxasReport(StringRef log) {
  PtxasReport report;
  auto getKernel = [&](StringRef name) -> PtxasKernel & {
    for (PtxasKernel &kernel : report.kernels)
      if (kernel.name == name)
        return kernel;
    report.kernels.push_back({name.str()});
    return report.kernels.back();
  };

  std::string current;
  SmallVector<StringRef> lines;
  log.split(lines, '\n', -1, /*KeepEmpty=*/false);
  for (StringRef line : lines) {
    StringRef entry = getQuotedAfter(line, "Compiling entry function");
    if (!entry.empty()) {
      current = entry.str();
      getKernel(current);
      continue;
    }
    if (line.starts_with("ptxas error") || line.starts_with("ptxas fatal") ||
        line.contains("; error")) {
      report.errors.push_back(line.trim().str());
      continue;
    }
    StringRef code = getWarningCode(line);
    if (!code.empty()) {
      // "... in the function 'name'", or about the kernel being compiled.
      StringRef named = getQuotedAfter(line, "in the function");
      if (code != "C7519")
        report.warnings.push_back(
            {named.empty() ? current : named.str(), line.trim().str()});
      continue;
    }
    if (current.empty())
      continue;
    PtxasKernel &kernel = getKernel(current);
    if (line.contains("bytes stack frame")) {
      // Device functions that the kernel calls have lines of their own.
      kernel.stackBytes += getNumberBefore(line, "bytes stack frame");
      kernel.spillStoreBytes += getNumberBefore(line, "bytes spill stores");
      kernel.spillLoadBytes += getNumberBefore(line, "bytes spill loads");
    }
    if (line.contains("Used") && line.contains("registers"))
      kernel.registers = getNumberBefore(line, "registers");
  }
  return report;
}
