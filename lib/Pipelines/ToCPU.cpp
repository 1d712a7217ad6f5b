//===- ToCPU.cpp - the pipeline zq-to-cpu ---------------------------------===//
//
// From zq and the upstream dialects that front ends emit, on tensors, to the
// LLVM dialect, in an order that keeps LLVM able to vectorize the loops.
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "zq/Pipelines/ToCPU.h"
#include "zq/Conversion/Passes.h"
#include "zq/Transforms/Import/Passes.h"
#include "zq/Transforms/Optimize/Passes.h"

#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/Bufferization/Pipelines/Passes.h"
#include "mlir/Dialect/Bufferization/Transforms/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/Passes.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace zq;

static bool callsBlas(const ToCPUOptions &options) {
  return options.contractions == Contractions::Blas &&
         options.arith != "apfloat";
}

/// Everything becomes linalg, arith, math and tensor.
static void addTensorPasses(OpPassManager &pm, const ToCPUOptions &options) {
  pm.addPass(createLowerTosaPass());
  ConvertZqToLinalgOptions zqToLinalg;
  zqToLinalg.arith = options.arith;
  pm.addPass(createConvertZqToLinalg(zqToLinalg));
  pm.addPass(createExportFunctions());
  pm.addPass(createExpandToReshape());
  // LoRC's sum and what front ends leave on whole tensors.
  pm.addNestedPass<func::FuncOp>(createConvertElementwiseToLinalgPass());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  if (options.arith == "apfloat")
    return;
  pm.addPass(createLinalgFoldUnitExtentDimsPass());
  pm.addPass(createFuseElementwise());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  if (callsBlas(options))
    pm.addPass(createPrepareContractions());
}

/// Tensors become buffers, each freed where it is last used; callers own what
/// functions return.
static void addBufferPasses(OpPassManager &pm) {
  bufferization::OneShotBufferizePassOptions bufferize;
  bufferize.bufferizeFunctionBoundaries = true;
  // A loop that carries a tensor gets a new one each time round.
  bufferize.allowReturnAllocsFromLoops = true;
  bufferize.functionBoundaryTypeConversion =
      bufferization::LayoutMapOption::IdentityLayoutMap;
  pm.addPass(bufferization::createOneShotBufferizePass(bufferize));
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  bufferization::buildBufferDeallocationPipeline(
      pm, bufferization::BufferDeallocationPipelineOptions());
  pm.addNestedPass<func::FuncOp>(
      bufferization::createOptimizeAllocationLivenessPass());
  pm.addPass(createConvertBufferizationToMemRefPass());
}

/// Loops, then branches; every scalar operation becomes one that LLVM has.
static void addLoopPasses(OpPassManager &pm, const ToCPUOptions &options) {
  if (callsBlas(options))
    pm.addPass(createContractionsToBlas());
  pm.addNestedPass<func::FuncOp>(createConvertLinalgToLoopsPass());
  // Powers by a constant integer are products.
  math::MathExpandOpsPassOptions expandMath;
  expandMath.opMnemonics = {"fpowi"};
  pm.addNestedPass<func::FuncOp>(math::createMathExpandOpsPass(expandMath));
  pm.addPass(createConvertMathToFuncs());
  // Functions of math on f16 and bf16 are computed in f32.
  pm.addNestedPass<func::FuncOp>(math::createMathExtendToSupportedTypes());

  if (options.arith == "apfloat") {
    pm.addPass(createArithToAPFloatConversionPass());
  } else {
    ApproximateMathOptions approximate;
    approximate.functions = {"math.exp", "math.tanh", "math.erf"};
    pm.addNestedPass<func::FuncOp>(createApproximateMath(approximate));
    // bf16 in f32, and the conversions by integers: the instructions that CPUs
    // have for them flush subnormal numbers.
    arith::ArithEmulateUnsupportedFloatsOptions emulate;
    emulate.sourceTypeStrs = {"bf16"};
    emulate.targetTypeStr = "f32";
    pm.addPass(arith::createArithEmulateUnsupportedFloats(emulate));
  }
  pm.addNestedPass<func::FuncOp>(createExpandArith());
}

static void addLLVMPasses(OpPassManager &pm) {
  pm.addPass(memref::createExpandStridedMetadataPass());
  pm.addPass(createLowerAffinePass());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  pm.addPass(createSCFToControlFlowPass());
  pm.addPass(createConvertMathToLLVMPass());
  pm.addPass(createConvertMathToLibmPass());
  pm.addPass(createArithToLLVMConversionPass());
  // Aligning what malloc returns by hand would hide from LLVM that buffers do
  // not alias.
  FinalizeMemRefToLLVMConversionPassOptions finalizeMemRef;
  finalizeMemRef.useAlignedAlloc = true;
  pm.addPass(createFinalizeMemRefToLLVMConversionPass(finalizeMemRef));
  pm.addPass(createConvertFuncToLLVMPass());
  pm.addPass(createConvertControlFlowToLLVMPass());
  pm.addPass(createReconcileUnrealizedCastsPass());
}

void zq::buildToCPUPipeline(OpPassManager &pm, const ToCPUOptions &options) {
  // Blocks of one kind are compiled once.
  pm.addPass(createShareFunctionsPass());
  addTensorPasses(pm, options);
  addBufferPasses(pm);
  addLoopPasses(pm, options);
  addLLVMPasses(pm);
}

void zq::registerToCPUPipeline() {
  PassPipelineRegistration<ToCPUOptions>(
      "zq-to-cpu",
      "Lower zq and upstream dialects on tensors to the LLVM dialect",
      buildToCPUPipeline);
}
