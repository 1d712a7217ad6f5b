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

/// reshape (zq.linear %x)   ->   zq.linear (reshape %x)
template <typename ReshapeOp>
struct HoistPattern : OpRewritePattern<ReshapeOp> {
  using OpRewritePattern<ReshapeOp>::OpRewritePattern;

  LogicalResult matchAndRewrite(ReshapeOp op,
                                PatternRewriter &rewriter) const final {
    LinearOp linear = getLinear(op->getOperand(0), op);
    if (!linear)
      return rewriter.notifyMatchFailure(
          op, "is not the only use of a linear beside it, with rows of the "
              "same type");
    FailureOr<Value> input = reshapeInput(op, linear, rewriter);
    if (failed(input))
      return failure();
    rewriter.replaceOp(
        op, LinearOp::create(rewriter, linear.getLoc(),
                             cast<RankedTensorType>(op->getResult(0).getType()),
                             *input, linear.getWeight(), linear.getBias(),
                             linear.getNameAttr()));
    return success();
  }

  /// The linear's input in the shape that its result gets from `op`.
  virtual FailureOr<Value> reshapeInput(ReshapeOp op, LinearOp linear,
                                        PatternRewriter &rewriter) const = 0;
};

struct HoistCollapse : HoistPattern<tensor::CollapseShapeOp> {
  using HoistPattern::HoistPattern;

  FailureOr<Value> reshapeInput(tensor::CollapseShapeOp op, LinearOp linear,
                                PatternRewriter &rewriter) const override {
    SmallVector<ReassociationIndices> groups = op.getReassociationIndices();
    if (!keepsLastDimension(groups, op.getSrcType().getShape()))
      return rewriter.notifyMatchFailure(op, "collapses N");
    return tensor::CollapseShapeOp::create(rewriter, op.getLoc(),
                                           linear.getInput(), groups)
        .getResult();
  }
};

struct HoistExpand : HoistPattern<tensor::ExpandShapeOp> {
  using HoistPattern::HoistPattern;

  FailureOr<Value> reshapeInput(tensor::ExpandShapeOp op, LinearOp linear,
                                PatternRewriter &rewriter) const override {
    SmallVector<ReassociationIndices> groups = op.getReassociationIndices();
    if (!keepsLastDimension(groups, op.getResultType().getShape()))
      return rewriter.notifyMatchFailure(op, "expands N");
    RankedTensorType source = linear.getInput().getType();
    SmallVector<OpFoldResult> sizes = op.getMixedOutputShape();
    sizes.back() = tensor::getMixedSize(
        rewriter, op.getLoc(), linear.getInput(), source.getRank() - 1);
    return tensor::ExpandShapeOp::create(rewriter, op.getLoc(),
                                         withLast(op.getResultType(), source),
                                         linear.getInput(), groups, sizes)
        .getResult();
  }
};

/// To (..., N)   ->   to (..., K)
struct HoistReshape : HoistPattern<tensor::ReshapeOp> {
  using HoistPattern::HoistPattern;

  FailureOr<Value> reshapeInput(tensor::ReshapeOp op, LinearOp linear,
                                PatternRewriter &rewriter) const override {
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
    return tensor::ReshapeOp::create(rewriter, op.getLoc(),
                                     withLast(type, source), linear.getInput(),
                                     shape)
        .getResult();
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
