//===- ConstrainScales.cpp - scales of weights to steps below an anchor ---===//
//
// Types of decisions get a constraint (M1, M2 or M3), and so do their users; no
// weight is read. Materialization then finds scales that keep to it.
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LayerRules.h"

#include "dialects/Zq/Zq.h"
#include "zq/Transforms/Decide/Passes.h"
#include "zq/Transforms/Remarks.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/ADT/TypeSwitch.h"

namespace zq {
#define GEN_PASS_DEF_CONSTRAINSCALESPASS
#include "zq/Transforms/Decide/Passes.h.inc"
} // namespace zq

using namespace mlir;
using namespace zq;

namespace {
/// How the scales of one weight are constrained.
struct ScaleChoice {
  enum Constraint : uint8_t { None, M1, M2, M3 };
  Constraint constraint = M2;
  std::string rounding; ///< "": the default
  bool anchorSearch = false;
  int64_t maxShift = -1; ///< -1: the format's

  LogicalResult set(StringRef key, StringRef value, EmitError emitError);
  /// What the settings say together.
  LogicalResult verify(EmitError emitError) const;

  StringRef getRounding() const {
    if (!rounding.empty())
      return rounding;
    return constraint == M1 ? "ceil" : "nearest";
  }
  bool hasMultipliers() const { return constraint == M3; }
  /// Not for None.
  Attribute getAttr(MLIRContext *context, unsigned lastShift) const {
    if (constraint == M3)
      return StepScaleAttr::get(context, lastShift);
    return Pow2ScaleAttr::get(
        context, constraint == M1 ? AnchorKind::Pow2 : AnchorKind::Row,
        lastShift);
  }
};
} // namespace

LogicalResult ScaleChoice::set(StringRef key, StringRef value,
                               EmitError emitError) {
  auto emitWanted = [&](StringRef wanted) {
    return emitError() << key << " is '" << value << "', want " << wanted;
  };
  if (key == "constraint") {
    std::optional<Constraint> named =
        llvm::StringSwitch<std::optional<Constraint>>(value)
            .Case("none", None)
            .Case("m1", M1)
            .Case("m2", M2)
            .Case("m3", M3)
            .Default(std::nullopt);
    if (!named)
      return emitWanted("m1, m2, m3 or none");
    constraint = *named;
    return success();
  }
  if (key == "rounding") {
    if (!llvm::is_contained({"", "ceil", "floor", "nearest", "mse"}, value))
      return emitWanted("ceil, floor, nearest or mse");
    rounding = value.str();
    return success();
  }
  if (key == "anchor-search") {
    if (value != "true" && value != "false")
      return emitWanted("true or false");
    anchorSearch = value == "true";
    return success();
  }
  assert(key == "max-shift" && "a key that belongs to another pass");
  if (value.getAsInteger(10, maxShift) || maxShift < -1 || maxShift > 31)
    return emitWanted("0 to the largest of the format, or -1 for the default");
  return success();
}

LogicalResult ScaleChoice::verify(EmitError emitError) const {
  if (anchorSearch && constraint == M1)
    return emitError() << "anchor-search is true and constraint is 'm1', whose "
                          "anchors are powers of two: want constraint 'm2' or "
                          "'m3'";
  return success();
}

/// Whether `user` takes the decision's values as they are, so that it can take
/// others; `weight` and `scales` are its operands for them.
static bool takesDecision(QuantizeWeightOp op, Value weight,
                          OperandRange scales) {
  return weight == op.getQuantized() &&
         llvm::equal(scales, op.getScales(),
                     [](Value a, Value b) { return a == b; });
}

/// The first user whose operand types cannot change with the decision's.
static Operation *findFixedUser(QuantizeWeightOp op) {
  for (Operation *user : op->getUsers()) {
    bool canChange =
        llvm::TypeSwitch<Operation *, bool>(user)
            .Case<QuantizedLinearOp>([&](auto user) {
              return takesDecision(op, user.getWeight(), user.getScales());
            })
            .Case<DequantizeOp, LowRankOp>([&](auto user) {
              return takesDecision(op, user.getQuantized(), user.getScales());
            })
            .Default(false);
    if (!canChange)
      return user;
  }
  return nullptr;
}

/// Before:  %q, %s = zq.quantize_weight %w            : ... scale = #zq.free
/// After:   %q, %anchors, %shifts = zq.quantize_weight %w {shift = "nearest"}
///                                                    : ... scale =
///                                                    #zq.pow2<..>, or
///                                                    #zq.step<..>
static void constrainScales(QuantizeWeightOp op, const ScaleChoice &choice,
                            int64_t maxShift) {
  OpBuilder builder(op);
  QuantizedType free = op.getQuantizedType();
  RankedTensorType weight = op.getWeight().getType();
  auto element = QuantizedType::get(op.getContext(), free.getFormat(),
                                    free.getExpressed(), free.getBlockShape(),
                                    choice.getAttr(op.getContext(), maxShift));
  auto constrained = QuantizeWeightOp::create(
      builder, op.getLoc(), RankedTensorType::get(weight.getShape(), element),
      element.getScaleTypes(weight.getShape()), op.getWeight(), op.getClip(),
      builder.getStringAttr(choice.getRounding()), choice.anchorSearch,
      op.getNameAttr());
  for (Operation *user :
       llvm::make_early_inc_range(op.getQuantized().getUsers())) {
    llvm::TypeSwitch<Operation *>(user)
        .Case<QuantizedLinearOp, DequantizeOp, LowRankOp>([&](auto user) {
          user.getScalesMutable().assign(constrained.getScales());
        });
  }
  op.getQuantized().replaceAllUsesWith(constrained.getQuantized());
  op.erase();
}

namespace {
struct ConstrainScalesPass
    : public zq::impl::ConstrainScalesPassBase<ConstrainScalesPass> {
  using ConstrainScalesPassBase::ConstrainScalesPassBase;

  LogicalResult initialize(MLIRContext *context) override {
    ScaleChoice defaults;
    auto emitOptionError = [&]() {
      return emitError(UnknownLoc::get(context)) << getArgument() << ": ";
    };
    if (failed(defaults.set("constraint", constraint, emitOptionError)) ||
        failed(defaults.set("rounding", rounding, emitOptionError)) ||
        failed(defaults.set("max-shift", std::to_string(maxShift),
                            emitOptionError)))
      return failure();
    defaults.anchorSearch = anchorSearch;
    if (failed(defaults.verify(emitOptionError)))
      return failure();
    return choices.initialize(getArgument(), defaults, rules, rulesFile,
                              emitOptionError);
  }

  void runOnOperation() override {
    llvm::SmallBitVector matched;
    SmallVector<QuantizeWeightOp> decisions;
    getOperation()->walk([&](Operation *op) {
      if (auto decision = dyn_cast<QuantizeWeightOp>(op))
        decisions.push_back(decision);
      else if (auto cast = dyn_cast<StorageCastOp>(op))
        remarkMaterialized(cast);
    });
    for (QuantizeWeightOp op : decisions)
      if (failed(constrain(op, matched)))
        return signalPassFailure();
    choices.warnUnmatched(matched, getOperation().getLoc());
  }

private:
  LogicalResult constrain(QuantizeWeightOp op, llvm::SmallBitVector &matched) {
    auto emitLayerError = [&]() {
      return op.emitOpError("'") << getLayerName(op) << "': ";
    };
    ScaleChoice choice = choices.get(getLayerName(op), matched);
    if (failed(choice.verify(emitLayerError)))
      return failure();
    if (choice.constraint == ScaleChoice::None) {
      remarkMissed(op, getArgument())
          << remark::reason("constraint is none, scales stay free");
      return success();
    }
    if (!isa<FreeScaleAttr>(op.getQuantizedType().getScale())) {
      remarkMissed(op, getArgument())
          << remark::reason("scales are constrained already");
      return success();
    }
    if (Operation *user = findFixedUser(op)) {
      remarkMissed(op, getArgument())
          << remark::reason("{0} uses the decision and fixes its types",
                            user->getName().getStringRef().str());
      return success();
    }
    Type formatType = op.getQuantizedType().getFormat();
    Format format = *zq::getFormat(formatType);
    if (!isFourBit(format)) {
      remarkMissed(op, getArgument())
          << remark::reason("8-bit weights keep free scales: there is no cast "
                            "that constrained ones could move into");
      return success();
    }
    // Weights are cast to E4M3 whatever the activations are.
    std::optional<ShiftWindow> window =
        getScaleWindow(format, Format::E4M3, choice.hasMultipliers());
    if (!window)
      return emitLayerError()
             << "constraint is 'm3', but " << formatType
             << " times 1.25 or 1.5 is not exact in f8E4M3FN: want m1, m2 or "
                "none, or weight-format e2m1 or e3m0";
    if (choice.maxShift > window->maxShift)
      return emitLayerError()
             << "max-shift is " << choice.maxShift << ", but " << formatType
             << (choice.hasMultipliers() ? " times 1, 1.25 and 1.5" : "")
             << " is exact in f8E4M3FN only for shifts up to "
             << window->maxShift;
    constrainScales(op, choice,
                    choice.maxShift < 0 ? window->maxNormalShift
                                        : choice.maxShift);
    ++numConstrained;
    return success();
  }

  void remarkMaterialized(StorageCastOp op) {
    auto element =
        cast<QuantizedType>(op.getQuantized().getType().getElementType());
    if (isa<FreeScaleAttr>(element.getScale()))
      remarkMissed(op, getArgument()) << remark::reason(
          "the weight is materialized with free scales; constrain them before "
          "zq-materialize-weights");
  }

  LayerChoices<ScaleChoice> choices;
};
} // namespace
