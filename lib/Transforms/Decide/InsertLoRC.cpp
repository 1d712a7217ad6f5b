//===- InsertLoRC.cpp - low-rank compensation beside quantized linears ----===//
//
// Two small float linears, the factors of the weight's error, stand beside each
// quantized one, and an add behind them: plain IR, which kernels fuse later.
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

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/BuiltinOps.h"

namespace zq {
#define GEN_PASS_DEF_INSERTLORCPASS
#include "zq/Transforms/Decide/Passes.h.inc"
} // namespace zq

using namespace mlir;
using namespace zq;

namespace {
/// The compensation of one layer.
struct LoRCChoice {
  int64_t rank = 8;
  bool bf16 = false; ///< factors in BF16, not in the weight's own type

  LogicalResult set(StringRef key, StringRef value, EmitError emitError);
};

/// A quantized linear, and what its compensation is made from.
struct Layer {
  QuantizedLinearOp linear;
  QuantizeWeightOp decision;
  QuantizeActivationOp activation;
};
} // namespace

LogicalResult LoRCChoice::set(StringRef key, StringRef value,
                              EmitError emitError) {
  if (key == "rank") {
    if (value.getAsInteger(10, rank) || rank < 0)
      return emitError() << key << " is '" << value
                         << "', want 0 (none) or a rank";
    return success();
  }
  assert(key == "factor-type" && "a key that belongs to another pass");
  if (value != "expressed" && value != "bf16")
    return emitError() << key << " is '" << value
                       << "', want expressed or bf16";
  bf16 = value == "bf16";
  return success();
}

/// `type` with the last dimension `size`.
static RankedTensorType withLastDim(RankedTensorType type, int64_t size) {
  SmallVector<int64_t> shape(type.getShape());
  shape.back() = size;
  return RankedTensorType::get(shape, type.getElementType());
}

/// Before:  %y = zq.quantized_linear %x8 scale(%sx), %q scales(%s)
/// After:   %y = zq.quantized_linear %x8 scale(%sx), %q scales(%s)
///          %down, %up = zq.low_rank_compensation %w, %q scales(%s) {rank = 8}
///          %t = zq.linear %x, %down
///          %c = zq.linear %t, %up
///          %z = arith.addf %y, %c
static void insertLoRC(Layer layer, const LoRCChoice &choice) {
  QuantizedLinearOp op = layer.linear;
  OpBuilder builder(op->getContext());
  builder.setInsertionPointAfter(op);
  Location loc = op.getLoc();
  StringAttr name = op.getNameAttr();
  auto getPartName = [&](StringRef part) {
    return name ? builder.getStringAttr(name.getValue() + part) : StringAttr();
  };

  RankedTensorType weight = layer.decision.getWeight().getType();
  Type element =
      choice.bf16 ? builder.getBF16Type() : Type(weight.getElementType());
  auto factors = LowRankOp::create(
      builder, loc,
      RankedTensorType::get({choice.rank, weight.getDimSize(1)}, element),
      RankedTensorType::get({weight.getDimSize(0), choice.rank}, element),
      layer.decision.getWeight(), op.getWeight(), op.getScales(),
      builder.getI64IntegerAttr(choice.rank), name);
  Value input = layer.activation.getInput();
  auto down = LinearOp::create(
      builder, loc,
      withLastDim(layer.activation.getInput().getType(), choice.rank), input,
      factors.getDown(), /*bias=*/Value(), getPartName(".lorc_down"));
  auto up = LinearOp::create(builder, loc, op.getOutput().getType(), down,
                             factors.getUp(), /*bias=*/Value(),
                             getPartName(".lorc_up"));
  auto sum = arith::AddFOp::create(builder, loc, op.getOutput(), up);
  op.getOutput().replaceAllUsesExcept(sum, sum);
}

namespace {
struct InsertLoRCPass : public zq::impl::InsertLoRCPassBase<InsertLoRCPass> {
  using InsertLoRCPassBase::InsertLoRCPassBase;

  LogicalResult initialize(MLIRContext *context) override {
    LoRCChoice defaults;
    auto emitOptionError = [&]() {
      return emitError(UnknownLoc::get(context)) << getArgument() << ": ";
    };
    if (failed(defaults.set("rank", std::to_string(rank), emitOptionError)) ||
        failed(defaults.set("factor-type", factorType, emitOptionError)))
      return failure();
    return choices.initialize(getArgument(), defaults, rules, rulesFile,
                              emitOptionError);
  }

  void runOnOperation() override {
    llvm::SmallBitVector matched;
    SmallVector<QuantizedLinearOp> linears;
    getOperation()->walk([&](QuantizedLinearOp op) { linears.push_back(op); });
    for (QuantizedLinearOp op : linears) {
      LoRCChoice choice = choices.get(getLayerName(op), matched);
      Layer layer{op, op.getWeight().getDefiningOp<QuantizeWeightOp>(),
                  op.getInput().getDefiningOp<QuantizeActivationOp>()};
      // No rank at all is nobody's loss; a rule against it is told.
      if (choice.rank == 0 && rank == 0)
        continue;
      if (std::optional<std::string> reason =
              findReasonToLeave(layer, choice)) {
        remarkMissed(op, getArgument()) << remark::reason("{0}", *reason);
        continue;
      }
      insertLoRC(layer, choice);
      ++numCompensated;
    }
    choices.warnUnmatched(matched, getOperation().getLoc());
  }

private:
  static std::optional<std::string>
  findReasonToLeave(Layer layer, const LoRCChoice &choice) {
    if (choice.rank == 0)
      return "rank is 0";
    if (!isa<QuantizedType>(
            layer.linear.getWeight().getType().getElementType()))
      return "its weight is not quantized, or folded already";
    if (!layer.decision)
      return "its weight is no decision (materialized already, or not made by "
             "zq-quantize-linear)";
    if (!layer.activation)
      return "its input in float is not known";
    // A model's own adapter in float has the same shape, but no such factors.
    std::optional<Compensation> compensation = findCompensation(layer.linear);
    if (compensation && compensation->up.getWeight().getDefiningOp<LowRankOp>())
      return "it is compensated already";
    ArrayRef<int64_t> shape = layer.decision.getWeight().getType().getShape();
    int64_t limit = std::min(shape[0], shape[1]);
    if (choice.rank > limit)
      return llvm::formatv("rank is {0}, but a weight of {1} x {2} has at most "
                           "{3}",
                           choice.rank, shape[0], shape[1], limit)
          .str();
    return std::nullopt;
  }

  LayerChoices<LoRCChoice> choices;
};
} // namespace
