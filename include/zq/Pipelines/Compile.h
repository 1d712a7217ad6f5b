//===- Compile.h - the pipelines that end in kernels ------------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_PIPELINES_COMPILE_H
#define ZQ_PIPELINES_COMPILE_H

#include "zq/Pipelines/Pipelines.h"
#include "zq/Target/Hopper/Passes.h"

namespace zq {

/// Options of zq-to-nvvm: those of zqgpu-to-cubin, and whether to run it.
struct ToNVVMOptions : public virtual mlir::detail::PassOptions {
  Option<bool> kernels{
      *this, "kernels",
      llvm::cl::desc("Generate kernels (the default); without them, compiled "
                     "linears run on the CPU only and no ptxas is needed"),
      llvm::cl::init(true)};
  ListOption<int64_t> tokens{
      *this, "tokens",
      llvm::cl::desc("Tokens in a tile, one kernel each, ascending")};
  Option<int64_t> stages{*this, "stages",
                         llvm::cl::desc("Stages of the ring of a kernel"),
                         llvm::cl::init(hopper::ToCubinOptions().stages)};
  Option<int64_t> split{*this, "split",
                        llvm::cl::desc("CTAs that share a tile, a part of K "
                                       "each; 0: by shape"),
                        llvm::cl::init(hopper::ToCubinOptions().split)};
  Option<std::string> accumulation{
      *this, "accumulation",
      llvm::cl::desc("fast: tensor cores sum over all of K; promoted: FP32 "
                     "takes over every interval"),
      llvm::cl::init(hopper::ToCubinOptions().accumulation)};
  Option<int64_t> interval{*this, "interval",
                           llvm::cl::desc("Columns of K between promotions"),
                           llvm::cl::init(hopper::ToCubinOptions().interval)};
  Option<std::string> target{
      *this, "target",
      llvm::cl::desc("h100, h200, or hopper for what is good on both"),
      llvm::cl::init("")};
  Option<std::string> table{
      *this, "schedule-table",
      llvm::cl::desc("A file of schedules that were measured"),
      llvm::cl::init("")};
  Option<bool> expandCandidates{
      *this, "expand-candidates",
      llvm::cl::desc("For tuning: a linear for every schedule that one of its "
                     "shape could have"),
      llvm::cl::init(false)};
  Option<std::string> ptxas{*this, "ptxas", llvm::cl::desc("Path of ptxas"),
                            llvm::cl::init("")};
};

/// Options of zq-compile: those of zq-quantize and zq-to-nvvm.
struct CompileOptions : public QuantizePipelineOptions, public ToNVVMOptions {};

/// zq-to-nvvm: quantized linears become calls, zqgpu.linear and a cubin.
void buildToNVVMPipeline(mlir::OpPassManager &pm, const ToNVVMOptions &options);

/// zq-compile: all phases, from a front end's module to cubins.
void buildCompilePipeline(mlir::OpPassManager &pm,
                          const CompileOptions &options);

void registerCompilePipelines();

} // namespace zq

#endif // ZQ_PIPELINES_COMPILE_H
