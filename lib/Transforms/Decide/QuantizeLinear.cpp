//===- QuantizeLinear.cpp - decide format and groups of layers ------------===//
//
// zq.linear -> zq.quantize_weight, zq.quantize_activation, zq.quantized_linear.
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LayerRules.h"

#include "dialects/Zq/Zq.h"
#include "zq/Transforms/Compensation.h"
#include "zq/Transforms/Decide/Passes.h"
#include "zq/Transforms/Remarks.h"
#include "zq/Transforms/WeightSource.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/MapVector.h"

namespace zq {
#define GEN_PASS_DEF_QUANTIZELINEARPASS
#include "zq/Transforms/Decide/Passes.h.inc"
} // namespace zq

using namespace mlir;
using namespace zq;

namespace {
/// What is decided for one layer.
struct LinearChoice {
  bool skip = false;
  std::optional<Format> weightFormat = Format::E2M1; ///< nullopt: stays float
  Format activationFormat = Format::E4M3;
  int64_t groupSize = 128; ///< 0 is the whole row
  std::string clip = "absmax";

  LogicalResult set(StringRef key, StringRef value, EmitError emitError);
};
} // namespace

/// The 8-bit formats that weights and activations may have.
static bool isEightBitChoice(Format format) {
  return format == Format::E4M3 || format == Format::E5M2 ||
         format == Format::INT8;
}

static LogicalResult emitWanted(EmitError emitError, StringRef key,
                                StringRef found, StringRef wanted) {
  return emitError() << key << " is '" << found << "', want " << wanted;
}

LogicalResult LinearChoice::set(StringRef key, StringRef value,
                                EmitError emitError) {
  if (key == "skip") {
    if (value != "true" && value != "false")
      return emitWanted(emitError, key, value, "true or false");
    skip = value == "true";
    return success();
  }
  if (key == "weight-format") {
    std::optional<Format> format = parseFormat(value);
    if (value != "none" &&
        (!format || (!isFourBit(*format) && !isEightBitChoice(*format))))
      return emitWanted(emitError, key, value,
                        "e2m1, e3m0, e1m2, int4, e4m3, e5m2, int8 or none");
    weightFormat = format;
    return success();
  }
  if (key == "activation-format") {
    std::optional<Format> format = parseFormat(value);
    if (!format || !isEightBitChoice(*format))
      return emitWanted(emitError, key, value, "e4m3, e5m2 or int8");
    activationFormat = *format;
    return success();
  }
  if (key == "group-size") {
    if (value == "row" || value == "0") {
      groupSize = 0;
      return success();
    }
    if (value.getAsInteger(10, groupSize) ||
        !llvm::is_contained({32, 64, 128, 256}, groupSize))
      return emitWanted(emitError, key, value, "32, 64, 128, 256 or row");
    return success();
  }
  assert(key == "clip" && "a key that belongs to another pass");
  if (value != "absmax" && value != "search")
    return emitWanted(emitError, key, value, "absmax or search");
  clip = value.str();
  return success();
}

/// `type` with the element type `element`.
static RankedTensorType withElement(RankedTensorType type, Type element) {
  return RankedTensorType::get(type.getShape(), element);
}

/// Before:  %w
/// After:   %q, %s = zq.quantize_weight %w
static QuantizeWeightOp decideWeight(OpBuilder &builder, LinearOp op,
                                     const LinearChoice &choice) {
  MLIRContext *context = op.getContext();
  RankedTensorType weight = op.getWeight().getType();
  // A group never reaches past its row, so that a type says what is there.
  int64_t k = weight.getDimSize(1);
  int64_t group =
      choice.groupSize == 0 ? k : std::min<int64_t>(choice.groupSize, k);
  auto element = QuantizedType::get(
      context, zq::getFormatType(context, *choice.weightFormat),
      weight.getElementType(), {1, group}, FreeScaleAttr::get(context));
  return QuantizeWeightOp::create(
      builder, op.getLoc(), withElement(weight, element),
      element.getScaleTypes(weight.getShape()), op.getWeight(), choice.clip,
      /*shift=*/StringAttr(), /*anchor_search=*/false, op.getNameAttr());
}

/// Before:  %y = zq.linear %x, %w bias(%b)
/// After:   %q, %s = zq.quantize_weight %w
///          %x8, %sx = zq.quantize_activation %x
///          %y = zq.quantized_linear %x8 scale(%sx), %q scales(%s) bias(%b)
/// or, where the weight stays float,
///          %y = zq.quantized_linear %x8 scale(%sx), %w bias(%b)
static void quantizeLinear(LinearOp op, const LinearChoice &choice) {
  OpBuilder builder(op);
  Location loc = op.getLoc();
  MLIRContext *context = op.getContext();
  RankedTensorType input = op.getInput().getType();

  Value weight = op.getWeight();
  ValueRange scales;
  if (choice.weightFormat) {
    QuantizeWeightOp decision = decideWeight(builder, op, choice);
    weight = decision.getQuantized();
    scales = decision.getScales();
  }
  auto activation = QuantizeActivationOp::create(
      builder, loc,
      withElement(input, zq::getFormatType(context, choice.activationFormat)),
      RankedTensorType::get(input.getShape().drop_back(), builder.getF32Type()),
      op.getInput());
  auto linear = QuantizedLinearOp::create(
      builder, loc, op.getOutput().getType(), activation.getQuantized(),
      activation.getScale(), weight, scales, op.getBias(),
      /*residual=*/Value(), op.getNameAttr());
  linear->setDiscardableAttrs(op->getDiscardableAttrDictionary());
  op.replaceAllUsesWith(linear.getOutput());
  op.erase();
}

namespace {
struct QuantizeLinearPass
    : public zq::impl::QuantizeLinearPassBase<QuantizeLinearPass> {
  using QuantizeLinearPassBase::QuantizeLinearPassBase;

  LogicalResult initialize(MLIRContext *context) override {
    LinearChoice defaults;
    auto emitOptionError = [&]() {
      return emitError(UnknownLoc::get(context)) << getArgument() << ": ";
    };
    if (failed(defaults.set("weight-format", weightFormat, emitOptionError)) ||
        failed(defaults.set("activation-format", activationFormat,
                            emitOptionError)) ||
        failed(defaults.set("group-size", groupSize, emitOptionError)) ||
        failed(defaults.set("clip", clip, emitOptionError)))
      return failure();
    return choices.initialize(getArgument(), defaults, rules, rulesFile,
                              emitOptionError);
  }

  void runOnOperation() override {
    llvm::SmallBitVector matched;
    SmallVector<LinearOp> linears;
    // Found before the first layer changes: what stands beside a layer that is
    // still float is a layer of the model.
    llvm::SmallDenseSet<Operation *> compensations;
    getOperation()->walk([&](Operation *op) {
      if (auto linear = dyn_cast<LinearOp>(op))
        linears.push_back(linear);
      else if (auto quantized = dyn_cast<QuantizedLinearOp>(op))
        if (auto compensation = findCompensation(quantized)) {
          compensations.insert(compensation->down);
          compensations.insert(compensation->up);
        }
    });
    unsigned numUnreadable = 0;
    std::string firstUnreadable;
    llvm::MapVector<Operation *, unsigned> numCompensations; // of functions
    for (LinearOp op : linears) {
      LinearChoice choice = choices.get(getLayerName(op), matched);
      if (compensations.contains(op)) {
        ++numCompensations[op->getParentOfType<FunctionOpInterface>()];
        ++numLeft;
        continue;
      }
      if (std::optional<std::string> reason = findReasonToLeave(op, choice)) {
        remarkMissed(op, getArgument()) << remark::reason("{0}", *reason);
        ++numLeft;
        if (!choice.skip && !numUnreadable++)
          firstUnreadable = ("'" + getLayerName(op) + "': " + *reason).str();
        continue;
      }
      quantizeLinear(op, choice);
      ++numQuantized;
    }
    choices.warnUnmatched(matched, getOperation().getLoc());
    // Two of each layer: one line for all of a function.
    for (auto [function, count] : numCompensations)
      remarkAnalysis(function ? function : getOperation(), getArgument())
          << remark::reason("{0} linears compensate quantized layers (LoRC)",
                            count);
    // Remarks are off unless asked for; what nobody chose is said regardless.
    if (numUnreadable)
      emitWarning(getOperation().getLoc())
          << numUnreadable << " of " << linears.size()
          << " linear layers stay in float, the first, " << firstUnreadable
          << "; zq-opt --remarks-filter-missed=zq names each";
  }

private:
  static std::optional<std::string>
  findReasonToLeave(LinearOp op, const LinearChoice &choice) {
    if (choice.skip)
      return "a rule skips this layer";
    if (!choice.weightFormat)
      return std::nullopt;
    if (Result<WeightSource> source = WeightSource::resolve(op.getWeight());
        !source)
      return "its weight " + source.message();
    return std::nullopt;
  }

  LayerChoices<LinearChoice> choices;
};
} // namespace
