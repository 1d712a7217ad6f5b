//===- Import.cpp - the pipeline zq-import --------------------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "zq/Pipelines/Pipelines.h"
#include "zq/Transforms/Import/Passes.h"

#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace zq;

/// What is no linear layer stays as the front end wrote it: no canonicalization
/// of the whole module, which belongs to another stack.
void zq::buildImportPipeline(OpPassManager &pm, const ImportOptions &options) {
  pm.addPass(createLowerTosaPass());

  // Before the linears are raised, which are named after their tensors.
  if (!options.weights.empty() || !options.weightNames.empty()) {
    BindWeightsPassOptions bind;
    llvm::append_range(bind.files, options.weights);
    llvm::append_range(bind.names, options.weightNames);
    pm.addPass(createBindWeightsPass(bind));
  }
  pm.addPass(createRaiseLinearPass());

  // A weight that is used twice was transposed twice.
  pm.addPass(createCSEPass());
}
