//===- ZqFolds.cpp - canonicalization of the zq dialect -------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Zq/Zq.h"

#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace zq;

namespace {
/// A bias of zeros adds nothing.
///   zq.linear %x, %w bias(dense<0.0>)  ->  zq.linear %x, %w
struct DropZeroBias : OpRewritePattern<LinearOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(LinearOp op,
                                PatternRewriter &rewriter) const override {
    DenseElementsAttr bias;
    if (!op.getBias() || !matchPattern(op.getBias(), m_Constant(&bias)))
      return rewriter.notifyMatchFailure(op, "has no constant bias");
    // -0.0 is the identity of addition, +0.0 turns -0.0 into +0.0: both fit,
    // since the sign of a zero result is not promised.
    if (!bias.isSplat() || !bias.getSplatValue<APFloat>().isZero())
      return rewriter.notifyMatchFailure(op, "bias is not all zeros");
    rewriter.modifyOpInPlace(op, [&] { op.getBiasMutable().clear(); });
    return success();
  }
};
} // namespace

void LinearOp::getCanonicalizationPatterns(RewritePatternSet &results,
                                           MLIRContext *context) {
  results.add<DropZeroBias>(context);
}
