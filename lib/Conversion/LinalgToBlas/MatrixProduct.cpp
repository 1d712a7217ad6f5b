//===- MatrixProduct.cpp - products of matrices among linalg ops ----------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "MatrixProduct.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

using namespace mlir;
using namespace zq;

/// The block's argument that `value` is, widened or not.
static std::optional<unsigned> getInput(Value value, Block *body) {
  if (auto extended = value.getDefiningOp<arith::ExtFOp>())
    value = extended.getIn();
  auto argument = dyn_cast<BlockArgument>(value);
  if (!argument || argument.getOwner() != body)
    return std::nullopt;
  return argument.getArgNumber();
}

bool zq::hasProductBody(linalg::LinalgOp op) {
  if (op.getNumDpsInputs() != 2 || op.getNumDpsInits() != 1)
    return false;
  Block *body = op.getBlock();
  Value yielded = body->getTerminator()->getOperand(0);
  auto sum = yielded.getDefiningOp<arith::AddFOp>();
  if (!sum || !sum.getType().isF32())
    return false;
  Value destination = body->getArgument(2);
  Value term = sum.getLhs() == destination   ? sum.getRhs()
               : sum.getRhs() == destination ? sum.getLhs()
                                             : Value();
  auto product = term ? term.getDefiningOp<arith::MulFOp>() : nullptr;
  if (!product)
    return false;
  std::optional<unsigned> lhs = getInput(product.getLhs(), body);
  std::optional<unsigned> rhs = getInput(product.getRhs(), body);
  return lhs && rhs && *lhs + *rhs == 1; // 0 and 1
}

std::optional<MatrixProduct> zq::matchMatrixProduct(linalg::LinalgOp op,
                                                    std::string &why) {
  if (!hasProductBody(op)) {
    why = "its body is no FP32 sum of products of two inputs";
    return std::nullopt;
  }
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  if (!llvm::all_of(
          maps, [](AffineMap map) { return map.isProjectedPermutation(); })) {
    why = "an operand is not indexed by loops alone";
    return std::nullopt;
  }
  MatrixProduct result;
  std::optional<unsigned> k;
  SmallVector<utils::IteratorType> iterators = op.getIteratorTypesArray();
  auto replace = [&](std::optional<unsigned> &dim, unsigned by) {
    if (dim)
      result.outer.push_back(*dim);
    dim = by;
  };
  for (auto [dim, iterator] : llvm::enumerate(iterators)) {
    bool inA = maps[0].isFunctionOfDim(dim), inB = maps[1].isFunctionOfDim(dim),
         inC = maps[2].isFunctionOfDim(dim);
    if (iterator == utils::IteratorType::reduction) {
      result.sumsOutside |= k.has_value();
      if (inA && inB && !inC) {
        replace(k, dim);
        continue;
      }
      why = "a sum runs over a dimension that one input lacks";
      return std::nullopt;
    }
    // The inner ones are the matrix, those around them are loops.
    if (inA && !inB && inC)
      replace(result.m, dim);
    else if (!inA && inB && inC)
      replace(result.n, dim);
    else
      result.outer.push_back(dim);
  }
  if (!k || (!result.m && !result.n)) {
    why = k ? "it multiplies vectors only" : "it has no sum";
    return std::nullopt;
  }
  result.k = *k;
  return result;
}
