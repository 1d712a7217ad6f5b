//===- Compile.cpp - the pipelines zq-to-nvvm and zq-compile --------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "zq/Pipelines/Compile.h"

#include "RegisterPipeline.h"

#include "zq/Conversion/ZqToZqGPU/Passes.h"
#include "zq/Target/Hopper/Passes.h"

using namespace mlir;
using namespace zq;

void zq::buildToNVVMPipeline(OpPassManager &pm, const ToNVVMOptions &options) {
  pm.addPass(createOutlineLinearsPass());
  if (!options.kernels)
    return;
  hopper::ToCubinOptions toCubin;
  toCubin.tokens =
      SmallVector<int64_t>(options.tokens.begin(), options.tokens.end());
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

/// What would be ignored, if anything: options of kernels where none are made.
static std::optional<std::string>
findIgnoredOption(const ToNVVMOptions &options) {
  if (options.kernels)
    return std::nullopt;
  std::pair<StringRef, bool> given[] = {
      {"tokens", options.tokens.hasValue()},
      {"stages", options.stages.hasValue()},
      {"split", options.split.hasValue()},
      {"accumulation", options.accumulation.hasValue()},
      {"interval", options.interval.hasValue()},
      {"target", options.target.hasValue()},
      {"schedule-table", options.table.hasValue()},
      {"expand-candidates", options.expandCandidates},
      {"ptxas", options.ptxas.hasValue()}};
  for (auto [name, isGiven] : given)
    if (isGiven)
      return ("found " + name +
              " with kernels=false, wanted one of the two: without kernels it "
              "says nothing")
          .str();
  return std::nullopt;
}

void zq::registerCompilePipelines() {
  registerPipeline<ToNVVMOptions>(
      "zq-to-nvvm",
      "Move quantized linears out of functions and compile them for sm_90a",
      buildToNVVMPipeline, findIgnoredOption);
  registerPipeline<CompileOptions>(
      "zq-compile",
      "From a front end's module to compiled linears: zq-quantize, zq-to-nvvm",
      buildCompilePipeline,
      [](const CompileOptions &options) { return findIgnoredOption(options); });
}
