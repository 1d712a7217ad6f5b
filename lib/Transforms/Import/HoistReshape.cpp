//===- HoistReshape.cpp - reshapes around a linear ------------------------===//
//
// Front ends collapse the rows of an activation before a product and expand
// them after it. A linear takes rows of any rank, so a reshape of its result's
// rows is as well a reshape of its input's.
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Patterns.h"

#include "dialects/Zq/Zq.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace zq;

namespace {

/// The linear that computes `value` for nothing but `reshape`, in the same
/// block so that it does not move into a loop. Its input and its result know
/// the same sizes of rows, so that what reshapes the one reshapes the other.
LinearOp getLinear(Value value, Operation *reshape) {
  auto linear = value.getDefiningOp<LinearOp>();
  return linear && linear->hasOneUse() &&
                 linear->getBlock() == reshape->getBlock() &&
                 linear.getInput().getType().getShape().drop_back() ==
                     linear.getOutput().getType().getShape().drop_back()
             ? linear
             : LinearOp();
}

/// Whether the last dimension is in its group with nothing but dimensions of
/// size 1 before it, so that it stays the last and of its size.
bool keepsLastDimension(ArrayRef<ReassociationIndices> groups,
                        ArrayRef<int64_t> expandedShape) {
  return !groups.empty() &&
         llvm::all_of(ArrayRef(groups.back()).drop_back(),
                      [&](int64_t i) { return expandedShape[i] == 1; });
}

RankedTensorType withLast(RankedTensorType type, RankedTensorType input) {
  SmallVector<int64_t> shape(type.getShape());
  shape.back() = input.getShape().back();
  return RankedTensorType::get(shape, input.getElementType());
}

void replaceByLinear(PatternRewriter &rewriter, Operation *reshape,
                     LinearOp linear, Value input) {
  rewriter.replaceOp(
      reshape,
      LinearOp::create(rewriter, linear.getLoc(),
                       cast<RankedTensorType>(reshape->getResult(0).getType()),
                       input, linear.getWeight(), linear.getBias(),
                       linear.getNameAttr()));
}

/// collapse_shape (zq.linear %x)   ->   zq.linear (collapse_shape %x)
struct HoistCollapse : OpRewritePattern<tensor::CollapseShapeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(tensor::CollapseShapeOp op,
                                PatternRewriter &rewriter) const override {
    LinearOp linear = getLinear(op.getSrc(), op);
    if (!linear)
      return rewriter.notifyMatchFailure(
          op, "is not the only use of a linear beside it, with rows of the "
              "same type");
    SmallVector<ReassociationIndices> groups = op.getReassociationIndices();
    if (!keepsLastDimension(groups, op.getSrcType().getShape()))
      return rewriter.notifyMatchFailure(op, "collapses N");
    Value input = tensor::CollapseShapeOp::create(rewriter, op.getLoc(),
                                                  linear.getInput(), groups);
    replaceByLinear(rewriter, op, linear, input);
    return success();
  }
};

/// expand_shape (zq.linear %x)   ->   zq.linear (expand_shape %x)
struct HoistExpand : OpRewritePattern<tensor::ExpandShapeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(tensor::ExpandShapeOp op,
                                PatternRewriter &rewriter) const override {
    LinearOp linear = getLinear(op.getSrc(), op);
    if (!linear)
      return rewriter.notifyMatchFailure(
          op, "is not the only use of a linear beside it, with rows of the "
              "same type");
    SmallVector<ReassociationIndices> groups = op.getReassociationIndices();
    if (!keepsLastDimension(groups, op.getResultType().getShape()))
      return rewriter.notifyMatchFailure(op, "expands N");
    RankedTensorType source = linear.getInput().getType();
    SmallVector<OpFoldResult> sizes = op.getMixedOutputShape();
    sizes.back() = tensor::getMixedSize(
        rewriter, op.getLoc(), linear.getInput(), source.getRank() - 1);
    Value input = tensor::ExpandShapeOp::create(
        rewriter, op.getLoc(), withLast(op.getResultType(), source),
        linear.getInput(), groups, sizes);
    replaceByLinear(rewriter, op, linear, input);
    return success();
  }
};

/// tensor.reshape (zq.linear %x) to (..., N)
///   ->   zq.linear (tensor.reshape %x to (..., K))
struct HoistReshape : OpRewritePattern<tensor::ReshapeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(tensor::ReshapeOp op,
                                PatternRewriter &rewriter) const override {
    LinearOp linear = getLinear(op.getSource(), op);
    if (!linear)
      return rewriter.notifyMatchFailure(
          op, "is not the only use of a linear beside it, with rows of the "
              "same type");
    auto type = dyn_cast<RankedTensorType>(op.getType());
    RankedTensorType source = linear.getInput().getType();
    if (!type || type.getRank() < 1 ||
        type.getShape().back() != linear.getWeight().getType().getDimSize(0) ||
        ShapedType::isDynamic(source.getShape().back()))
      return rewriter.notifyMatchFailure(op, "may reshape N");
    auto elements = op.getShape().getDefiningOp<tensor::FromElementsOp>();
    if (!elements)
      return rewriter.notifyMatchFailure(op, "has a shape of unknown elements");
    SmallVector<Value> sizes(elements.getElements());
    sizes.back() = arith::ConstantOp::create(
        rewriter, op.getLoc(),
        rewriter.getIntegerAttr(sizes.back().getType(),
                                source.getShape().back()));
    Value shape =
        tensor::FromElementsOp::create(rewriter, elements.getLoc(), sizes);
    Value input =
        tensor::ReshapeOp::create(rewriter, op.getLoc(), withLast(type, source),
                                  linear.getInput(), shape);
    replaceByLinear(rewriter, op, linear, input);
    return success();
  }
};

/// tensor.dim (zq.linear %x), i   ->   tensor.dim %x, i
/// The linear's result is then used by its reshape alone.
struct HoistDim : OpRewritePattern<tensor::DimOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(tensor::DimOp op,
                                PatternRewriter &rewriter) const override {
    auto linear = op.getSource().getDefiningOp<LinearOp>();
    std::optional<int64_t> index = op.getConstantIndex();
    if (!linear || !index)
      return rewriter.notifyMatchFailure(op, "is not known to be a linear's");
    int64_t last = linear.getOutput().getType().getRank() - 1;
    if (*index < 0 || *index > last)
      return rewriter.notifyMatchFailure(op, "is out of bounds");
    if (*index == last)
      rewriter.replaceOpWithNewOp<arith::ConstantIndexOp>(
          op, linear.getWeight().getType().getDimSize(0));
    else
      rewriter.modifyOpInPlace(
          op, [&] { op.getSourceMutable().set(linear.getInput()); });
    return success();
  }
};

/// Whether two types of the same number of elements have the same shape.
bool haveSameShape(RankedTensorType a, RankedTensorType b) {
  return a == b && a.getNumDynamicDims() <= 1 &&
         !llvm::is_contained(a.getShape(), 0);
}

/// tensor.reshape (... tensor.reshape %x)   ->   %x, where the shape is that of
/// %x again.
struct FoldReshapes : OpRewritePattern<tensor::ReshapeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(tensor::ReshapeOp op,
                                PatternRewriter &rewriter) const override {
    Value source = op.getSource();
    while (auto first = source.getDefiningOp<tensor::ReshapeOp>())
      source = first.getSource();
    auto from = dyn_cast<RankedTensorType>(source.getType());
    auto to = dyn_cast<RankedTensorType>(op.getType());
    if (!from || !to || !haveSameShape(from, to))
      return rewriter.notifyMatchFailure(op, "may change the shape");
    rewriter.replaceOp(op, source);
    return success();
  }
};

/// expand_shape (collapse_shape %x)   ->   %x, where the sizes that it expands
/// to are `tensor.dim`s of %x.
struct FoldInverseExpand : OpRewritePattern<tensor::ExpandShapeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(tensor::ExpandShapeOp op,
                                PatternRewriter &rewriter) const override {
    auto collapse = op.getSrc().getDefiningOp<tensor::CollapseShapeOp>();
    if (!collapse || collapse.getSrcType() != op.getResultType() ||
        collapse.getReassociationIndices() != op.getReassociationIndices())
      return rewriter.notifyMatchFailure(op, "undoes no collapse");
    for (auto [i, size] : llvm::enumerate(op.getMixedOutputShape())) {
      auto value = dyn_cast<Value>(size);
      if (!value)
        continue;
      auto dim = value.getDefiningOp<tensor::DimOp>();
      if (!dim || dim.getSource() != collapse.getSrc() ||
          dim.getConstantIndex() != static_cast<int64_t>(i))
        return rewriter.notifyMatchFailure(op, "expands to other sizes");
    }
    rewriter.replaceOp(op, collapse.getSrc());
    return success();
  }
};

} // namespace

void zq::populateHoistReshapePatterns(RewritePatternSet &patterns) {
  patterns.add<HoistDim, HoistCollapse, HoistExpand, HoistReshape, FoldReshapes,
               FoldInverseExpand>(patterns.getContext());
  tensor::CollapseShapeOp::getCanonicalizationPatterns(patterns,
                                                       patterns.getContext());
  tensor::ExpandShapeOp::getCanonicalizationPatterns(patterns,
                                                     patterns.getContext());
}
