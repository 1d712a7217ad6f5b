//===- Materialize.cpp - the pipeline zq-materialize ----------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "zq/Pipelines/Pipelines.h"

using namespace mlir;
using namespace zq;

void zq::buildMaterializePipeline(OpPassManager &pm,
                                  const MaterializeOptions &options) {
  // One pass for all: LoRC's factors need the float weight and its codes
  // together, and a weight is read once.
  MaterializeWeightsPassOptions materialize;
  materialize.algorithm = options.algorithm;
  materialize.statistics = options.statistics;
  materialize.uncalibrated = options.uncalibrated;
  materialize.damping = options.damping;
  materialize.dampingAmount = options.dampingAmount;
  materialize.columnOrder = options.columnOrder;
  materialize.groupScales = options.groupScales;
  materialize.scaleImportance = options.scaleImportance;
  materialize.descentPasses = options.descentPasses;
  materialize.targetStrength = options.targetStrength;
  materialize.lorcWeighted = options.lorcWeighted;
  materialize.lorcFormat = options.lorcFormat;
  materialize.lorcRounds = options.lorcRounds;
  materialize.reportSteps = options.reportSteps;
  materialize.reportGains = options.reportGains;
  materialize.outputWeights = options.outputWeights;
  materialize.keepJournal = options.keepJournal;
  materialize.showProgress = options.showProgress;
  materialize.threads = options.threads;
  materialize.report = options.report;
  materialize.probeTokens = options.probeTokens;
  pm.addPass(createMaterializeWeightsPass(materialize));
}
