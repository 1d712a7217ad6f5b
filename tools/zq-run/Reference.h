//===- Reference.h - a linear in float64 ------------------------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_TOOLS_ZQ_RUN_REFERENCE_H
#define ZQ_TOOLS_ZQ_RUN_REFERENCE_H

#include "zq/Runtime/ModuleFile.h"

namespace zq::run {

/// y (M x N) of the linear for x (M x K), from the same quantized values, in
/// double precision. Written on its own: it shares the layout of weights in the
/// file with the runtime, and nothing else.
std::vector<double> computeReference(const runtime::ModuleFile &module,
                                     const runtime::Linear &linear, int64_t m,
                                     const std::vector<float> &x);

struct Comparison {
  /// Norm of the difference over norm of what is wanted, each token divided by
  /// its norm in x, so that small tokens count as large ones do. Not relative to
  /// each token's output: where N is small that may cancel to nearly nothing.
  double error = 0;
  /// The largest difference over |wanted| + the root mean square that is wanted
  /// for a token of that norm.
  double worst = 0;
};
/// Both are tokens of `n` outputs, for the tokens `x`.
Comparison compare(const std::vector<float> &found,
                   const std::vector<double> &wanted, int64_t n,
                   const std::vector<float> &x);

} // namespace zq::run

#endif // ZQ_TOOLS_ZQ_RUN_REFERENCE_H
