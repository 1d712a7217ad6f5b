//===- ElementMove.cpp - linalg ops that compute nothing ------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ElementMove.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

bool zq::isProjection(AffineMap map) {
  llvm::SmallBitVector seen(map.getNumDims());
  for (AffineExpr expr : map.getResults()) {
    if (auto dim = dyn_cast<AffineDimExpr>(expr)) {
      if (seen.test(dim.getPosition()))
        return false;
      seen.set(dim.getPosition());
    } else if (auto constant = dyn_cast<AffineConstantExpr>(expr);
               !constant || constant.getValue() != 0) {
      return false;
    }
  }
  return true;
}

bool zq::isElementMove(linalg::LinalgOp op) {
  if (!op || !op.hasPureTensorSemantics() || op.getNumDpsInputs() != 1 ||
      op.getNumDpsInits() != 1 || op.getNumLoops() != op.getNumParallelLoops())
    return false;
  OpOperand *input = op.getDpsInputOperand(0);
  // Each element once or broadcast: no diagonals, strides or windows.
  if (!isa<RankedTensorType>(input->get().getType()) ||
      !isProjection(op.getIndexingMapsArray()[0]) ||
      !op.getIndexingMapsArray()[1].isPermutation())
    return false;
  Block *body = op.getBlock();
  Value value = body->getTerminator()->getOperand(0);
  while (Operation *cast = value.getDefiningOp()) {
    if (cast->getBlock() != body || !isa<arith::ExtFOp, arith::TruncFOp>(cast))
      return false;
    value = cast->getOperand(0);
  }
  return value == op.getMatchingBlockArgument(input);
}
