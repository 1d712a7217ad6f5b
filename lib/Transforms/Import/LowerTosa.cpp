//===- LowerTosa.cpp - TOSA to linalg, where there is TOSA ----------------===//
//
// Upstream's passes, run on functions that have TOSA in them and on no others.
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "zq/Transforms/Import/Passes.h"

#include "mlir/Conversion/TosaToArith/TosaToArith.h"
#include "mlir/Conversion/TosaToLinalg/TosaToLinalg.h"
#include "mlir/Conversion/TosaToTensor/TosaToTensor.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "mlir/Dialect/Tosa/Transforms/Passes.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

namespace zq {
#define GEN_PASS_DEF_LOWERTOSAPASS
#include "zq/Transforms/Import/Passes.h.inc"
} // namespace zq

using namespace mlir;

/// The order of upstream's tosa-to-linalg-pipeline.
static void buildPipeline(OpPassManager &pm) {
  pm.addPass(tosa::createTosaInferShapesPass());
  pm.addPass(tosa::createTosaMakeBroadcastablePass());
  pm.addPass(tosa::createTosaToLinalgNamed());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(tosa::createTosaLayerwiseConstantFoldPass());
  pm.addPass(tosa::createTosaMakeBroadcastablePass());
  pm.addPass(tosa::createTosaToLinalg());
  TosaToArithPassOptions arith;
  arith.includeApplyRescale = true;
  pm.addPass(createTosaToArithPass(arith));
  pm.addPass(createTosaToTensorPass());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
}

namespace {

class LowerTosaPass : public zq::impl::LowerTosaPassBase<LowerTosaPass> {
public:
  using LowerTosaPassBase::LowerTosaPassBase;

  void getDependentDialects(DialectRegistry &registry) const override {
    OpPassManager pm(func::FuncOp::getOperationName());
    buildPipeline(pm);
    pm.getDependentDialects(registry);
  }

  void runOnOperation() override {
    SmallVector<func::FuncOp> functions; // those of nested modules, too
    getOperation().walk(
        [&](func::FuncOp function) { functions.push_back(function); });
    for (func::FuncOp function : functions) {
      WalkResult found = function.walk([](Operation *op) {
        return isa_and_present<tosa::TosaDialect>(op->getDialect())
                   ? WalkResult::interrupt()
                   : WalkResult::advance();
      });
      if (!found.wasInterrupted())
        continue;
      OpPassManager pm(func::FuncOp::getOperationName());
      buildPipeline(pm);
      if (failed(runPipeline(pm, function)))
        return signalPassFailure();
      ++numLowered;
    }
  }
};

} // namespace
