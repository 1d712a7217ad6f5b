//===- Stages.h - a model as a line of calls --------------------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Layer-by-layer calibration walks a model in the order in which it computes:
// stages are the calls of its entry, and in a stage, sites are the inputs that
// quantized layers read (q, k and v read one).
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_LIB_SEQUENTIAL_STAGES_H
#define ZQ_LIB_SEQUENTIAL_STAGES_H

#include "dialects/Zq/Zq.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"

namespace zq {

/// A layer that is to be quantized.
struct SiteLayer {
  std::string name;
  QuantizeWeightOp decision;
  LowRankOp lowRank; ///< null without LoRC
  QuantizedLinearOp linear;
  /// What the layer's output is added to, of as many values; null where it is
  /// not added to anything.
  mlir::Value residual;
};

/// Layers with one input, which are quantized together.
struct Site {
  QuantizeActivationOp activation;
  llvm::SmallVector<SiteLayer, 3> layers;

  int64_t getNumWeights() const;
};

/// A call of the entry, or the entry itself where it calls nothing.
struct Stage {
  mlir::func::FuncOp function;
  /// Values of the entry, as many as the function takes and returns. The entry
  /// itself has no results here: nobody reads them.
  llvm::SmallVector<mlir::Value> operands, results;
  /// In the order in which they compute.
  std::vector<Site> sites;
};

/// The stages of a module whose layers are decided on and not materialized.
/// Layers without a name get one. Errors say what does not fit.
mlir::FailureOr<std::vector<Stage>> findStages(mlir::ModuleOp module,
                                               llvm::StringRef entry);

} // namespace zq

#endif // ZQ_LIB_SEQUENTIAL_STAGES_H
