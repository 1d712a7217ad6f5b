//===- ToCubin.cpp - the pipeline zqgpu-to-cubin --------------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "zq/Conversion/Hopper/Passes.h"
#include "zq/Target/Hopper/Passes.h"

#include "mlir/Conversion/ArithToLLVM/ArithToLLVM.h"
#include "mlir/Conversion/ControlFlowToLLVM/ControlFlowToLLVM.h"
#include "mlir/Conversion/MathToLLVM/MathToLLVM.h"
#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/GPU/Transforms/Passes.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Target/LLVM/NVVM/Target.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/GPU/GPUToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/NVVM/NVVMToLLVMIRTranslation.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace zq::hopper;

void zq::hopper::registerInterfaces(DialectRegistry &registry) {
  arith::registerConvertArithToLLVMInterface(registry);
  cf::registerConvertControlFlowToLLVMInterface(registry);
  registerConvertMathToLLVMInterface(registry);
  registerBuiltinDialectTranslation(registry);
  registerGPUDialectTranslation(registry);
  registerLLVMDialectTranslation(registry);
  registerNVVMDialectTranslation(registry);
  NVVM::registerNVVMTargetInterfaceExternalModels(registry);
}

/// scf, arith, math and zqgpu inside the kernels to LLVM and NVVM.
static void addLowering(OpPassManager &pm) {
  // Kernels are written without an eye to repeated values.
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  pm.addPass(createZqGPUToNVVM());
  pm.addPass(createSCFToControlFlowPass());
  ConvertToLLVMPassOptions toLLVM;
  toLLVM.filterDialects = {"arith", "cf", "math"};
  pm.addPass(createConvertToLLVMPass(toLLVM));
  // The NVVM ops that are inline PTX.
  pm.addPass(createConvertNVVMToLLVMPass());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
}

template <typename PassOptions>
static PassOptions getScheduleOptions(const ToCubinOptions &options) {
  PassOptions own;
  own.tokens.assign(options.tokens.begin(), options.tokens.end());
  own.stages = options.stages;
  own.split = options.split;
  own.accumulation = options.accumulation;
  own.interval = options.interval;
  own.target = options.target;
  own.table = options.table;
  return own;
}

void zq::hopper::buildToCubinPipeline(OpPassManager &pm,
                                      const ToCubinOptions &options) {
  if (options.expandCandidates)
    pm.addPass(createExpandCandidates(
        getScheduleOptions<ExpandCandidatesOptions>(options)));
  else
    pm.addPass(createChooseSchedules(
        getScheduleOptions<ChooseSchedulesOptions>(options)));
  pm.addPass(createGenerateKernels());

  addLowering(pm.nest<gpu::GPUModuleOp>());

  GpuNVVMAttachTargetOptions target;
  target.chip = "sm_90a";
  target.features = "+ptx86"; // copies to shared::cta
  target.optLevel = 3;
  pm.addPass(createGpuNVVMAttachTarget(target));
  // PTX only: ptxas is ours to run, because what it says counts.
  GpuModuleToBinaryPassOptions toPtx;
  toPtx.compilationTarget = "isa";
  pm.addPass(createGpuModuleToBinaryPass(toPtx));

  if (options.assemble) {
    AssembleOptions assemble;
    assemble.ptxas = options.ptxas;
    pm.addPass(createAssemble(assemble));
  }
}

void zq::hopper::registerToCubinPipeline() {
  PassPipelineRegistration<ToCubinOptions>(
      "zqgpu-to-cubin",
      "Generate the kernels of zqgpu.linear ops and compile them for sm_90a",
      buildToCubinPipeline);
}
