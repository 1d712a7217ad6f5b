//===- TokenTable.cpp - what a model looks its tokens up in ---------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TokenTable.h"

#include "dialects/Zq/Zq.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "mlir/Interfaces/CallInterfaces.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

/// Integers or indices of another width.
static bool isIntegerCast(Operation *op) {
  return isa<arith::IndexCastOp, arith::IndexCastUIOp, arith::ExtSIOp,
             arith::ExtUIOp, arith::TruncIOp>(op);
}

/// The tensor that was reshaped, or cast.
static Value skipReshapes(Value tensor) {
  while (Operation *op = tensor.getDefiningOp()) {
    if (!isa<tensor::CollapseShapeOp, tensor::ExpandShapeOp, tensor::CastOp,
             tosa::ReshapeOp, tosa::CastOp>(op) &&
        !isIntegerCast(op))
      break;
    tensor = op->getOperand(0);
  }
  return tensor;
}

/// Whether an index is an element of `tokens`, perhaps of another width,
/// perhaps reshaped.
static bool isToken(Value index, BlockArgument tokens) {
  while (Operation *op = index.getDefiningOp()) {
    if (auto extract = dyn_cast<tensor::ExtractOp>(op))
      return skipReshapes(extract.getTensor()) == tokens;
    if (!isIntegerCast(op))
      return false;
    index = op->getOperand(0);
  }
  auto scalar = cast<BlockArgument>(index);
  auto loops = dyn_cast<linalg::LinalgOp>(scalar.getOwner()->getParentOp());
  return loops &&
         skipReshapes(loops.getMatchingOpOperand(scalar)->get()) == tokens;
}

std::optional<int64_t> zq::findTokenTable(ModuleOp module, StringRef model) {
  // The function's argument and those of functions that it is passed to; others
  // may be positions or the like.
  llvm::SetVector<BlockArgument> arguments;
  auto addArgument = [&](Operation *op, unsigned index) {
    auto function = dyn_cast_or_null<FunctionOpInterface>(op);
    if (function && !function.isExternal() &&
        index < function.getNumArguments())
      arguments.insert(function.getArgument(index));
  };
  // Its other arguments are weights, or it cannot be run.
  if (auto entry = module.lookupSymbol<FunctionOpInterface>(model)) {
    unsigned index = 0;
    while (index < entry.getNumArguments() &&
           entry.getArgAttr(index, ZqDialect::kWeightAttrName))
      ++index;
    addArgument(entry, index);
  }
  std::optional<int64_t> rows;
  for (size_t i = 0; i < arguments.size(); ++i) {
    BlockArgument tokens = arguments[i];
    tokens.getOwner()->getParentOp()->walk([&](Operation *op) {
      if (auto call = dyn_cast<CallOpInterface>(op))
        for (auto [index, operand] : llvm::enumerate(call.getArgOperands()))
          if (skipReshapes(operand) == tokens)
            addArgument(call.resolveCallable(), index);
      auto addRows = [&](Value table, int64_t dim) {
        auto type = dyn_cast<RankedTensorType>(table.getType());
        if (type && !type.isDynamicDim(dim))
          rows = std::min(rows.value_or(INT64_MAX), type.getDimSize(dim));
      };
      // N x rows x channels, by N x tokens.
      if (auto gather = dyn_cast<tosa::GatherOp>(op))
        if (skipReshapes(gather.getIndices()) == tokens)
          addRows(gather.getValues(), 1);
      if (auto extract = dyn_cast<tensor::ExtractOp>(op))
        for (auto [dim, index] : llvm::enumerate(extract.getIndices()))
          if (isToken(index, tokens))
            addRows(extract.getTensor(), dim);
    });
  }
  return rows;
}
