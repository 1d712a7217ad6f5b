//===- RaiseLinear.cpp - products with a weight become zq.linear ----------===//
//
// Three steps: products with 1 go, so that nothing stands between a product and
// its bias; each product with a weight becomes a linear between the reshapes
// and transposes that it needs; bias, truncation and reshapes around it become
// part of it.
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "zq/Transforms/Import/Passes.h"

#include "BuildLinear.h"
#include "LayerNames.h"
#include "Patterns.h"

#include "dialects/Zq/Zq.h"
#include "zq/Transforms/Remarks.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace zq {
#define GEN_PASS_DEF_RAISELINEARPASS
#include "zq/Transforms/Import/Passes.h.inc"
} // namespace zq

using namespace mlir;
using namespace zq;

namespace {

class RaiseLinearPass : public zq::impl::RaiseLinearPassBase<RaiseLinearPass> {
public:
  using RaiseLinearPassBase::RaiseLinearPassBase;

  LogicalResult initialize(MLIRContext *context) override {
    RewritePatternSet before(context), after(context);
    populateDropUnitFactorPatterns(before);
    populateAbsorbEpiloguePatterns(after);
    populateHoistReshapePatterns(after);
    linalg::TransposeOp::getCanonicalizationPatterns(after, context);
    prepare = std::move(before);
    finish = std::move(after);
    return success();
  }

  void runOnOperation() override {
    ModuleOp module = getOperation();
    // No folding: an extension of an inline constant would be a copy of it.
    GreedyRewriteConfig config;
    config.enableFolding(false).setRegionSimplificationLevel(
        GreedySimplifyRegionLevel::Disabled);
    if (failed(applyPatternsGreedily(module, prepare, config)))
      return signalPassFailure();

    SmallVector<linalg::LinalgOp> ops;
    module.walk([&](linalg::LinalgOp op) { ops.push_back(op); });
    IRRewriter rewriter(&getContext());
    for (linalg::LinalgOp op : ops)
      raise(rewriter, op);

    // What is dead by now is gone before it can be folded.
    config.enableFolding(true);
    if (failed(applyPatternsGreedily(module, finish, config)))
      return signalPassFailure();
    nameLayers(module);
    module.walk([](LinearOp op) {
      remarkPassed(op, "zq-raise-linear") << "is a linear layer";
    });
  }

private:
  /// Whether a layer may have been missed: not where the model computes both
  /// factors, as in attention.
  static bool mayHaveWeight(linalg::LinalgOp op) {
    return !op.hasPureTensorSemantics() ||
           llvm::any_of(op.getDpsInputs(), [](Value factor) {
             return Origin::of(factor).kind != Origin::Computed;
           });
  }

  void raise(RewriterBase &rewriter, linalg::LinalgOp op) {
    std::string reason;
    std::optional<Contraction> contraction = matchContraction(op, reason);
    if (!contraction && reason.empty())
      return; // no product
    std::optional<Roles> roles;
    if (contraction)
      roles = chooseRoles(*contraction, reason);
    if (roles && contraction->init.value.getDefiningOp<tensor::EmptyOp>()) {
      reason = "it adds to a tensor.empty, which has no value";
      roles.reset();
    }
    if (!roles) {
      ++numLeft;
      auto remark = mayHaveWeight(op) ? remarkMissed(op, "zq-raise-linear")
                                      : remarkAnalysis(op, "zq-raise-linear");
      remark << "is no linear layer: " + reason;
      return;
    }
    ++numRaised;
    raiseToLinear(rewriter, *contraction, *roles);
  }

  FrozenRewritePatternSet prepare, finish;
};

} // namespace
