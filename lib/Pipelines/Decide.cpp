//===- Decide.cpp - the pipeline zq-decide --------------------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "zq/Pipelines/Pipelines.h"

#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace zq;

void zq::buildDecidePipeline(OpPassManager &pm, const DecideOptions &options) {
  QuantizeLinearPassOptions quantize;
  quantize.weightFormat = options.weightFormat;
  quantize.activationFormat = options.activationFormat;
  quantize.groupSize = options.groupSize;
  quantize.clip = options.clip;
  quantize.rules = options.rules;
  quantize.rulesFile = options.rulesFile;
  pm.addPass(createQuantizeLinearPass(quantize));

  ConstrainScalesPassOptions constrain;
  constrain.constraint = options.constraint;
  constrain.rounding = options.rounding;
  constrain.anchorSearch = options.anchorSearch;
  constrain.maxShift = options.maxShift;
  constrain.rules = options.rules;
  constrain.rulesFile = options.rulesFile;
  pm.addPass(createConstrainScalesPass(constrain));

  // After the constraint: what LoRC compensates is the error that is left with
  // constrained scales.
  InsertLoRCPassOptions lorc;
  lorc.rank = options.lorcRank;
  lorc.factorType = options.lorcFactorType;
  lorc.rules = options.rules;
  lorc.rulesFile = options.rulesFile;
  pm.addPass(createInsertLoRCPass(lorc));

  // Linears with one input (q, k and v; gate and up) made a quantized
  // activation each: keep one.
  pm.addPass(createCSEPass());
}
