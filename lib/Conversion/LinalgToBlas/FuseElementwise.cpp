//===- FuseElementwise.cpp - fewer passes over memory ---------------------===//
//
// Which elementwise loops become one. A value that several loops read is
// computed again in each only where that costs less than memory does.
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "MatrixProduct.h"

#include "zq/Conversion/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace zq {
#define GEN_PASS_DEF_FUSEELEMENTWISE
#include "zq/Conversion/Passes.h.inc"
} // namespace zq

using namespace mlir;
using namespace zq;

//===----------------------------------------------------------------------===//
// What to fuse
//===----------------------------------------------------------------------===//

/// Yields an input as it is: a transposition or a broadcast.
static bool onlyMoves(linalg::LinalgOp op) {
  Operation *yield = op.getBlock()->getTerminator();
  return yield->getNumOperands() == 1 && op.getNumDpsInputs() == 1 &&
         yield->getOperand(0) == op.getBlock()->getArgument(0);
}

/// A few instructions for each element: less than a load from memory.
static bool isCheap(linalg::LinalgOp op) {
  int64_t count = 0;
  for (Operation &inner : op.getBlock()->without_terminator()) {
    if (!isa<arith::ArithDialect, linalg::LinalgDialect>(inner.getDialect()) ||
        isa<arith::DivFOp, arith::RemFOp, arith::DivSIOp, arith::DivUIOp,
            arith::RemSIOp, arith::RemUIOp>(inner))
      return false;
    ++count;
  }
  return count <= 6;
}

/// Whether BLAS takes the operand through `moved` (the maps of a transposition
/// put together): contiguous along a loop of the matrix.
static bool keepsRowsContiguous(linalg::LinalgOp contraction,
                                OpOperand *operand, linalg::LinalgOp moves) {
  std::string why;
  std::optional<MatrixProduct> loops = matchMatrixProduct(contraction, why);
  AffineMap read = moves.getIndexingMapsArray()[0];
  AffineMap written = moves.getIndexingMapsArray()[1];
  if (!loops || !written.isPermutation() || read.getNumResults() == 0)
    return false;
  AffineMap composed =
      read.compose(inversePermutation(written))
          .compose(contraction.getMatchingIndexingMap(operand));
  if (!composed.isProjectedPermutation())
    return false;
  unsigned last = composed.getDimPosition(composed.getNumResults() - 1);
  return last == loops->k || last == loops->m || last == loops->n;
}

/// Whether the producer of this operand becomes part of the loop that reads it.
static bool shouldFuse(OpOperand *operand) {
  auto producer = operand->get().getDefiningOp<linalg::LinalgOp>();
  auto consumer = dyn_cast<linalg::LinalgOp>(operand->getOwner());
  if (!producer || !consumer)
    return false;
  if (hasProductBody(consumer))
    return onlyMoves(producer) &&
           keepsRowsContiguous(consumer, operand, producer);
  if (onlyMoves(producer))
    return true;
  // Read once, and by each iteration another element: nothing is repeated.
  AffineMap map = consumer.getMatchingIndexingMap(operand);
  if (operand->get().hasOneUse() && map.isPermutation())
    return true;
  return isCheap(producer) && producer.getNumDpsInputs() <= 2;
}

//===----------------------------------------------------------------------===//
// Patterns
//===----------------------------------------------------------------------===//

namespace {

/// Named operations but fills (which contractions start from) become generics,
/// whose maps take in transpositions.
struct Generalize : OpInterfaceRewritePattern<linalg::LinalgOp> {
  using OpInterfaceRewritePattern::OpInterfaceRewritePattern;

  LogicalResult matchAndRewrite(linalg::LinalgOp op,
                                PatternRewriter &rewriter) const override {
    if (isa<linalg::GenericOp, linalg::FillOp>(op))
      return rewriter.notifyMatchFailure(op, "is a generic or a fill");
    return linalg::generalizeNamedOp(rewriter, op);
  }
};

class FuseElementwisePass
    : public zq::impl::FuseElementwiseBase<FuseElementwisePass> {
  LogicalResult initialize(MLIRContext *context) override {
    RewritePatternSet set(context);
    set.add<Generalize>(context);
    linalg::populateElementwiseOpsFusionPatterns(set, shouldFuse);
    linalg::populateEraseUnusedOperandsAndResultsPatterns(set);
    linalg::GenericOp::getCanonicalizationPatterns(set, context);
    tensor::ExpandShapeOp::getCanonicalizationPatterns(set, context);
    tensor::CollapseShapeOp::getCanonicalizationPatterns(set, context);
    patterns = std::move(set);
    return success();
  }

  void runOnOperation() override;

  FrozenRewritePatternSet patterns;
};

} // namespace

/// A sum over a dimension may be taken in any order, as one over the K of a
/// contraction is: else no two of its terms could be added at a time.
static void relaxSums(linalg::LinalgOp op) {
  if (op.getNumReductionLoops() == 0)
    return;
  for (auto sum : op.getBlock()->getOps<arith::AddFOp>()) {
    bool accumulates = llvm::any_of(sum->getOperands(), [&](Value value) {
      auto argument = dyn_cast<BlockArgument>(value);
      return argument && argument.getArgNumber() >= op.getNumDpsInputs();
    });
    if (accumulates)
      sum.setFastmath(sum.getFastmath() | arith::FastMathFlags::reassoc);
  }
}

void FuseElementwisePass::runOnOperation() {
  if (failed(applyPatternsGreedily(getOperation(), patterns)))
    return signalPassFailure();
  getOperation()->walk([](linalg::LinalgOp op) {
    if (isa<linalg::GenericOp>(op))
      relaxSums(op);
  });
}
