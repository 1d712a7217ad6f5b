//===- SliceRunner.h - slices over all windows ------------------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_LIB_SEQUENTIAL_SLICERUNNER_H
#define ZQ_LIB_SEQUENTIAL_SLICERUNNER_H

#include "SiteModule.h"
#include "Slice.h"
#include "Streams.h"

#include "zq/Execution/CompiledModule.h"
#include "zq/Transforms/WeightSource.h"
#include "llvm/ADT/StringMap.h"

namespace zq {

/// An activation in the float model and in the quantized one.
struct StreamPair {
  Stream inFloat, quantized;
};
using StreamMap = llvm::DenseMap<mlir::Value, StreamPair>;

/// Compiles slices, each once however many stages are alike, and runs them.
class SliceRunner {
public:
  using Prepare = std::function<Result<void>(int64_t, std::vector<Array> &)>;
  using Consume = std::function<Result<void>(int64_t, std::vector<Array>)>;

  SliceRunner(int64_t windows, unsigned threads)
      : windows(windows), threads(threads) {}

  /// Runs `slice` over all windows of `streams`, with the weights of the model
  /// and what is known of the decisions. `prepare(window, results)` is called
  /// from several threads at a time, then `consume(window, results)` in order.
  mlir::LogicalResult run(Slice slice, mlir::Location loc,
                          const StreamMap &streams,
                          const SiteResults &decisions, const Prepare &prepare,
                          const Consume &consume);

  /// Forgets weights, and code that the stage before this one did not need.
  void finishStage();

private:
  struct Code {
    CompiledFunction function;
    bool isUsed;
  };
  mlir::FailureOr<CompiledFunction> compile(Slice &slice);
  Result<Array> loadParameter(const SliceParameter &parameter, const Slot &slot,
                              const SiteResults &decisions);
  Result<Array> loadWeight(WeightOp op, const Slot &slot);

  int64_t windows;
  unsigned threads;
  llvm::StringMap<Code> codes;
  WeightFiles files;
  /// By op and element type.
  std::map<std::pair<mlir::Operation *, DType>, Array> weights;
};

} // namespace zq

#endif // ZQ_LIB_SEQUENTIAL_SLICERUNNER_H
