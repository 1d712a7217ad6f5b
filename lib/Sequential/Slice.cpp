//===- Slice.cpp - a stage up to some of its values -----------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Slice.h"

#include "zq/Transforms/Compensation.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/MapVector.h"

using namespace mlir;
using namespace zq;

namespace {
class SliceBuilder {
public:
  explicit SliceBuilder(const Stage &stage)
      : stage(stage), source(stage.function), builder(source.getContext()) {}

  Slice build(ArrayRef<Value> known, ArrayRef<SliceValue> values);

private:
  void addStreams(ArrayRef<Value> known);
  void eraseUnusedStreams();
  Value cloneConstant(Value value, IRMapping &mapping);
  void cloneBody(Side side, IRMapping &mapping);
  bool cloneAsFloat(Operation &op, IRMapping &mapping);
  void eraseDead();
  void addParameters();
  BlockArgument getParameter(Operation *original, unsigned result, Type type);

  const Stage &stage;
  func::FuncOp source;
  OpBuilder builder;
  Slice slice;
  func::FuncOp function;
  IRMapping mappings[2];
  /// Where clones of what becomes parameters come from.
  llvm::DenseMap<Operation *, Operation *> originals;
  llvm::MapVector<std::pair<Operation *, unsigned>, BlockArgument> arguments;
};
} // namespace

static bool isParameter(Operation *op) {
  return isa<WeightOp, QuantizeWeightOp, LowRankOp>(op);
}

/// A value of the entry that depends on no activations, computed in the slice.
Value SliceBuilder::cloneConstant(Value value, IRMapping &mapping) {
  if (Value known = mapping.lookupOrNull(value))
    return known;
  Operation *op = value.getDefiningOp();
  for (Value operand : op->getOperands())
    cloneConstant(operand, mapping);
  Operation *clone = builder.clone(*op, mapping);
  if (isParameter(op))
    originals[clone] = op;
  return mapping.lookup(value);
}

/// Operands of the call that are activations, and what is known of the
/// function, become arguments; other operands are computed again.
void SliceBuilder::addStreams(ArrayRef<Value> known) {
  Block &body = function.front();
  auto addStream = [&](Value value, Side side) -> Value {
    slice.streams.push_back({value, side});
    return body.addArgument(value.getType(), value.getLoc());
  };
  for (Side side : {Side::Float, Side::Quantized}) {
    IRMapping &mapping = mappings[side == Side::Quantized];
    IRMapping entryValues;
    for (auto [operand, argument] :
         llvm::zip_equal(stage.operands, source.getArguments())) {
      bool isStream = isa<BlockArgument>(operand) ||
                      isa<func::CallOp>(operand.getDefiningOp());
      if (isStream && !entryValues.contains(operand))
        entryValues.map(operand, addStream(operand, side));
      mapping.map(argument, cloneConstant(operand, entryValues));
    }
    for (Value value : known)
      mapping.map(value, addStream(value, side));
  }
}

/// Takes out those that nothing reads.
void SliceBuilder::eraseUnusedStreams() {
  Block &body = function.front();
  for (unsigned i = body.getNumArguments(); i-- > 0;)
    if (body.getArgument(i).use_empty()) {
      body.eraseArgument(i);
      slice.streams.erase(slice.streams.begin() + i);
    }
}

/// Undoes a decision: clones what it stands for in the float model. Whether
/// `op` belongs to one.
bool SliceBuilder::cloneAsFloat(Operation &op, IRMapping &mapping) {
  if (isa<QuantizeActivationOp, QuantizeWeightOp, LowRankOp>(op))
    return true;
  if (auto linear = dyn_cast<QuantizedLinearOp>(op)) {
    // Where only activations are quantized there is no decision.
    Value weight = linear.getWeight();
    if (auto decision = weight.getDefiningOp<QuantizeWeightOp>())
      weight = decision.getWeight();
    auto activation = linear.getInput().getDefiningOp<QuantizeActivationOp>();
    Value bias = linear.getBias();
    auto clone = LinearOp::create(
        builder, linear.getLoc(), linear.getOutput().getType(),
        mapping.lookup(activation.getInput()), mapping.lookup(weight),
        bias ? mapping.lookup(bias) : Value(), StringAttr());
    mapping.map(linear.getOutput(), clone.getOutput());
    return true;
  }
  // LoRC: the two linears are left out, and the sum is what they are added to.
  if (auto linear = dyn_cast<LinearOp>(op)) {
    if (linear.getWeight().getDefiningOp<LowRankOp>())
      return true;
  } else if (auto sum = dyn_cast<arith::AddFOp>(op)) {
    for (auto [operand, other] : {std::pair(sum.getLhs(), sum.getRhs()),
                                  std::pair(sum.getRhs(), sum.getLhs())})
      if (auto up = other.getDefiningOp<LinearOp>())
        if (up.getWeight().getDefiningOp<LowRankOp>()) {
          mapping.map(sum.getResult(), mapping.lookup(operand));
          return true;
        }
  }
  return false;
}

void SliceBuilder::cloneBody(Side side, IRMapping &mapping) {
  for (Operation &op : source.front().without_terminator()) {
    bool isKnown = op.getNumResults() != 0 &&
                   llvm::all_of(op.getResults(), [&](Value result) {
                     return mapping.contains(result);
                   });
    if (isKnown)
      continue;
    if (side == Side::Float && cloneAsFloat(op, mapping))
      continue;
    Operation *clone = builder.clone(op, mapping);
    if (isParameter(&op))
      originals[clone] = &op;
    // Names would tell alike blocks apart.
    if (isa<LinearOp, QuantizedLinearOp>(clone))
      clone->removeAttr("name");
  }
}

void SliceBuilder::eraseDead() {
  for (Operation &op :
       llvm::make_early_inc_range(llvm::reverse(function.front())))
    if (isOpTriviallyDead(&op)) {
      originals.erase(&op);
      op.erase();
    }
}

BlockArgument SliceBuilder::getParameter(Operation *original, unsigned result,
                                         Type type) {
  BlockArgument &argument = arguments[{original, result}];
  if (!argument) {
    argument = function.front().addArgument(type, original->getLoc());
    slice.parameters.push_back({original, result});
  }
  return argument;
}

/// Weights that are used in F32 come as such, and are not widened by each call.
static bool isWidened(Operation *op) {
  return isa<WeightOp>(op) && llvm::all_of(op->getUsers(), [](Operation *user) {
           return isa<arith::ExtFOp>(user) &&
                  getElementTypeOrSelf(user->getResult(0)).isF32();
         });
}

/// Before:  %w = zq.weight ...; %f = arith.extf %w
///          %q, %s = zq.quantize_weight %v
/// After:   %f, %s: arguments
///          %q = zq.storage_cast %codes: an argument
void SliceBuilder::addParameters() {
  SmallVector<Operation *> ops;
  for (Operation &op : function.front())
    if (isParameter(&op))
      ops.push_back(&op);
  for (Operation *op : ops) {
    Operation *original = originals.lookup(op);
    if (isWidened(op)) {
      for (Operation *user : llvm::make_early_inc_range(op->getUsers())) {
        user->getResult(0).replaceAllUsesWith(
            getParameter(original, 0, user->getResult(0).getType()));
        user->erase();
      }
      op->erase();
      continue;
    }
    for (OpResult result : op->getResults()) {
      if (result.use_empty())
        continue;
      unsigned number = result.getResultNumber();
      auto type = cast<RankedTensorType>(result.getType());
      if (!isa<QuantizeWeightOp>(op) || number != 0) {
        result.replaceAllUsesWith(getParameter(original, number, type));
        continue;
      }
      auto storage = RankedTensorType::get(
          {type.getDimSize(0), cast<QuantizedType>(type.getElementType())
                                   .getRowBytes(type.getDimSize(1))},
          builder.getI8Type());
      builder.setInsertionPoint(op);
      result.replaceAllUsesWith(StorageCastOp::create(
          builder, op->getLoc(), type, getParameter(original, 0, storage)));
    }
    op->erase();
  }
}

Slice SliceBuilder::build(ArrayRef<Value> known, ArrayRef<SliceValue> values) {
  Location loc = source.getLoc();
  slice.module = ModuleOp::create(builder.getUnknownLoc());
  builder.setInsertionPointToEnd(slice.module->getBody());
  function = func::FuncOp::create(builder, loc, kSliceName,
                                  builder.getFunctionType({}, {}));
  builder.setInsertionPointToStart(function.addEntryBlock());
  addStreams(known);
  cloneBody(Side::Float, mappings[0]);
  cloneBody(Side::Quantized, mappings[1]);
  SmallVector<Value> results;
  for (const SliceValue &value : values)
    results.push_back(
        mappings[value.side == Side::Quantized].lookup(value.value));
  func::ReturnOp::create(builder, loc, results);
  eraseDead();
  eraseUnusedStreams();
  addParameters();
  eraseDead();
  function.setType(builder.getFunctionType(function.front().getArgumentTypes(),
                                           TypeRange(results)));
  return std::move(slice);
}

Slice zq::buildSlice(const Stage &stage, ArrayRef<Value> known,
                     ArrayRef<SliceValue> values) {
  return SliceBuilder(stage).build(known, values);
}
