//===- TokenTable.cpp - what a model looks its tokens up in ---------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TokenTable.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Interfaces/CallInterfaces.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

/// Whether an index is an element of a function's argument, perhaps of another
/// width, perhaps reshaped.
static bool isToken(Value index) {
  while (Operation *op = index.getDefiningOp()) {
    if (!isa<arith::IndexCastOp, arith::IndexCastUIOp, arith::ExtSIOp,
             arith::ExtUIOp, arith::TruncIOp>(op))
      return false;
    index = op->getOperand(0);
  }
  auto scalar = cast<BlockArgument>(index);
  auto loops = dyn_cast<linalg::LinalgOp>(scalar.getOwner()->getParentOp());
  if (!loops)
    return false;
  Value tensor = loops.getMatchingOpOperand(scalar)->get();
  while (Operation *op = tensor.getDefiningOp()) {
    if (!isa<tensor::CollapseShapeOp, tensor::ExpandShapeOp, tensor::CastOp>(op))
      return false;
    tensor = op->getOperand(0);
  }
  return isa<FunctionOpInterface>(
      cast<BlockArgument>(tensor).getOwner()->getParentOp());
}

std::optional<int64_t> zq::findTokenTable(ModuleOp module, StringRef model) {
  std::optional<int64_t> rows;
  // The function and those that it calls.
  llvm::SetVector<Operation *> functions;
  functions.insert(module.lookupSymbol(model));
  for (size_t i = 0; i < functions.size(); ++i) {
    if (!functions[i])
      continue;
    functions[i]->walk([&](Operation *op) {
      if (auto call = dyn_cast<CallOpInterface>(op))
        functions.insert(call.resolveCallable());
      auto extract = dyn_cast<tensor::ExtractOp>(op);
      if (!extract)
        return;
      RankedTensorType type = extract.getTensor().getType();
      for (auto [dim, index] : llvm::enumerate(extract.getIndices()))
        if (!type.isDynamicDim(dim) && isToken(index))
          rows = std::min(rows.value_or(INT64_MAX), type.getDimSize(dim));
    });
  }
  return rows;
}
