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
/// The options of a pipeline, in the form in which a registration parses them.
template <typename Options>
struct Parsed : public Options, public PassPipelineOptions<Parsed<Options>> {};
} // namespace

void zq::registerZqPipelines() {
  PassPipelineRegistration<Parsed<ImportOptions>>(
      "zq-import",
      "Raise a front end's linear layers to zq.linear and bind their weights",
      [](OpPassManager &pm, const Parsed<ImportOptions> &options) {
        buildImportPipeline(pm, options);
      });
  PassPipelineRegistration<Parsed<DecideOptions>>(
      "zq-decide",
      "Decide format, groups, scale constraint and compensation of each layer",
      [](OpPassManager &pm, const Parsed<DecideOptions> &options) {
        buildDecidePipeline(pm, options);
      });
  PassPipelineRegistration<Parsed<MaterializeOptions>>(
      "zq-materialize", "Compute the quantized weights that were decided",
      [](OpPassManager &pm, const Parsed<MaterializeOptions> &options) {
        buildMaterializePipeline(pm, options);
      });
  PassPipelineRegistration<Parsed<OptimizeOptions>>(
      "zq-optimize",
      "Fold constrained scales into integer casts and the epilogue",
      [](OpPassManager &pm, const Parsed<OptimizeOptions> &options) {
        buildOptimizePipeline(pm, options);
      });
  PassPipelineRegistration<Parsed<QuantizePipelineOptions>>(
      "zq-quantize",
      "From a front end's module to quantized linears: zq-import, zq-decide, "
      "zq-materialize, zq-optimize",
      [](OpPassManager &pm, const Parsed<QuantizePipelineOptions> &options) {
        buildQuantizePipeline(pm, options);
      });
}
