//===- Pipelines.cpp - registers the named pipelines ----------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "zq/Pipelines/Pipelines.h"

#include "mlir/Pass/PassRegistry.h"

using namespace mlir;
using namespace zq;

namespace {
struct ImportPipelineOptions
    : public ImportOptions,
      public PassPipelineOptions<ImportPipelineOptions> {};
struct DecidePipelineOptions
    : public DecideOptions,
      public PassPipelineOptions<DecidePipelineOptions> {};
struct MaterializePipelineOptions
    : public MaterializeOptions,
      public PassPipelineOptions<MaterializePipelineOptions> {};
} // namespace

void zq::registerZqPipelines() {
  PassPipelineRegistration<ImportPipelineOptions>(
      "zq-import",
      "Raise a front end's linear layers to zq.linear and bind their weights",
      [](OpPassManager &pm, const ImportPipelineOptions &options) {
        buildImportPipeline(pm, options);
      });
  PassPipelineRegistration<DecidePipelineOptions>(
      "zq-decide",
      "Decide format, groups, scale constraint and compensation of each layer",
      [](OpPassManager &pm, const DecidePipelineOptions &options) {
        buildDecidePipeline(pm, options);
      });
  PassPipelineRegistration<MaterializePipelineOptions>(
      "zq-materialize", "Compute the quantized weights that were decided",
      [](OpPassManager &pm, const MaterializePipelineOptions &options) {
        buildMaterializePipeline(pm, options);
      });
  PassPipelineRegistration<>(
      "zq-optimize",
      "Fold constrained scales into integer casts and the epilogue",
      [](OpPassManager &pm) { buildOptimizePipeline(pm); });
}
