//===- Quantize.cpp - the pipeline zq-quantize ----------------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "zq/Pipelines/Pipelines.h"

using namespace mlir;
using namespace zq;

void zq::buildQuantizePipeline(OpPassManager &pm,
                               const QuantizePipelineOptions &options) {
  buildImportPipeline(pm, options);
  // Everything is decided before a weight is read, so that what cannot be done
  // is refused before the work.
  buildDecidePipeline(pm, options);
  buildMaterializePipeline(pm, options);
  // Folding needs the values of the anchors.
  buildOptimizePipeline(pm, options);
}
