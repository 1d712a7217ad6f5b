//===- Pipelines.cpp - registers the named pipelines ----------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "zq/Pipelines/Pipelines.h"

#include "RegisterPipeline.h"

using namespace mlir;
using namespace zq;

void zq::registerZqPipelines() {
  registerPipeline(
      "zq-import",
      "Raise a front end's linear layers to zq.linear and bind their weights",
      buildImportPipeline);
  registerPipeline(
      "zq-decide",
      "Decide format, groups, scale constraint and compensation of each layer",
      buildDecidePipeline);
  registerPipeline("zq-materialize",
                   "Compute the quantized weights that were decided",
                   buildMaterializePipeline);
  registerPipeline(
      "zq-optimize",
      "Fold constrained scales into integer casts and the epilogue",
      buildOptimizePipeline);
  registerPipeline(
      "zq-quantize",
      "From a front end's module to quantized linears: zq-import, zq-decide, "
      "zq-materialize, zq-optimize",
      buildQuantizePipeline);
}
