//===- Contraction.cpp - products of two tensors, by any name -------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Contraction.h"

#include "../ElementMove.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace zq;

/// Looks through extensions, and through truncations where `roundings` are
/// only lost precision of the sum.
static Value skipCasts(Value value, bool roundings) {
  while (Operation *op = value.getDefiningOp()) {
    if (!isa<arith::ExtFOp>(op) && !(roundings && isa<arith::TruncFOp>(op)))
      break;
    value = op->getOperand(0);
  }
  return value;
}

/// Whether {a, b} is {x, y}.
static bool isPair(Value a, Value b, Value x, Value y) {
  return (a == x && b == y) || (a == y && b == x);
}

/// Whether the body yields `out + lhs * rhs` in any order, with conversions
/// anywhere but a rounding of the factors.
static bool multipliesAndAdds(linalg::LinalgOp op) {
  Block *body = op.getBlock();
  Value lhs = op.getMatchingBlockArgument(op.getDpsInputOperand(0));
  Value rhs = op.getMatchingBlockArgument(op.getDpsInputOperand(1));
  Value out = op.getMatchingBlockArgument(op.getDpsInitOperand(0));
  Operation *sum =
      skipCasts(body->getTerminator()->getOperand(0), true).getDefiningOp();
  if (auto fma = dyn_cast_if_present<math::FmaOp>(sum))
    return isPair(skipCasts(fma.getA(), false), skipCasts(fma.getB(), false),
                  lhs, rhs) &&
           skipCasts(fma.getC(), true) == out;
  auto add = dyn_cast_if_present<arith::AddFOp>(sum);
  if (!add)
    return false;
  Value a = skipCasts(add.getLhs(), true), b = skipCasts(add.getRhs(), true);
  if (a != out)
    std::swap(a, b);
  auto product = b.getDefiningOp<arith::MulFOp>();
  return a == out && product &&
         isPair(skipCasts(product.getLhs(), false),
                skipCasts(product.getRhs(), false), lhs, rhs);
}

/// Whether the body multiplies the two inputs with each other at all.
static bool multipliesInputs(linalg::LinalgOp op) {
  auto getInput = [&](Value value) -> Value {
    while (Operation *cast = value.getDefiningOp()) {
      if (!isa<CastOpInterface>(cast))
        break;
      value = cast->getOperand(0);
    }
    return value;
  };
  Value lhs = op.getMatchingBlockArgument(op.getDpsInputOperand(0));
  Value rhs = op.getMatchingBlockArgument(op.getDpsInputOperand(1));
  return llvm::any_of(
      op.getBlock()->without_terminator(), [&](Operation &inner) {
        return isa<arith::MulFOp, arith::MulIOp, math::FmaOp>(inner) &&
               isPair(getInput(inner.getOperand(0)),
                      getInput(inner.getOperand(1)), lhs, rhs);
      });
}

std::optional<LoopView> zq::getView(Value value, AffineMap map) {
  if (!isa<RankedTensorType>(value.getType()) || !isProjection(map))
    return std::nullopt;
  LoopView view{value, {}};
  for (auto [expr, size] :
       llvm::zip_equal(map.getResults(), view.getType().getShape())) {
    if (auto dim = dyn_cast<AffineDimExpr>(expr))
      view.axes.push_back({static_cast<int>(dim.getPosition())});
    else if (size == 1)
      view.axes.push_back({});
    else
      return std::nullopt;
  }
  return view;
}

static bool isLayerFloat(Value value) {
  return isa<Float16Type, BFloat16Type, Float32Type>(
      getElementTypeOrSelf(value));
}

std::optional<Contraction> zq::matchContraction(linalg::LinalgOp op,
                                                std::string &reason) {
  if (op.getNumReductionLoops() == 0 || op.getNumDpsInputs() != 2 ||
      op.getNumDpsInits() != 1 || !multipliesInputs(op))
    return std::nullopt;
  Value lhs = op.getDpsInputOperand(0)->get();
  Value rhs = op.getDpsInputOperand(1)->get();
  Value init = op.getDpsInitOperand(0)->get();
  if (!op.hasPureTensorSemantics()) {
    reason = "it is on buffers; run zq-import before bufferization";
    return std::nullopt;
  }
  if (!isLayerFloat(lhs) || !isLayerFloat(rhs) || !isLayerFloat(init)) {
    llvm::raw_string_ostream(reason)
        << "it multiplies " << getElementTypeOrSelf(lhs) << " by "
        << getElementTypeOrSelf(rhs) << " into " << getElementTypeOrSelf(init)
        << "; linear layers are of f16, bf16 and f32";
    return std::nullopt;
  }

  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  std::optional<LoopView> lhsView = getView(lhs, maps[0]);
  std::optional<LoopView> rhsView = getView(rhs, maps[1]);
  std::optional<LoopView> initView = getView(init, maps[2]);
  if (!lhsView || !rhsView || !initView) {
    reason = "an element is at a sum of loops or at no loop (a convolution, or "
             "a strided product)";
    return std::nullopt;
  }
  if (!multipliesAndAdds(op)) {
    reason = "its body does more than multiply and add";
    return std::nullopt;
  }

  Contraction result{op, {}, *lhsView, *rhsView, *initView};
  result.loopSizes.assign(op.getNumLoops(), ShapedType::kDynamic);
  for (const LoopView *view : {&result.lhs, &result.rhs, &result.init})
    for (auto [axis, size] :
         llvm::zip_equal(view->axes, view->getType().getShape()))
      if (axis.loop != Axis::kNone && !ShapedType::isDynamic(size))
        result.loopSizes[axis.loop] = size;
  return result;
}
