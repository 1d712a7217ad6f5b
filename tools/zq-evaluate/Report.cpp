//===- Report.cpp - what an evaluation found ------------------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Report.h"

#include "zq/Support/OutputFile.h"

#include "llvm/Support/Format.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"
#include <cmath>

using namespace zq;

static double getPerplexity(const Sums &sums) {
  return std::exp(sums.surprise / sums.tokens);
}

static double getDivergence(const Sums &sums) {
  return sums.divergence / sums.tokens;
}

/// Infinite where there is no error.
static double getSQNR(const Sums &sums) {
  if (sums.outputError == 0)
    return INFINITY;
  return 10 * std::log10(sums.outputSquares / sums.outputError);
}

/// JSON has no infinity: null where there is no error, or a perplexity is too
/// large.
static llvm::json::Value getJson(double value) {
  return std::isfinite(value) ? llvm::json::Value(value) : nullptr;
}

Sums Report::getTotal(size_t module) const {
  Sums total;
  for (const std::vector<Sums> &window : sums)
    total.add(window[module]);
  return total;
}

void Report::print(llvm::raw_ostream &out) const {
  size_t width = 9;
  for (const std::string &name : modules)
    width = std::max(width, name.size());
  out << windows.size() << " windows of " << tokensPerWindow << " tokens of "
      << windowsFile << "\n"
      << llvm::left_justify("module", width);
  if (hasLogits)
    out << "  perplexity   +%        KL";
  out << "  output SQNR dB\n";
  double reference = hasLogits ? getPerplexity(getTotal(0)) : 0;
  for (size_t m = 0; m < modules.size(); ++m) {
    Sums total = getTotal(m);
    out << llvm::left_justify(modules[m], width);
    if (hasLogits)
      out << llvm::format("  %10.4f %6.2f  %8.5f", getPerplexity(total),
                          100 * (getPerplexity(total) / reference - 1),
                          getDivergence(total));
    if (m != 0)
      out << llvm::format("  %14.2f", getSQNR(total));
    out << "\n";
  }
}

Result<void> Report::writeJson(const std::string &path) const {
  std::string text;
  llvm::raw_string_ostream stream(text);
  llvm::json::OStream json(stream, 2);
  json.object([&] {
    json.attribute("windows_file", windowsFile);
    json.attribute("tokens_per_window", tokensPerWindow);
    json.attributeArray("windows", [&] {
      for (int64_t window : windows)
        json.value(window);
    });
    json.attributeArray("modules", [&] {
      for (size_t m = 0; m < modules.size(); ++m)
        json.object([&] {
          Sums total = getTotal(m);
          json.attribute("name", modules[m]);
          if (hasLogits) {
            json.attribute("perplexity", getJson(getPerplexity(total)));
            json.attribute("kl", getDivergence(total));
            json.attribute("tokens", total.tokens);
          }
          json.attribute("output_sqnr_db", getJson(getSQNR(total)));
          if (!hasLogits)
            return;
          json.attributeArray("window_nll", [&] {
            for (const std::vector<Sums> &window : sums)
              json.value(window[m].surprise / window[m].tokens);
          });
          json.attributeArray("window_kl", [&] {
            for (const std::vector<Sums> &window : sums)
              json.value(getDivergence(window[m]));
          });
        });
    });
  });
  text += "\n";
  return writeFile(path, text);
}
