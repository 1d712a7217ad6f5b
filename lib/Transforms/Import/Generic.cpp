//===- Generic.cpp - edit the body of a linalg op -------------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Generic.h"

#include "../ElementMove.h"

#include "mlir/Dialect/Linalg/Transforms/Transforms.h"

using namespace mlir;
using namespace zq;

bool zq::isElementwise(linalg::LinalgOp op) {
  return op && op.hasPureTensorSemantics() && op.getNumDpsInits() == 1 &&
         op.getNumLoops() == op.getNumParallelLoops() &&
         op.getMatchingIndexingMap(op.getDpsInitOperand(0)).isPermutation();
}

linalg::GenericOp zq::makeGeneric(RewriterBase &rewriter, linalg::LinalgOp op) {
  if (auto generic = dyn_cast<linalg::GenericOp>(op.getOperation()))
    return generic;
  FailureOr<linalg::GenericOp> generic =
      linalg::generalizeNamedOp(rewriter, op);
  return succeeded(generic) ? *generic : linalg::GenericOp();
}

/// The order in which an op that only yields its one input has the input's
/// dimensions.
static std::optional<SmallVector<int64_t>>
getPermutation(linalg::GenericOp op) {
  if (!isElementMove(op) || !op.getBlock()->without_terminator().empty())
    return std::nullopt;
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  if (!maps[0].isPermutation())
    return std::nullopt;
  SmallVector<int64_t> permutation;
  for (AffineExpr loop : maps[1].getResults())
    permutation.push_back(*maps[0].getResultPosition(loop));
  return permutation;
}

void zq::simplify(RewriterBase &rewriter, linalg::GenericOp op) {
  Block *body = op.getBlock();
  Value yielded = body->getTerminator()->getOperand(0);
  AffineMap out = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  for (OpOperand *input : op.getDpsInputOperands())
    if (yielded == op.getMatchingBlockArgument(input) &&
        op.getMatchingIndexingMap(input) == out &&
        input->get().getType() == op->getResult(0).getType()) {
      rewriter.replaceOp(op, input->get());
      return;
    }

  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  rewriter.modifyOpInPlace(op, [&] {
    for (int64_t i = op.getNumDpsInputs() - 1; i >= 0; --i) {
      if (!body->getArgument(i).use_empty())
        continue;
      // An input may be all that says how many iterations a loop has.
      SmallVector<AffineMap> fewer = maps;
      fewer.erase(fewer.begin() + i);
      if (!inversePermutation(concatAffineMaps(fewer, op.getContext())))
        continue;
      maps = std::move(fewer);
      op.getInputsMutable().erase(i);
      body->eraseArgument(i);
    }
    op.setIndexingMapsAttr(rewriter.getAffineMapArrayAttr(maps));
  });

  // As a named op it can meet the opposite one.
  if (std::optional<SmallVector<int64_t>> permutation = getPermutation(op)) {
    rewriter.setInsertionPoint(op);
    rewriter.replaceOpWithNewOp<linalg::TransposeOp>(
        op, op.getDpsInputOperand(0)->get(), op.getDpsInitOperand(0)->get(),
        *permutation);
  }
}
