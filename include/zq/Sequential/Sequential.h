//===- Sequential.h - layer-by-layer calibration ----------------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Quantizes a model layer by layer, each by the inputs that it has in the model
// as it is quantized so far, and towards the outputs of the float model.
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_SEQUENTIAL_SEQUENTIAL_H
#define ZQ_SEQUENTIAL_SEQUENTIAL_H

#include "zq/Arrays/Array.h"

#include "mlir/IR/BuiltinOps.h"

namespace zq {

struct SequentialOptions {
  /// The function that computes the model. It calls others in a straight line,
  /// or none.
  std::string entry = "main";
  /// For each of its arguments, windows of data one after the other along the
  /// first dimension. One window stands for all.
  std::vector<Array> data;
  /// Calibrate on so many of them; 0 takes all.
  int64_t windows = 0;
  /// Options of zq-materialize-weights, but for its files.
  std::string materialize;
  /// The inputs that count are those that layers multiply: after the
  /// quantization of activations. Otherwise those before it.
  bool quantizedInputs = true;
  /// Layers aim at the float model's outputs instead of their own on the
  /// quantized model's inputs, those in front of a residual sum at the float
  /// model's sum.
  bool inputTargets = true;
  bool residualTargets = true;
  /// Layers in front of a residual sum count errors of a token as parts of its
  /// size in the float model's residual stream. Wants `residualTargets`.
  bool tokenWeights = false;
  /// A folder for what an interrupted run has finished.
  std::string state;
  /// Written if not empty: the statistics of all layers, the report.
  std::string statistics, report;
  /// 0 takes all cores.
  unsigned threads = 0;
};

/// `module` has decisions (zq-decide) and becomes one without (materialized).
/// The context knows all dialects and the translations to LLVM IR. The same
/// bits for any number of threads, interrupted or not.
mlir::LogicalResult calibrateSequentially(mlir::ModuleOp module,
                                          const SequentialOptions &options);

/// Once the model is written: removes the files of the state, and its folder
/// unless there are others in it.
void removeCalibrationState(const std::string &folder);

} // namespace zq

#endif // ZQ_SEQUENTIAL_SEQUENTIAL_H
