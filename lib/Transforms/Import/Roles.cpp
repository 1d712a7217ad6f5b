//===- Roles.cpp - which factor of a product is the weight ----------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Roles.h"

#include "../ElementMove.h"
#include "dialects/Zq/Zq.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MLProgram/IR/MLProgram.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

using namespace mlir;
using namespace zq;

//===----------------------------------------------------------------------===//
// Origin
//===----------------------------------------------------------------------===//

/// An argument is a parameter if it is marked. A function that marks one of its
/// arguments has said which ones are weights: the others are not.
static Origin::Kind classify(BlockArgument argument) {
  Block *block = argument.getOwner();
  auto function =
      dyn_cast_if_present<FunctionOpInterface>(block->getParentOp());
  if (!function || !block->isEntryBlock())
    return Origin::Computed;
  auto isMarked = [&](unsigned i) {
    return static_cast<bool>(
        function.getArgAttr(i, ZqDialect::kWeightAttrName));
  };
  if (isMarked(argument.getArgNumber()))
    return Origin::Parameter;
  for (unsigned i = 0; i < function.getNumArguments(); ++i)
    if (isMarked(i))
      return Origin::Computed;
  return Origin::Argument;
}

Origin Origin::of(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (op->hasTrait<OpTrait::ConstantLike>() ||
        isa<WeightOp, ml_program::GlobalLoadConstOp>(op))
      return {Constant, value};
    if (!isa<tensor::CollapseShapeOp, tensor::ExpandShapeOp, tensor::ReshapeOp,
             tensor::CastOp, tensor::ExtractSliceOp, arith::ExtFOp,
             arith::TruncFOp>(op) &&
        !isElementMove(dyn_cast<linalg::LinalgOp>(op)))
      return {Computed, value};
    value = op->getOperand(0);
  }
  return {classify(cast<BlockArgument>(value)), value};
}

bool Origin::isMatrix() const {
  auto type = dyn_cast<RankedTensorType>(root.getType());
  return type && (type.getRank() == 2 ||
                  llvm::count_if(type.getShape(),
                                 [](int64_t size) { return size != 1; }) == 2);
}

//===----------------------------------------------------------------------===//
// Roles
//===----------------------------------------------------------------------===//

static SmallVector<int> getAllLoops(const LoopView &view) {
  SmallVector<int> loops;
  for (Axis axis : view.axes)
    if (axis.loop != Axis::kNone)
      loops.push_back(axis.loop);
  return loops;
}

namespace {
/// One factor, as a weight.
struct Candidate {
  LoopView operand;
  Origin origin;
  /// The views that depend on no row of the result, nearest first.
  SmallVector<LoopView> views;
  SmallVector<int> n;
  std::string reason; ///< why it is no weight
};
} // namespace

/// Whether a view has exactly `loops`, but for loops of size 1.
static bool hasLoops(const LoopView &view, ArrayRef<int> loops,
                     const Contraction &contraction) {
  std::optional<SmallVector<int>> found = view.getLoops();
  if (!found)
    return false;
  auto isLarge = [&](int loop) { return !contraction.isUnit(loop); };
  for (int loop : loops)
    if (isLarge(loop) && !llvm::is_contained(*found, loop))
      return false;
  return llvm::all_of(*found, [&](int loop) {
    return !isLarge(loop) || llvm::is_contained(loops, loop);
  });
}

static std::string describe(const Origin &origin) {
  if (Operation *op = origin.root.getDefiningOp())
    return "is computed by '" + op->getName().getStringRef().str() + "'";
  Block *block = cast<BlockArgument>(origin.root).getOwner();
  Operation *parent = block->getParentOp();
  if (block->isEntryBlock() && isa_and_present<FunctionOpInterface>(parent))
    return "is an argument that is not marked zq.weight, as others are";
  return "changes inside '" + parent->getName().getStringRef().str() + "'";
}

static Candidate getCandidate(const Contraction &contraction,
                              const LoopView &operand, const LoopView &other,
                              ArrayRef<int> k) {
  Candidate candidate{operand, Origin::of(operand.value), {}, {}, {}};
  SmallVector<int> otherLoops = getAllLoops(other);
  SmallVector<int> own = getAllLoops(operand);
  for (int loop : getAllLoops(contraction.init))
    if (llvm::is_contained(own, loop) && !llvm::is_contained(otherLoops, loop))
      candidate.n.push_back(loop);

  if (candidate.origin.kind == Origin::Computed) {
    candidate.reason = describe(candidate.origin);
    return candidate;
  }
  if (candidate.n.empty()) {
    candidate.reason = "is a vector, not N x K";
    return candidate;
  }
  SmallVector<int> loops = candidate.n;
  llvm::append_range(loops, k);
  for (int loop : loops) {
    if (ShapedType::isDynamic(contraction.loopSizes[loop])) {
      candidate.reason = "has a dynamic shape";
      return candidate;
    }
  }
  for (const LoopView &view : getViews(operand))
    if (hasLoops(view, loops, contraction))
      candidate.views.push_back(view);
  if (candidate.views.empty())
    candidate.reason = "is another matrix for each batch";
  return candidate;
}

/// Whether `a` rather than `b` is the weight where both can be.
static bool isPreferred(const Candidate &a, const Candidate &b) {
  if (a.origin.kind != b.origin.kind)
    return a.origin.kind > b.origin.kind;
  return a.origin.isMatrix() && !b.origin.isMatrix();
}

static unsigned getWidth(const LoopView &view) {
  return view.getType().getElementTypeBitWidth();
}

/// The input: extended from the weight's type if it can be, then such that its
/// dimensions are in order already, then the nearest.
static LoopView chooseInput(const Contraction &contraction,
                            const LoopView &operand, ArrayRef<int> rows,
                            ArrayRef<int> k, Type weightType) {
  SmallVector<int> loops(rows);
  llvm::append_range(loops, k);
  SmallVector<int> largeRows;
  for (int loop : rows)
    if (!contraction.isUnit(loop))
      largeRows.push_back(loop);

  std::optional<LoopView> best;
  auto rank = [&](const LoopView &view) {
    bool inOrder = ArrayRef(*view.getLoops()).take_front(largeRows.size()) ==
                   ArrayRef(largeRows);
    return std::pair(view.getType().getElementType() == weightType, inOrder);
  };
  for (const LoopView &view : getViews(operand)) {
    if (!hasLoops(view, loops, contraction))
      continue;
    Type type = view.getType().getElementType();
    if (type != operand.getType().getElementType() && type != weightType)
      continue;
    if (!best || rank(view) > rank(*best))
      best = view;
  }
  assert(best && "the operand is a view of itself");
  return *best;
}

/// The weight: in its narrowest type, then as N x K already, then the farthest,
/// which is past what the others would need.
static LoopView chooseWeight(const Contraction &contraction,
                             ArrayRef<LoopView> views, ArrayRef<int> n,
                             ArrayRef<int> k) {
  SmallVector<int> order;
  for (int loop : llvm::concat<const int>(n, k))
    if (!contraction.isUnit(loop))
      order.push_back(loop);
  const LoopView *best = nullptr;
  auto rank = [&](const LoopView &view) {
    return std::pair(-static_cast<int>(getWidth(view)),
                     *view.getLoops() == order);
  };
  for (const LoopView &view : views)
    if (!best || rank(view) >= rank(*best))
      best = &view;
  return *best;
}

/// The loops that are summed over, or nothing with a reason.
static std::optional<SmallVector<int>>
getReduction(const Contraction &contraction, std::string &reason) {
  SmallVector<int> lhs = getAllLoops(contraction.lhs);
  SmallVector<int> rhs = getAllLoops(contraction.rhs);
  SmallVector<int> out = getAllLoops(contraction.init);
  SmallVector<int> k;
  int64_t size = 1;
  for (int loop = 0, e = contraction.loopSizes.size(); loop < e; ++loop) {
    bool inLhs = llvm::is_contained(lhs, loop);
    bool inRhs = llvm::is_contained(rhs, loop);
    if (llvm::is_contained(out, loop)) {
      if (!inLhs && !inRhs && !contraction.isUnit(loop)) {
        reason = "its result is broadcast";
        return std::nullopt;
      }
      continue;
    }
    if (inLhs != inRhs && !contraction.isUnit(loop)) {
      reason = "it sums over a dimension that only one factor has";
      return std::nullopt;
    }
    if (contraction.loopSizes[loop] != 1)
      size = contraction.loopSizes[loop];
    if (inLhs && inRhs)
      k.push_back(loop);
  }
  if (size == 1 || k.empty()) {
    reason = "it is an outer product (K = 1)";
    return std::nullopt;
  }
  return k;
}

std::optional<Roles> zq::chooseRoles(const Contraction &contraction,
                                     std::string &reason) {
  std::optional<SmallVector<int>> k = getReduction(contraction, reason);
  if (!k)
    return std::nullopt;
  Candidate lhs =
      getCandidate(contraction, contraction.lhs, contraction.rhs, *k);
  Candidate rhs =
      getCandidate(contraction, contraction.rhs, contraction.lhs, *k);
  if (lhs.views.empty() && rhs.views.empty()) {
    reason = "it has no weight: the left factor " + lhs.reason +
             ", the right factor " + rhs.reason;
    return std::nullopt;
  }
  // Ties go to the right-hand side.
  bool isRhs =
      lhs.views.empty() || (!rhs.views.empty() && !isPreferred(lhs, rhs));
  const Candidate &weight = isRhs ? rhs : lhs;
  const LoopView &input = isRhs ? contraction.lhs : contraction.rhs;
  for (int loop : llvm::concat<const int>(weight.n, *k))
    if (contraction.loopSizes[loop] == 0) {
      reason = "its weight has no elements";
      return std::nullopt;
    }

  Roles roles;
  roles.n = weight.n;
  for (int loop : getAllLoops(contraction.init))
    if (!llvm::is_contained(weight.n, loop))
      roles.rows.push_back(loop);
  const LoopView *narrowest = &weight.views.front();
  for (const LoopView &view : weight.views)
    if (getWidth(view) < getWidth(*narrowest))
      narrowest = &view;
  roles.input = chooseInput(contraction, input, roles.rows, *k,
                            narrowest->getType().getElementType());
  // K in the order of the input, which costs more to transpose.
  for (Axis axis : roles.input.axes)
    if (llvm::is_contained(*k, axis.loop))
      roles.k.push_back(axis.loop);
  for (int loop : *k)
    if (!llvm::is_contained(roles.k, loop))
      roles.k.push_back(loop);
  roles.weight = chooseWeight(contraction, weight.views, roles.n, roles.k);
  return roles;
}
