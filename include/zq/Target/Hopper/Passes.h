//===- Passes.h - from kernels to a cubin -----------------------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_TARGET_HOPPER_PASSES_H
#define ZQ_TARGET_HOPPER_PASSES_H

#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassOptions.h"

namespace zq::hopper {
#define GEN_PASS_DECL
#include "zq/Target/Hopper/Passes.h.inc"
#define GEN_PASS_REGISTRATION
#include "zq/Target/Hopper/Passes.h.inc"

/// What `zqgpu-to-cubin` can be told.
struct ToCubinOptions : public mlir::PassPipelineOptions<ToCubinOptions> {
  ListOption<int64_t> tokens{*this, "tokens",
                             llvm::cl::desc("Tokens in a tile, ascending")};
  Option<int64_t> stages{*this, "stages", llvm::cl::init(0),
                         llvm::cl::desc("Stages of the ring; 0: as many as "
                                        "shared memory holds")};
  Option<int64_t> split{*this, "split", llvm::cl::init(0),
                        llvm::cl::desc("CTAs that share a tile, a part of K "
                                       "each; 0: by shape")};
  Option<std::string> accumulation{*this, "accumulation",
                                   llvm::cl::init("promoted"),
                                   llvm::cl::desc("promoted or fast")};
  Option<int64_t> interval{*this, "interval", llvm::cl::init(1024),
                           llvm::cl::desc("Columns of K between promotions")};
  Option<std::string> target{
      *this, "target",
      llvm::cl::desc("h100, h200, or hopper for what is good on both")};
  Option<std::string> table{
      *this, "schedule-table",
      llvm::cl::desc("A file of schedules that were measured")};
  Option<bool> expandCandidates{
      *this, "expand-candidates", llvm::cl::init(false),
      llvm::cl::desc("For tuning: a linear for every schedule")};
  Option<std::string> ptxas{*this, "ptxas", llvm::cl::desc("Path of ptxas")};
  Option<bool> assemble{
      *this, "assemble", llvm::cl::init(true),
      llvm::cl::desc("Go on to a cubin; without it, stop at PTX")};
};

/// From zqgpu.linear ops to linears with variants and one gpu.binary.
void buildToCubinPipeline(mlir::OpPassManager &pm,
                          const ToCubinOptions &options);
/// Registers it as `zqgpu-to-cubin`.
void registerToCubinPipeline();

/// The upstream interfaces that the pipeline's passes look up by dialect.
void registerInterfaces(mlir::DialectRegistry &registry);

} // namespace zq::hopper

#endif // ZQ_TARGET_HOPPER_PASSES_H
