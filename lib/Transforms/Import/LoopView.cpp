//===- LoopView.cpp - operands as functions of a product's loops ----------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LoopView.h"

#include "../ElementMove.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/ReshapeOpsUtils.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace zq;

std::optional<SmallVector<int>> LoopView::getLoops() const {
  SmallVector<int> loops;
  for (auto [axis, size] : llvm::zip_equal(axes, getType().getShape())) {
    if (size == 1 || axis.loop == Axis::kNone)
      continue;
    if (axis.part)
      return std::nullopt;
    loops.push_back(axis.loop);
  }
  return loops;
}

//===----------------------------------------------------------------------===//
// Towards the source
//===----------------------------------------------------------------------===//

/// A transpose, a broadcast or a conversion: each dimension of the input is
/// indexed by what indexes the result's dimension of the same loop.
static std::optional<LoopView> peelElementMove(linalg::LinalgOp op,
                                               const LoopView &view) {
  for (Operation &inner : op.getBlock()->without_terminator())
    if (!isa<arith::ExtFOp>(inner))
      return std::nullopt;
  SmallVector<Axis> axisOf(op.getNumLoops());
  AffineMap out = op.getIndexingMapsArray()[1];
  for (auto [expr, axis] : llvm::zip_equal(out.getResults(), view.axes))
    axisOf[cast<AffineDimExpr>(expr).getPosition()] = axis;

  LoopView input{op.getDpsInputOperand(0)->get(), {}};
  for (auto [expr, size] :
       llvm::zip_equal(op.getIndexingMapsArray()[0].getResults(),
                       input.getType().getShape())) {
    if (auto dim = dyn_cast<AffineDimExpr>(expr))
      input.axes.push_back(axisOf[dim.getPosition()]);
    else if (size == 1) // index 0 of it
      input.axes.push_back({});
    else
      return std::nullopt;
  }
  return input;
}

/// A collapse: the one dimension of a group that is not of size 1 has the axis;
/// where there are several, each is a part of it.
static LoopView peelCollapse(Value source,
                             ArrayRef<ReassociationIndices> groups,
                             const LoopView &view) {
  LoopView input{source, {}};
  ArrayRef<int64_t> shape = input.getType().getShape();
  input.axes.resize(shape.size());
  for (auto [group, axis] : llvm::zip_equal(groups, view.axes)) {
    SmallVector<int64_t> large;
    for (int64_t i : group)
      if (shape[i] != 1)
        large.push_back(i);
    for (int64_t i : large)
      if (axis.loop != Axis::kNone)
        input.axes[i] = {axis.loop, axis.part || large.size() > 1};
  }
  return input;
}

/// An expand is followed only where it adds dimensions of size 1.
static std::optional<LoopView> peelExpand(Value source,
                                          ArrayRef<ReassociationIndices> groups,
                                          const LoopView &view) {
  LoopView input{source, {}};
  ArrayRef<int64_t> shape = view.getType().getShape();
  for (const ReassociationIndices &group : groups) {
    SmallVector<int64_t> large;
    for (int64_t i : group)
      if (shape[i] != 1)
        large.push_back(i);
    if (large.size() > 1)
      return std::nullopt;
    input.axes.push_back(large.empty() ? Axis() : view.axes[large[0]]);
  }
  return input;
}

static std::optional<LoopView> peelReshape(tensor::ReshapeOp op,
                                           const LoopView &view) {
  auto from = dyn_cast<RankedTensorType>(op.getSource().getType());
  auto to = view.getType();
  if (!from || !from.hasStaticShape() || !to.hasStaticShape())
    return std::nullopt;
  if (from.getRank() == to.getRank() && from.getShape() == to.getShape())
    return LoopView{op.getSource(), view.axes};
  auto groups = getReassociationIndicesForReshape(from, to);
  if (!groups)
    return std::nullopt;
  if (from.getRank() > to.getRank())
    return peelCollapse(op.getSource(), *groups, view);
  return peelExpand(op.getSource(), *groups, view);
}

static std::optional<LoopView> peel(const LoopView &view) {
  Operation *op = view.value.getDefiningOp();
  if (!op)
    return std::nullopt;
  if (auto collapse = dyn_cast<tensor::CollapseShapeOp>(op))
    return peelCollapse(collapse.getSrc(), collapse.getReassociationIndices(),
                        view);
  if (auto expand = dyn_cast<tensor::ExpandShapeOp>(op))
    return peelExpand(expand.getSrc(), expand.getReassociationIndices(), view);
  if (auto reshape = dyn_cast<tensor::ReshapeOp>(op))
    return peelReshape(reshape, view);
  if (isa<tensor::CastOp, arith::ExtFOp>(op) &&
      isa<RankedTensorType>(op->getOperand(0).getType()))
    return LoopView{op->getOperand(0), view.axes};
  if (auto linalgOp = dyn_cast<linalg::LinalgOp>(op); isElementMove(linalgOp))
    return peelElementMove(linalgOp, view);
  return std::nullopt;
}

SmallVector<LoopView> zq::getViews(LoopView view) {
  SmallVector<LoopView> views{std::move(view)};
  while (std::optional<LoopView> next = peel(views.back()))
    views.push_back(std::move(*next));
  return views;
}

//===----------------------------------------------------------------------===//
// Towards a wanted order
//===----------------------------------------------------------------------===//

/// A constant of another shape shares its bytes.
static Value reshapeConstant(OpBuilder &builder, Location loc, Value value,
                             RankedTensorType type) {
  auto constant = value.getDefiningOp<arith::ConstantOp>();
  if (!constant || !type.hasStaticShape())
    return nullptr;
  if (auto dense = dyn_cast<DenseElementsAttr>(constant.getValue()))
    return arith::ConstantOp::create(builder, constant.getLoc(),
                                     dense.reshape(type));
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(constant.getValue()))
    return arith::ConstantOp::create(
        builder, constant.getLoc(),
        DenseResourceElementsAttr::get(type, resource.getRawHandle()));
  return nullptr;
}

static Value collapse(OpBuilder &builder, Location loc, Value value,
                      ArrayRef<ReassociationIndices> groups) {
  auto type = cast<RankedTensorType>(value.getType());
  RankedTensorType collapsed = tensor::CollapseShapeOp::inferCollapsedType(
      type, llvm::to_vector_of<ReassociationIndices, 4>(groups));
  if (Value constant = reshapeConstant(builder, loc, value, collapsed))
    return constant;
  return tensor::CollapseShapeOp::create(builder, loc, collapsed, value,
                                         groups);
}

/// Removes the dimensions of size 1, and `axes` with them.
static Value dropUnits(OpBuilder &builder, Location loc, Value value,
                       SmallVectorImpl<Axis> &axes) {
  auto type = cast<RankedTensorType>(value.getType());
  SmallVector<ReassociationIndices> groups;
  SmallVector<Axis> kept;
  ReassociationIndices leading;
  for (auto [i, size] : llvm::enumerate(type.getShape())) {
    if (size != 1) {
      groups.emplace_back(std::exchange(leading, {}));
      groups.back().push_back(i);
      kept.push_back(axes[i]);
    } else {
      (groups.empty() ? leading : groups.back()).push_back(i);
    }
  }
  if (kept.size() == axes.size())
    return value;
  axes.assign(kept.begin(), kept.end());
  return collapse(builder, loc, value,
                  groups); // to rank 0 if all are of size 1
}

static Value transpose(OpBuilder &builder, Location loc, Value value,
                       ArrayRef<int64_t> permutation) {
  if (llvm::is_sorted(permutation))
    return value;
  auto sizes = tensor::getMixedSizes(builder, loc, value);
  SmallVector<OpFoldResult> permuted;
  for (int64_t i : permutation)
    permuted.push_back(sizes[i]);
  Value empty = tensor::EmptyOp::create(builder, loc, permuted,
                                        getElementTypeOrSelf(value));
  return linalg::TransposeOp::create(builder, loc, value, empty, permutation)
      ->getResult(0);
}

/// Adds dimensions of size 1: `isUnit` says which of the result's are new.
static Value addUnits(OpBuilder &builder, Location loc, Value value,
                      ArrayRef<bool> isUnit) {
  auto type = cast<RankedTensorType>(value.getType());
  SmallVector<int64_t> shape;
  SmallVector<ReassociationIndices> groups(type.getRank());
  int64_t next = 0;
  for (auto [i, unit] : llvm::enumerate(isUnit)) {
    // Leading units join the first dimension, others the one before them.
    if (!groups.empty())
      groups[unit ? std::max<int64_t>(next - 1, 0) : next].push_back(i);
    shape.push_back(unit ? 1 : type.getDimSize(next++));
  }
  if (shape.size() == static_cast<size_t>(type.getRank()))
    return value;
  auto expanded = RankedTensorType::get(shape, type.getElementType());
  if (Value constant = reshapeConstant(builder, loc, value, expanded))
    return constant;
  return tensor::ExpandShapeOp::create(builder, loc, expanded, value, groups);
}

/// Gives dimensions the sizes that the loops are known to have.
static Value refine(OpBuilder &builder, Location loc, const LoopView &view,
                    ArrayRef<int64_t> loopSizes) {
  SmallVector<int64_t> shape(view.getType().getShape());
  for (auto [size, axis] : llvm::zip_equal(shape, view.axes))
    if (ShapedType::isDynamic(size) && axis.loop != Axis::kNone && !axis.part)
      size = loopSizes[axis.loop];
  RankedTensorType refined = view.getType().clone(shape);
  if (refined == view.getType())
    return view.value;
  return tensor::CastOp::create(builder, loc, refined, view.value);
}

Value zq::arrange(OpBuilder &builder, Location loc, const LoopView &view,
                  ArrayRef<SmallVector<int>> groups,
                  ArrayRef<int64_t> loopSizes) {
  // Nothing to do is the common case: one loop a dimension, in order.
  if (groups.size() == view.axes.size() &&
      llvm::all_of(llvm::zip_equal(groups, view.axes), [](auto pair) {
        auto &[group, axis] = pair;
        return group.size() == 1 && !axis.part && group[0] == axis.loop;
      }))
    return refine(builder, loc, view, loopSizes);

  Value value = refine(builder, loc, view, loopSizes);
  SmallVector<Axis> axes = view.axes;
  value = dropUnits(builder, loc, value, axes);

  SmallVector<int64_t> permutation;
  SmallVector<ReassociationIndices> collapsed;
  SmallVector<bool> isUnit;
  for (ArrayRef<int> group : groups) {
    ReassociationIndices dimensions;
    for (int loop : group)
      for (auto [i, axis] : llvm::enumerate(axes))
        if (axis.loop == loop) {
          dimensions.push_back(permutation.size());
          permutation.push_back(i);
        }
    isUnit.push_back(dimensions.empty());
    if (!dimensions.empty())
      collapsed.push_back(std::move(dimensions));
  }
  assert(permutation.size() == axes.size() && "a loop is in no group");
  value = transpose(builder, loc, value, permutation);
  if (collapsed.size() != permutation.size())
    value = collapse(builder, loc, value, collapsed);
  return addUnits(builder, loc, value, isUnit);
}

//===----------------------------------------------------------------------===//
// Splats
//===----------------------------------------------------------------------===//

static bool isNumber(const APFloat &number, double value) {
  return value == 0 ? number.isZero() : number.isExactlyValue(value);
}

static bool isScalarOf(Value scalar, double value) {
  FloatAttr attribute;
  return matchPattern(scalar, m_Constant(&attribute)) &&
         isNumber(attribute.getValue(), value);
}

bool zq::isSplatOf(Value tensor, double value) {
  if (DenseElementsAttr attribute; matchPattern(tensor, m_Constant(&attribute)))
    return attribute.isSplat() && isa<FloatType>(attribute.getElementType()) &&
           isNumber(attribute.getSplatValue<APFloat>(), value);
  Operation *op = tensor.getDefiningOp();
  if (!op)
    return false;
  if (isa<tensor::CollapseShapeOp, tensor::ExpandShapeOp, tensor::ReshapeOp,
          tensor::CastOp, arith::ExtFOp, arith::TruncFOp>(op))
    return isSplatOf(op->getOperand(0), value);
  if (auto splat = dyn_cast<tensor::SplatOp>(op))
    return isScalarOf(splat.getInput(), value);
  auto linalgOp = dyn_cast<linalg::LinalgOp>(op);
  if (!linalgOp || !linalgOp.hasPureTensorSemantics() ||
      linalgOp.getNumDpsInits() != 1 ||
      linalgOp.getNumLoops() != linalgOp.getNumParallelLoops())
    return false;
  if (isElementMove(linalgOp)) // conversions keep 0 and 1
    return isSplatOf(linalgOp.getDpsInputOperand(0)->get(), value);
  // A fill, or any op that yields one scalar.
  Value yielded = linalgOp.getBlock()->getTerminator()->getOperand(0);
  if (auto argument = dyn_cast<BlockArgument>(yielded);
      argument && argument.getOwner() == linalgOp.getBlock()) {
    OpOperand *operand = linalgOp.getMatchingOpOperand(argument);
    return linalgOp.isDpsInput(operand) &&
           (isa<RankedTensorType>(operand->get().getType())
                ? isSplatOf(operand->get(), value)
                : isScalarOf(operand->get(), value));
  }
  return isScalarOf(yielded, value);
}
