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

/// A linear in double precision, from the quantized values in a module file.
/// Written on its own: it shares the layout of weights in the file with the
/// runtime, and nothing else.
class Reference {
public:
  Reference(const runtime::ModuleFile &module, const runtime::Linear &linear);

  /// y (M x N) for x (M x K) and the residual (M x N), empty where there is
  /// none.
  std::vector<double> compute(int64_t m, const std::vector<float> &x,
                              const std::vector<float> &residual) const;
  /// How large a token's outputs are: their root mean square, or what it would
  /// be for weights and inputs of these sizes and random signs, if that is
  /// larger. So an output that happens to be next to zero is not held to an
  /// error that is next to nothing.
  std::vector<double> getTokenSizes(int64_t m, const std::vector<float> &x,
                                    const std::vector<double> &y) const;

private:
  const runtime::Linear &linear;
  /// N x K, with row scales.
  std::vector<double> weights;
  std::vector<double> down, up, bias;
};

struct Comparison {
  /// Root mean square of the difference over the token's size, over all tokens:
  /// small tokens count as large ones do.
  double error = 0;
  /// The largest difference over |wanted| + the token's size.
  double worst = 0;
};
/// `sizes` has one number for each token.
Comparison compare(const std::vector<float> &found,
                   const std::vector<double> &wanted,
                   const std::vector<double> &sizes);

} // namespace zq::run

#endif // ZQ_TOOLS_ZQ_RUN_REFERENCE_H
