//===- AbsorbEpilogue.cpp - bias adds and truncations of a linear ---------===//
//
// A zq.linear sums in FP32 and rounds once, at its end. So a bias that is added
// to its result, and a truncation of its result, become part of it: the same
// numbers where the sum was in FP32, and one rounding less where a front end
// rounded before it added.
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "BuildLinear.h"
#include "Generic.h"
#include "Patterns.h"

#include "dialects/Zq/Zq.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace zq;

namespace {

/// A linear and which loops of its consumer index it.
struct Producer {
  LinearOp linear;
  LoopView view;
};

/// The linear that computes `value`, if `consumer` can take its place: not
/// where it would move into a loop.
LinearOp getLinear(Value value, Operation *consumer) {
  auto linear = value.getDefiningOp<LinearOp>();
  return linear && linear->getBlock() == consumer->getBlock() ? linear
                                                              : LinearOp();
}

/// The linear behind an operand of `consumer`, through transposes that nothing
/// else uses. Its dimensions are indexed by all loops, each by one.
std::optional<Producer> findLinear(const LoopView &operand,
                                   linalg::LinalgOp consumer) {
  size_t numLoops = consumer.getNumLoops();
  for (LoopView &view : getViews(operand)) {
    if (!view.value.hasOneUse() ||
        view.getType().getElementType() != operand.getType().getElementType())
      return std::nullopt;
    LinearOp linear = getLinear(view.value, consumer);
    if (!linear)
      continue;
    llvm::SmallBitVector seen(numLoops);
    for (Axis axis : view.axes)
      if (axis.loop != Axis::kNone && !axis.part)
        seen.set(axis.loop);
    if (view.axes.size() != numLoops || !seen.all())
      return std::nullopt;
    return Producer{linear, view};
  }
  return std::nullopt;
}

bool hasOneRow(LinearOp linear) {
  return llvm::all_of(linear.getOutput().getType().getShape().drop_back(),
                      [](int64_t size) { return size == 1; });
}

/// The bias of N that `addend` is, or null. Built before `linear`'s consumer.
Value getBias(OpBuilder &builder, const Producer &producer,
              const LoopView &addend, ArrayRef<int64_t> loopSizes) {
  LinearOp linear = producer.linear;
  if (linear.getBias())
    return nullptr;
  return extractBias(builder, linear.getLoc(), addend,
                     {producer.view.axes.back().loop}, hasOneRow(linear),
                     loopSizes);
}

/// The linear again at the consumer, where the bias is known.
LinearOp rebuild(RewriterBase &rewriter, LinearOp linear, Value bias,
                 Type elementType) {
  return LinearOp::create(rewriter, linear.getLoc(),
                          linear.getOutput().getType().clone(elementType),
                          linear.getInput(), linear.getWeight(), bias,
                          linear.getNameAttr());
}

bool isLayerFloat(Type type) {
  return isa<Float16Type, BFloat16Type, Float32Type>(type);
}

/// An elementwise op that writes over the linear's result reads it as an input:
///   linalg.generic ins(%b) outs(zq.linear ...) { addf %in, %out }
///     -> linalg.generic ins(%b, zq.linear ...) outs(tensor.empty) { ... }
struct DetachInit : OpInterfaceRewritePattern<linalg::LinalgOp> {
  using OpInterfaceRewritePattern::OpInterfaceRewritePattern;

  LogicalResult matchAndRewrite(linalg::LinalgOp op,
                                PatternRewriter &rewriter) const override {
    if (!isElementwise(op))
      return rewriter.notifyMatchFailure(op, "is not elementwise on tensors");
    Value init = op.getDpsInitOperand(0)->get();
    if (!init.getDefiningOp<LinearOp>())
      return rewriter.notifyMatchFailure(op, "writes over no linear's result");
    linalg::GenericOp generic = makeGeneric(rewriter, op);
    if (!generic)
      return rewriter.notifyMatchFailure(op, "has no generic form");

    Location loc = generic.getLoc();
    rewriter.setInsertionPoint(generic);
    Value empty = tensor::EmptyOp::create(
        rewriter, loc, tensor::getMixedSizes(rewriter, loc, init),
        getElementTypeOrSelf(init));
    Block *body = generic.getBlock();
    unsigned numInputs = generic.getNumDpsInputs();
    SmallVector<AffineMap> maps = generic.getIndexingMapsArray();
    rewriter.modifyOpInPlace(generic, [&] {
      BlockArgument out = body->getArgument(numInputs);
      if (!out.use_empty()) {
        BlockArgument in = body->insertArgument(numInputs, out.getType(), loc);
        rewriter.replaceAllUsesWith(out, in);
        generic.getInputsMutable().append(init);
        maps.insert(maps.begin() + numInputs, maps.back());
        generic.setIndexingMapsAttr(rewriter.getAffineMapArrayAttr(maps));
      }
      generic.setDpsInitOperand(0, empty);
    });
    return success();
  }
};

/// The first thing that the body of an elementwise op does to the linear's
/// result becomes part of the linear:
///   linalg.generic ins(zq.linear %x, %w, %b broadcast) { f(addf %in, %b) }
///     -> linalg.generic ins(zq.linear %x, %w bias(%b)) { f(%in) }
///   linalg.generic ins(zq.linear ... -> f32) { f(truncf %in to bf16) }
///     -> linalg.generic ins(zq.linear ... -> bf16) { f(%in) }
/// and the op goes if that was all it did.
struct AbsorbInBody : OpInterfaceRewritePattern<linalg::LinalgOp> {
  using OpInterfaceRewritePattern::OpInterfaceRewritePattern;

  LogicalResult matchAndRewrite(linalg::LinalgOp op,
                                PatternRewriter &rewriter) const override {
    if (!isElementwise(op))
      return rewriter.notifyMatchFailure(op, "is not elementwise on tensors");
    for (OpOperand *input : op.getDpsInputOperands()) {
      std::optional<LoopView> view =
          getView(input->get(), op.getMatchingIndexingMap(input));
      if (!view)
        continue;
      if (auto producer = findLinear(*view, op))
        if (succeeded(
                absorb(op, input->getOperandNumber(), *producer, rewriter)))
          return success();
    }
    return rewriter.notifyMatchFailure(
        op, "neither adds a bias to a linear nor truncates it");
  }

  LogicalResult absorb(linalg::LinalgOp op, unsigned operand,
                       const Producer &producer,
                       PatternRewriter &rewriter) const {
    BlockArgument argument =
        op.getMatchingBlockArgument(&op->getOpOperand(operand));
    if (!argument.hasOneUse())
      return rewriter.notifyMatchFailure(op, "uses the linear twice");
    Operation *user = *argument.user_begin();
    rewriter.setInsertionPoint(op);
    LinearOp linear = producer.linear;
    Type elementType = linear.getOutput().getType().getElementType();
    Value bias = linear.getBias();
    if (isa<arith::TruncFOp>(user) &&
        isLayerFloat(user->getResult(0).getType())) {
      elementType = user->getResult(0).getType();
    } else if (isa<arith::AddFOp>(user)) {
      Value other = user->getOperand(user->getOperand(0) == argument ? 1 : 0);
      bias = getBiasInBody(op, other, producer, rewriter);
      if (!bias)
        return rewriter.notifyMatchFailure(op, "adds no bias");
    } else {
      return rewriter.notifyMatchFailure(op, "does something else first");
    }

    // Named ops have fixed bodies.
    unsigned userIndex =
        std::distance(op.getBlock()->begin(), Block::iterator(user));
    linalg::GenericOp generic = makeGeneric(rewriter, op);
    if (!generic)
      return failure();
    user = &*std::next(generic.getBlock()->begin(), userIndex);
    argument =
        generic.getMatchingBlockArgument(&generic->getOpOperand(operand));

    rewriter.setInsertionPoint(generic);
    LinearOp absorbing = rebuild(rewriter, linear, bias, elementType);
    SmallVector<AffineMap> maps = generic.getIndexingMapsArray();
    SmallVector<AffineExpr> results;
    for (Axis axis : producer.view.axes)
      results.push_back(rewriter.getAffineDimExpr(axis.loop));
    maps[operand] = AffineMap::get(generic.getNumLoops(), 0, results,
                                   rewriter.getContext());
    rewriter.modifyOpInPlace(generic, [&] {
      generic->setOperand(operand, absorbing.getOutput());
      generic.setIndexingMapsAttr(rewriter.getAffineMapArrayAttr(maps));
      argument.setType(elementType);
    });
    rewriter.replaceOp(user, argument);
    simplify(rewriter, generic);
    return success();
  }

  /// The bias that a body adds: another input, perhaps extended.
  Value getBiasInBody(linalg::LinalgOp op, Value addend,
                      const Producer &producer, OpBuilder &builder) const {
    while (auto extend = addend.getDefiningOp<arith::ExtFOp>())
      addend = extend.getIn();
    auto argument = dyn_cast<BlockArgument>(addend);
    if (!argument || argument.getOwner() != op.getBlock())
      return nullptr;
    OpOperand *operand = op.getMatchingOpOperand(argument);
    if (!op.isDpsInput(operand))
      return nullptr;
    std::optional<LoopView> view =
        getView(operand->get(), op.getMatchingIndexingMap(operand));
    if (!view)
      return nullptr;
    return getBias(builder, producer, *view, op.getStaticLoopRanges());
  }
};

LoopView getIdentityView(Value value) {
  LoopView view{value, {}};
  for (int i = 0, e = view.getType().getRank(); i < e; ++i)
    view.axes.push_back({i});
  return view;
}

/// arith.addf %linear, %broadcast   ->   zq.linear ... bias(...)
struct AbsorbTensorAdd : OpRewritePattern<arith::AddFOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(arith::AddFOp op,
                                PatternRewriter &rewriter) const override {
    auto type = dyn_cast<RankedTensorType>(op.getType());
    if (!type)
      return rewriter.notifyMatchFailure(op, "is not on tensors");
    for (unsigned i : {0u, 1u}) {
      LinearOp linear = getLinear(op->getOperand(i), op);
      if (!linear || !linear->hasOneUse())
        continue;
      Producer producer{linear, getIdentityView(linear.getOutput())};
      Value bias =
          getBias(rewriter, producer, getIdentityView(op->getOperand(1 - i)),
                  type.getShape());
      if (!bias)
        continue;
      rewriter.replaceOp(
          op, rebuild(rewriter, linear, bias, type.getElementType()));
      return success();
    }
    return rewriter.notifyMatchFailure(op, "adds no bias to a linear");
  }
};

/// arith.truncf %linear   ->   zq.linear, of the narrower type
struct AbsorbTensorTruncation : OpRewritePattern<arith::TruncFOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(arith::TruncFOp op,
                                PatternRewriter &rewriter) const override {
    LinearOp linear = getLinear(op.getIn(), op);
    auto type = dyn_cast<RankedTensorType>(op.getType());
    if (!linear || !linear->hasOneUse() || !type ||
        !isLayerFloat(type.getElementType()))
      return rewriter.notifyMatchFailure(op, "truncates no linear alone");
    rewriter.replaceOp(
        op, rebuild(rewriter, linear, linear.getBias(), type.getElementType()));
    return success();
  }
};

} // namespace

void zq::populateAbsorbEpiloguePatterns(RewritePatternSet &patterns) {
  patterns
      .add<DetachInit, AbsorbInBody, AbsorbTensorAdd, AbsorbTensorTruncation>(
          patterns.getContext());
}
