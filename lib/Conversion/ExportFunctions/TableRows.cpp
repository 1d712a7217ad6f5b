//===- TableRows.cpp - tables that arguments index ------------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Tokens and the like come from outside, and models look them up in tables
// without a check of their own.
//
//===----------------------------------------------------------------------===//

#include "TableRows.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Interfaces/CallInterfaces.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

/// Where integers of another width are from, elements or tensors of them.
static Value skipCasts(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (!isa<arith::IndexCastOp, arith::IndexCastUIOp, arith::ExtSIOp,
             arith::ExtUIOp, arith::TruncIOp>(op))
      break;
    value = op->getOperand(0);
  }
  return value;
}

/// The tensor that an element is of; null where that is not known.
static Value getTensor(Value element) {
  element = skipCasts(element);
  if (auto extract = element.getDefiningOp<tensor::ExtractOp>())
    return extract.getTensor();
  auto argument = dyn_cast<BlockArgument>(element);
  if (!argument)
    return Value();
  auto loops = dyn_cast<linalg::LinalgOp>(argument.getOwner()->getParentOp());
  return loops ? loops.getMatchingOpOperand(argument)->get() : Value();
}

/// The tensor whose elements those of `tensor` are: reshaped, cast, or computed
/// by linalg ops that do nothing else.
static Value skipReshapes(Value tensor) {
  while (true) {
    tensor = skipCasts(tensor);
    Operation *op = tensor.getDefiningOp();
    if (!op)
      return tensor;
    if (isa<tensor::CollapseShapeOp, tensor::ExpandShapeOp, tensor::ReshapeOp,
            tensor::CastOp>(op)) {
      tensor = op->getOperand(0);
      continue;
    }
    auto loops = dyn_cast<linalg::LinalgOp>(op);
    if (!loops)
      return tensor;
    Operation *yield = loops.getBlock()->getTerminator();
    unsigned number = cast<OpResult>(tensor).getResultNumber();
    Value source = getTensor(yield->getOperand(number));
    if (!source)
      return tensor;
    tensor = source;
  }
}

static bool isElement(Value index, BlockArgument argument) {
  if (skipCasts(index) == argument) // a scalar
    return true;
  Value tensor = getTensor(index);
  return tensor && skipReshapes(tensor) == argument;
}

/// Whether what is less than 0 is past a table of so many rows, even where
/// elements are widened as unsigned ones: those of i8 are a table of 256.
static bool isPastWhereNegative(BlockArgument argument, int64_t rows) {
  Type type = getElementTypeOrSelf(argument.getType());
  unsigned width = type.isIndex() ? 64 : type.getIntOrFloatBitWidth();
  return type.isUnsignedInteger() || width >= 64 ||
         rows <= (int64_t(1) << (width - 1));
}

std::optional<int64_t> zq::findTableRows(BlockArgument argument) {
  // It, and those of functions that it is passed to; others may be positions or
  // the like.
  llvm::SetVector<BlockArgument> arguments;
  arguments.insert(argument);
  std::optional<int64_t> rows;
  for (size_t i = 0; i < arguments.size(); ++i) {
    BlockArgument indices = arguments[i];
    indices.getOwner()->getParentOp()->walk([&](Operation *op) {
      if (auto call = dyn_cast<CallOpInterface>(op)) {
        auto function =
            dyn_cast_or_null<FunctionOpInterface>(call.resolveCallable());
        for (auto [number, operand] : llvm::enumerate(call.getArgOperands()))
          if (function && !function.isExternal() &&
              number < function.getNumArguments() &&
              skipReshapes(operand) == indices)
            arguments.insert(function.getArgument(number));
      }
      auto extract = dyn_cast<tensor::ExtractOp>(op);
      // A branch may be there for the elements that are no rows.
      if (!extract || extract->getParentOfType<scf::IfOp>())
        return;
      RankedTensorType type = extract.getTensor().getType();
      for (auto [dim, index] : llvm::enumerate(extract.getIndices()))
        if (!type.isDynamicDim(dim) && isElement(index, indices) &&
            isPastWhereNegative(argument, type.getDimSize(dim)))
          rows = std::min(rows.value_or(INT64_MAX), type.getDimSize(dim));
    });
  }
  return rows;
}
