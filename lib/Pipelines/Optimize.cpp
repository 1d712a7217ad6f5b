//===- Optimize.cpp - the pipeline zq-optimize ----------------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "zq/Pipelines/Pipelines.h"
#include "zq/Transforms/Optimize/Passes.h"

#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace zq;

void zq::buildOptimizePipeline(OpPassManager &pm,
                               const OptimizeOptions &options) {
  // Before folding, which puts a cast between the codes and their linear.
  if (options.fuseSiblings)
    pm.addPass(createFuseSiblingsPass());
  if (options.fuseResidual)
    pm.addPass(createFuseResidualPass());
  pm.addPass(createFoldScalesPass());
  // A weight that several linears use was cast and scaled for each: keep one.
  pm.addPass(createCSEPass());
}
