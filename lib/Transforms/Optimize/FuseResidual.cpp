//===- FuseResidual.cpp - the add behind a quantized linear ---------------===//
//
// Blocks of a transformer end in h + linear(x). A linear that adds h itself
// does so before its one rounding, and saves a GPU a launch and a trip to
// memory.
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Zq/Zq.h"
#include "zq/Transforms/Compensation.h"
#include "zq/Transforms/Optimize/Passes.h"
#include "zq/Transforms/Remarks.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Dominance.h"

namespace zq {
#define GEN_PASS_DEF_FUSERESIDUALPASS
#include "zq/Transforms/Optimize/Passes.h.inc"
} // namespace zq

using namespace mlir;
using namespace zq;

/// Whether `op` adds tensors element by element and does nothing else:
/// arith.addf, or a linalg op whose body is one.
static bool isAddition(Operation *op) {
  if (isa<arith::AddFOp>(op))
    return true;
  auto loops = dyn_cast<linalg::LinalgOp>(op);
  if (!loops || !loops.hasPureTensorSemantics() ||
      loops->getNumResults() != 1 ||
      loops.getNumParallelLoops() != loops.getNumLoops() ||
      !llvm::hasNItems(*loops.getBlock(), 2))
    return false;
  auto add = dyn_cast<arith::AddFOp>(loops.getBlock()->front());
  return add && loops.getBlock()->getTerminator()->getOperand(0) == add;
}

/// The tensors that an addition adds; null for what is no whole tensor, but
/// broadcast, transposed or a scalar.
static std::pair<Value, Value> getAddends(Operation *addition) {
  if (auto add = dyn_cast<arith::AddFOp>(addition))
    return {add.getLhs(), add.getRhs()};
  auto loops = cast<linalg::LinalgOp>(addition);
  AffineMap result = loops.getMatchingIndexingMap(loops.getDpsInitOperand(0));
  auto getTensor = [&](Value scalar) -> Value {
    auto argument = dyn_cast<BlockArgument>(scalar);
    if (!argument || argument.getOwner() != loops.getBlock())
      return {};
    OpOperand *operand = loops.getMatchingOpOperand(argument);
    bool isWhole = result.isPermutation() &&
                   loops.getMatchingIndexingMap(operand) == result;
    return isWhole ? operand->get() : Value();
  };
  auto add = cast<arith::AddFOp>(loops.getBlock()->front());
  return {getTensor(add.getLhs()), getTensor(add.getRhs())};
}

namespace {
struct FuseResidualPass
    : public zq::impl::FuseResidualPassBase<FuseResidualPass> {
  using FuseResidualPassBase::FuseResidualPassBase;

  void runOnOperation() override {
    SmallVector<QuantizedLinearOp> linears;
    getOperation()->walk([&](QuantizedLinearOp op) {
      if (!op.getResidual())
        linears.push_back(op);
    });
    DominanceInfo dominance(getOperation());
    for (QuantizedLinearOp op : linears)
      fuse(op, dominance);
  }

private:
  void leave(QuantizedLinearOp op, StringRef reason) {
    remarkMissed(op, getArgument()) << remark::reason("{0}", reason.str());
    ++numLeft;
  }

  /// Before:  %y = zq.quantized_linear ...
  ///          %c = (low-rank compensation)
  ///          %s = arith.addf %y, %c
  ///          %z = arith.addf %s, %r
  /// After:   %y = zq.quantized_linear ... residual(%r)
  ///          %c = (low-rank compensation)
  ///          %z = arith.addf %y, %c
  void fuse(QuantizedLinearOp op, DominanceInfo &dominance) {
    std::optional<Compensation> compensation = findCompensation(op);
    Value output =
        compensation ? compensation->sum->getResult(0) : Value(op.getOutput());
    if (!output.hasOneUse()) {
      if (llvm::any_of(output.getUsers(), isAddition))
        leave(op, "what is added has other uses");
      return;
    }
    Operation *user = *output.user_begin();
    if (!isAddition(user))
      return;
    auto [lhs, rhs] = getAddends(user);
    if (!lhs || !rhs)
      return leave(op, "an addend is broadcast, transposed or a scalar");
    // A linalg op may take the result for its shape alone, or add it to itself.
    if ((lhs == output) == (rhs == output))
      return leave(op, "it is not added to another tensor");
    Value residual = lhs == output ? rhs : lhs;
    if (residual.getType() != output.getType() ||
        user->getResult(0).getType() != output.getType())
      return leave(op, "what is added to it is not of its type");
    if (user->getBlock() != op->getBlock())
      return leave(op, "its residual is added in another block");
    // What it is added to may itself be waiting for it.
    if (!dominance.properlyDominates(residual, op)) {
      op->moveBefore(user);
      if (compensation)
        compensation->sum->moveBefore(user);
    }
    op.getResidualMutable().assign(residual);
    user->getResult(0).replaceAllUsesWith(output);
    user->erase();
    remarkPassed(op, getArgument()) << remark::reason("adds its residual");
    ++numFused;
  }
};
} // namespace
