//===- Tables.cpp - what zq-run prints ------------------------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Tables.h"

#include <cstdio>
#include <string>

using namespace zq;
using namespace zq::run;

static const char *getName(ZqElementType type) {
  return type == ZQ_BF16 ? "bf16" : type == ZQ_F16 ? "f16" : "f32";
}

/// For which M there are kernels. The compiler's last range ends with the
/// largest M that a kernel's argument can hold.
static std::string getTokensText(int64_t maxTokens) {
  if (maxTokens == 0)
    return "none";
  return maxTokens == INT32_MAX ? "any" : "to " + std::to_string(maxTokens);
}

void run::printList(const runtime::ModuleFile &file,
                    const std::vector<ZqLinearInfo> &linears) {
  std::printf("%s, by %s\n", file.getPath().c_str(),
              file.getDescription().producer.c_str());
  for (const runtime::Cubin &cubin : file.getDescription().cubins)
    std::printf("kernels for %s, %llu bytes\n", cubin.target.c_str(),
                static_cast<unsigned long long>(file.getBlobSize(cubin.blob)));
  std::printf("%-32s %8s %8s %6s %-10s %-10s %4s %4s %8s %10s %10s\n", "linear",
              "N", "K", "group", "formats", "x to y", "rank", "bias",
              "residual", "bytes", "M on GPU");
  for (const ZqLinearInfo &info : linears)
    std::printf(
        "%-32s %8lld %8lld %6lld %-10s %-10s %4lld %4s %8s %10llu %10s\n",
        info.name, static_cast<long long>(info.n),
        static_cast<long long>(info.k), static_cast<long long>(info.group),
        (std::string(info.weightFormat) + '*' + info.activationFormat).c_str(),
        (std::string(getName(info.inputType)) + ' ' + getName(info.outputType))
            .c_str(),
        static_cast<long long>(info.rank), info.hasBias ? "yes" : "no",
        info.hasResidual ? "yes" : "no",
        static_cast<unsigned long long>(info.bytes),
        getTokensText(info.maxCudaTokens).c_str());
}

void run::printHeader() {
  std::printf("%-32s %7s %7s %6s %-10s %4s %4s %6s %10s %10s %10s\n", "linear",
              "N", "K", "group", "formats", "rank", "bias", "M", "error",
              "worst", "us");
}

static std::string getText(const char *format, double value, bool isKnown) {
  if (!isKnown)
    return "-";
  char text[32];
  std::snprintf(text, sizeof(text), format, value);
  return text;
}

void run::printRow(const ZqLinearInfo &info, int64_t m,
                   const Comparison *comparison, const double *microseconds,
                   const char *verdict) {
  std::printf(
      "%-32s %7lld %7lld %6lld %-10s %4lld %4s %6lld %10s %10s %10s%s\n",
      info.name, static_cast<long long>(info.n), static_cast<long long>(info.k),
      static_cast<long long>(info.group),
      (std::string(info.weightFormat) + '*' + info.activationFormat).c_str(),
      static_cast<long long>(info.rank), info.hasBias ? "yes" : "no",
      static_cast<long long>(m),
      getText("%.3e", comparison ? comparison->error : 0, comparison).c_str(),
      getText("%.3e", comparison ? comparison->worst : 0, comparison).c_str(),
      getText("%.1f", microseconds ? *microseconds : 0, microseconds).c_str(),
      verdict);
  std::fflush(stdout);
}
