//===- FoldScales.cpp - power-of-two scales into shift cast and epilogue --===//
//
// The step of a group moves into the integer cast of its codes to FP8, the
// row's anchor into the scale that the linear applies to its sums. Nothing is
// left that computes on weights in floating point.
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Zq/Zq.h"
#include "zq/Transforms/Optimize/Passes.h"
#include "zq/Transforms/Remarks.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Matchers.h"

namespace zq {
#define GEN_PASS_DEF_FOLDSCALESPASS
#include "zq/Transforms/Optimize/Passes.h.inc"
} // namespace zq

using namespace mlir;
using namespace zq;

/// Weights are cast to E4M3 whatever the activations are: it holds every 4-bit
/// format in the widest useful window, and the tensor cores multiply it with
/// E4M3 and E5M2 alike.
static constexpr Format kWeightTarget = Format::E4M3;

/// The constant shifts, or steps, of a weight are what its type says.
static LogicalResult verifyShifts(QuantizedLinearOp op,
                                  DenseIntElementsAttr shifts,
                                  AnchoredScaleInterface constraint) {
  int64_t groups = shifts.getType().getDimSize(1);
  bool multipliers = constraint.hasMultipliers();
  for (auto [index, shift] : llvm::enumerate(shifts.getValues<int8_t>())) {
    if (isScaleByte(static_cast<uint8_t>(shift), constraint.getMaxShift(),
                    multipliers))
      continue;
    InFlightDiagnostic error =
        op.emitOpError(multipliers ? "step of row " : "shift of row ")
        << index / groups << ", group " << index % groups << " is "
        << static_cast<int>(shift) << ", but " << constraint << " wants ";
    if (multipliers)
      error << "a shift of 0 to " << constraint.getMaxShift()
            << " and 16 times the index of a multiplier, 0 to 2";
    else
      error << "0 to " << constraint.getMaxShift();
    return error;
  }
  return success();
}

/// Constant anchors are what their type says: finite and positive, and powers
/// of two under M1.
static LogicalResult verifyAnchors(QuantizedLinearOp op,
                                   DenseFPElementsAttr anchors,
                                   AnchoredScaleInterface constraint) {
  auto pow2Scale = dyn_cast<Pow2ScaleAttr>(constraint);
  bool isPow2 = pow2Scale && pow2Scale.getAnchor() == AnchorKind::Pow2;
  for (auto [row, anchor] : llvm::enumerate(anchors.getValues<APFloat>())) {
    if (anchor.isFinite() && !anchor.isZero() && !anchor.isNegative() &&
        (!isPow2 || anchor.getExactLog2() != INT_MIN))
      continue;
    SmallString<16> text;
    anchor.toString(text);
    return op.emitOpError("anchor of row ")
           << row << " is " << text << ", but " << constraint << " wants a "
           << (isPow2 ? "power of two" : "positive number");
  }
  return success();
}

/// anchors * 2^-exponent, or null where that is not exact.
static DenseElementsAttr divideAnchors(DenseFPElementsAttr anchors,
                                       int exponent) {
  bool exact = true;
  DenseElementsAttr divided =
      anchors.mapValues(anchors.getElementType(), [&](const APFloat &anchor) {
        APFloat result =
            scalbn(anchor, -exponent, APFloat::rmNearestTiesToEven);
        // A subnormal may be flushed to zero where it is used.
        exact &= result.isNormal();
        return result.bitcastToAPInt();
      });
  return exact ? divided : DenseElementsAttr();
}

namespace {
struct FoldScalesPass : public zq::impl::FoldScalesPassBase<FoldScalesPass> {
  using FoldScalesPassBase::FoldScalesPassBase;

  void runOnOperation() override {
    SmallVector<QuantizedLinearOp> linears;
    getOperation()->walk([&](QuantizedLinearOp op) {
      if (isa<QuantizedType>(op.getWeight().getType().getElementType()))
        linears.push_back(op);
    });
    for (QuantizedLinearOp op : linears)
      if (failed(foldScales(op)))
        return signalPassFailure();
  }

private:
  void leave(QuantizedLinearOp op, StringRef reason) {
    remarkMissed(op, getArgument()) << remark::reason("{0}", reason.str());
    ++numLeft;
  }

  /// Before:  %y = zq.quantized_linear %x8 scale(%sx), %q scales(%a, %shifts)
  /// After:   %w8 = zq.shift_cast %q by %shifts {exponent}
  ///          %y = zq.quantized_linear %x8 scale(%sx), %w8 scales(%a / 2^e)
  LogicalResult foldScales(QuantizedLinearOp op) {
    RankedTensorType weight = op.getWeight().getType();
    auto element = cast<QuantizedType>(weight.getElementType());
    auto constraint = dyn_cast<AnchoredScaleInterface>(element.getScale());
    if (!isFourBit(*zq::getFormat(element.getFormat()))) {
      leave(op, "its weight has 8 bits, and free scales: there is no cast that "
                "they could move into");
      return success();
    }
    if (!constraint) {
      leave(op, "its scales are free: run zq-constrain-scales before "
                "zq-materialize-weights");
      return success();
    }
    if (op.getWeight().getDefiningOp<QuantizeWeightOp>()) {
      leave(op, "its weight is not materialized: run zq-materialize-weights");
      return success();
    }
    DenseFPElementsAttr anchors;
    if (!matchPattern(op.getScales()[0], m_Constant(&anchors))) {
      leave(op, "its anchors are no inline constant");
      return success();
    }
    Value shifts = op.getScales()[1];
    DenseIntElementsAttr constantShifts;
    if (matchPattern(shifts, m_Constant(&constantShifts)) &&
        failed(verifyShifts(op, constantShifts, constraint)))
      return failure();
    if (failed(verifyAnchors(op, anchors, constraint)))
      return failure();

    int exponent = getScaleWindow(*zq::getFormat(element.getFormat()),
                                  kWeightTarget, constraint.hasMultipliers())
                       ->exponent;
    DenseElementsAttr divided = divideAnchors(anchors, exponent);
    if (!divided) {
      leave(op, "an anchor divided by 2^" + std::to_string(exponent) +
                    " is below the smallest normal FP32 number");
      return success();
    }

    OpBuilder builder(op);
    auto cast = ShiftCastOp::create(
        builder, op.getLoc(),
        RankedTensorType::get(
            weight.getShape(),
            zq::getFormatType(op.getContext(), kWeightTarget)),
        op.getWeight(), shifts, builder.getI64IntegerAttr(exponent));
    Operation *before = op.getScales()[0].getDefiningOp();
    Value scale = arith::ConstantOp::create(builder, before->getLoc(), divided);
    op.getWeightMutable().assign(cast.getResult());
    op.getScalesMutable().assign(scale);
    if (before->use_empty())
      before->erase();
    ++numFolded;
    return success();
  }
};
} // namespace
