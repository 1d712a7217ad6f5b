//===- BuildLinear.cpp - the IR of a raised product -----------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "BuildLinear.h"

#include "dialects/Zq/Zq.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace zq;

Value zq::extractBias(OpBuilder &builder, Location loc, const LoopView &addend,
                      ArrayRef<int> n, bool hasOneRow,
                      ArrayRef<int64_t> loopSizes) {
  std::optional<LoopView> bias;
  for (LoopView &view : getViews(addend)) {
    std::optional<SmallVector<int>> loops = view.getLoops();
    if (!loops || !isa<Float16Type, BFloat16Type, Float32Type>(
                      view.getType().getElementType()))
      continue;
    bool hasAll = llvm::all_of(n, [&](int loop) {
      return loopSizes[loop] == 1 || llvm::is_contained(*loops, loop);
    });
    bool hasOthers = llvm::any_of(*loops, [&](int loop) {
      return loopSizes[loop] != 1 && !llvm::is_contained(n, loop);
    });
    if (hasAll && !hasOthers)
      bias = std::move(view);
  }
  if (!bias)
    return nullptr;
  if (hasOneRow && bias->getType().getRank() != 1 &&
      Origin::of(addend.value).kind < Origin::Constant)
    return nullptr;
  return arrange(builder, loc, *bias, {SmallVector<int>(n)}, loopSizes);
}

/// The result of the linear, rows x N, as the product's result.
static Value arrangeResult(OpBuilder &builder, const Contraction &contraction,
                           const Roles &roles, Value linear) {
  linalg::LinalgOp op = contraction.op;
  Location loc = op.getLoc();
  LoopView result{linear, {}};
  for (int loop : roles.rows)
    result.axes.push_back({loop});
  if (roles.n.size() == 1) {
    result.axes.push_back({roles.n[0]});
  } else {
    // N is several dimensions of the product's result.
    SmallVector<int64_t> shape(result.getType().getShape().drop_back());
    SmallVector<ReassociationIndices> groups;
    for (size_t i = 0; i < shape.size(); ++i)
      groups.push_back({static_cast<int64_t>(i)});
    groups.emplace_back();
    for (int loop : roles.n) {
      groups.back().push_back(shape.size());
      shape.push_back(contraction.loopSizes[loop]);
      result.axes.push_back({loop});
    }
    auto type = RankedTensorType::get(shape, getElementTypeOrSelf(linear));
    result.value =
        tensor::ExpandShapeOp::create(builder, loc, type, linear, groups);
  }

  SmallVector<SmallVector<int>> groups;
  for (Axis axis : contraction.init.axes)
    groups.push_back(axis.loop == Axis::kNone ? SmallVector<int>{}
                                              : SmallVector<int>{axis.loop});
  Value value = arrange(builder, loc, result, groups, contraction.loopSizes);
  Type wanted = op->getResult(0).getType();
  if (value.getType() != wanted)
    value = tensor::CastOp::create(builder, loc, wanted, value);
  return value;
}

void zq::raiseToLinear(RewriterBase &rewriter, const Contraction &contraction,
                       const Roles &roles) {
  linalg::LinalgOp op = contraction.op;
  Location loc = op.getLoc();
  rewriter.setInsertionPoint(op);

  SmallVector<SmallVector<int>> inputGroups;
  for (int loop : roles.rows)
    inputGroups.push_back({loop});
  inputGroups.push_back(roles.k);
  Value input =
      arrange(rewriter, loc, roles.input, inputGroups, contraction.loopSizes);
  Value weight = arrange(rewriter, loc, roles.weight, {roles.n, roles.k},
                         contraction.loopSizes);

  // What the products are added to: nothing, a bias, or something else.
  bool hasOneRow = llvm::all_of(
      roles.rows, [&](int loop) { return contraction.isUnit(loop); });
  bool isZero = isSplatOf(contraction.init.value, 0.0);
  Value bias = isZero ? Value()
                      : extractBias(rewriter, loc, contraction.init, roles.n,
                                    hasOneRow, contraction.loopSizes);

  int64_t n = 1;
  for (int loop : roles.n)
    n *= contraction.loopSizes[loop];
  SmallVector<int64_t> shape;
  for (int loop : roles.rows)
    shape.push_back(contraction.loopSizes[loop]);
  shape.push_back(n);
  auto type =
      RankedTensorType::get(shape, contraction.init.getType().getElementType());
  Value linear = LinearOp::create(rewriter, loc, type, input, weight, bias,
                                  /*name=*/StringAttr());
  Value result = arrangeResult(rewriter, contraction, roles, linear);
  if (!isZero && !bias) {
    Value empty = tensor::EmptyOp::create(
        rewriter, loc, tensor::getMixedSizes(rewriter, loc, result),
        getElementTypeOrSelf(result));
    result = linalg::AddOp::create(rewriter, loc,
                                   ValueRange{result, contraction.init.value},
                                   ValueRange{empty})
                 ->getResult(0);
  }
  rewriter.replaceOp(op, result);
}
