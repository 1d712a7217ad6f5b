//===- Evaluator.h - modules over windows of tokens -------------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_TOOLS_ZQ_EVALUATE_EVALUATOR_H
#define ZQ_TOOLS_ZQ_EVALUATE_EVALUATOR_H

#include "zq/Execution/CompiledModule.h"

#include <optional>

namespace zq {

/// A module to evaluate: what makes its output of a window, and logits of that.
struct EvaluatedModule {
  std::string name;
  CompiledFunction model;
  std::optional<CompiledFunction> head;
};

/// Sums over tokens. Those of one window, added in the order of windows, are
/// those of all: the same bits for any number of threads.
struct Sums {
  int64_t tokens = 0;       ///< that have a next one in their window
  double surprise = 0;      ///< -log p(next token), in nats
  double divergence = 0;    ///< from the reference, in nats
  double outputSquares = 0; ///< of the reference's output
  double outputError = 0;   ///< squares of the difference from it

  void add(const Sums &other);
};

class Evaluator {
public:
  /// The first module is the reference. Fails where the functions do not fit
  /// each other or the windows (count x tokens, integers).
  static Result<Evaluator> create(std::vector<EvaluatedModule> modules,
                                  Array windows);

  int64_t getNumWindows() const { return windows.getShape()[0]; }
  int64_t getNumTokens() const { return windows.getShape()[1]; }
  bool hasLogits() const { return modules[0].head.has_value(); }
  const std::vector<EvaluatedModule> &getModules() const { return modules; }

  /// One window through all modules; `progress` is told of each that is done.
  /// Holds the outputs of all modules and the logits of a slice of two. Any
  /// number of threads may call. Fails where a sum is not finite.
  Result<std::vector<Sums>>
  evaluate(int64_t window, const std::function<void()> &progress) const;

private:
  Evaluator(std::vector<EvaluatedModule> modules, Array windows)
      : modules(std::move(modules)), windows(std::move(windows)) {}
  Result<void> checkModel(const EvaluatedModule &module) const;
  Result<void> checkHead(const EvaluatedModule &module) const;
  Result<void> checkTokens() const;
  Result<void> addLogits(int64_t window, const std::vector<Array> &outputs,
                         std::vector<Sums> &sums) const;

  std::vector<EvaluatedModule> modules;
  Array windows;
};

} // namespace zq

#endif // ZQ_TOOLS_ZQ_EVALUATE_EVALUATOR_H
