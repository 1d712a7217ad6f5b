//===- DropUnitFactor.cpp - products with the constant 1 ------------------===//
//
// StableHLO spells addmm's alpha and beta as products with a broadcast 1.
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Generic.h"
#include "LoopView.h"
#include "Patterns.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace zq;

namespace {

/// Whether a value of the body is 1 in every iteration.
bool isOne(linalg::LinalgOp op, Value value) {
  if (matchPattern(value, m_OneFloat()))
    return true;
  auto argument = dyn_cast<BlockArgument>(value);
  if (!argument || argument.getOwner() != op.getBlock())
    return false;
  OpOperand *operand = op.getMatchingOpOperand(argument);
  return op.isDpsInput(operand) &&
         isa<RankedTensorType>(operand->get().getType()) &&
         isSplatOf(operand->get(), 1.0);
}

/// In the body of an elementwise op:
///   %p = arith.mulf %in, %one; ... %p   ->   ... %in
struct DropInBody : OpInterfaceRewritePattern<linalg::LinalgOp> {
  using OpInterfaceRewritePattern::OpInterfaceRewritePattern;

  LogicalResult matchAndRewrite(linalg::LinalgOp op,
                                PatternRewriter &rewriter) const override {
    if (!isElementwise(op))
      return rewriter.notifyMatchFailure(op, "is not elementwise on tensors");
    bool found = false;
    for (Operation &inner : op.getBlock()->without_terminator())
      if (auto product = dyn_cast<arith::MulFOp>(inner))
        found |= isOne(op, product.getLhs()) || isOne(op, product.getRhs());
    if (!found)
      return rewriter.notifyMatchFailure(op, "multiplies by no constant 1");

    linalg::GenericOp generic = makeGeneric(rewriter, op);
    if (!generic)
      return rewriter.notifyMatchFailure(op, "has no generic form");
    for (auto product : llvm::make_early_inc_range(
             generic.getBlock()->getOps<arith::MulFOp>())) {
      if (isOne(generic, product.getRhs()))
        rewriter.replaceOp(product, product.getLhs());
      else if (isOne(generic, product.getLhs()))
        rewriter.replaceOp(product, product.getRhs());
    }
    simplify(rewriter, generic);
    return success();
  }
};

/// arith.mulf %tensor, %ones   ->   %tensor
struct DropOnTensors : OpRewritePattern<arith::MulFOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(arith::MulFOp op,
                                PatternRewriter &rewriter) const override {
    if (!isa<RankedTensorType>(op.getType()))
      return rewriter.notifyMatchFailure(op, "is not on tensors");
    if (isSplatOf(op.getRhs(), 1.0))
      rewriter.replaceOp(op, op.getLhs());
    else if (isSplatOf(op.getLhs(), 1.0))
      rewriter.replaceOp(op, op.getRhs());
    else
      return rewriter.notifyMatchFailure(op, "multiplies by no constant 1");
    return success();
  }
};

} // namespace

void zq::populateDropUnitFactorPatterns(RewritePatternSet &patterns) {
  patterns.add<DropInBody, DropOnTensors>(patterns.getContext());
}
