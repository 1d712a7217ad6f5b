//===- Compile.cpp - the pipelines zq-to-nvvm and zq-compile --------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "zq/Pipelines/Compile.h"

#include "zq/Conversion/ZqToZqGPU/Passes.h"
#include "zq/Target/Hopper/Passes.h"

#include "mlir/Pass/PassRegistry.h"

using namespace mlir;
using namespace zq;

void zq::buildToNVVMPipeline(OpPassManager &pm, const ToNVVMOptions &options) {
  pm.addPass(createOutlineLinearsPass());
  if (!options.kernels)
    return;
  hopper::ToCubinOptions toCubin;
  toCubin.tokens = SmallVector<int64_t>(options.tokens.begin(),
                                        options.tokens.end());
  toCubin.stages = options.stages;
  toCubin.split = options.split;
  toCubin.accumulation = options.accumulation;
  toCubin.interval = options.interval;
  toCubin.target = options.target;
  toCubin.table = options.table;
  toCubin.expandCandidates = options.expandCandidates;
  toCubin.ptxas = options.ptxas;
  hopper::buildToCubinPipeline(pm, toCubin);
}

void zq::buildCompilePipeline(OpPassManager &pm,
                              const CompileOptions &options) {
  buildQuantizePipeline(pm, options);
  buildToNVVMPipeline(pm, options);
}

namespace {
template <typename Options>
struct Parsed : public Options, public PassPipelineOptions<Parsed<Options>> {};
} // namespace

void zq::registerCompilePipelines() {
  PassPipelineRegistration<Parsed<ToNVVMOptions>>(
      "zq-to-nvvm",
      "Move quantized linears out of functions and compile them for sm_90a",
      [](OpPassManager &pm, const Parsed<ToNVVMOptions> &options) {
        buildToNVVMPipeline(pm, options);
      });
  PassPipelineRegistration<Parsed<CompileOptions>>(
      "zq-compile",
      "From a front end's module to compiled linears: zq-quantize, zq-to-nvvm",
      [](OpPassManager &pm, const Parsed<CompileOptions> &options) {
        buildCompilePipeline(pm, options);
      });
}
