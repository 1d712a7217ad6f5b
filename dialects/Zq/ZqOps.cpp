//===- ZqOps.cpp - verifiers of the zq dialect ----------------------------===//
//
// Every check cites its constraint of Specification.md.
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Zq/Zq.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace zq;

#define GET_OP_CLASSES
#include "dialects/Zq/ZqOps.cpp.inc"

//===----------------------------------------------------------------------===//
// Checks that several ops share
//===----------------------------------------------------------------------===//

static bool agree(int64_t a, int64_t b) {
  return ShapedType::isDynamic(a) || ShapedType::isDynamic(b) || a == b;
}

/// A weight's shape is static, of rank 2 and not empty.
static LogicalResult verifyWeight(Operation *op, StringRef id,
                                  RankedTensorType type) {
  if (type.getRank() == 2 && type.hasStaticShape() && type.getDimSize(0) > 0 &&
      type.getDimSize(1) > 0)
    return success();
  return op->emitOpError("[") << id << "] weight is " << type
                              << ", want a static N x K of at least 1 x 1";
}

/// `input` is ... x K, `output` the same with N in place of K.
static LogicalResult verifyShapes(Operation *op, StringRef prefix,
                                  RankedTensorType input,
                                  RankedTensorType weight,
                                  RankedTensorType output, Type bias) {
  if (input.getRank() < 1 || output.getRank() != input.getRank())
    return op->emitOpError("[")
           << prefix << "-c2] input is " << input << " and output " << output
           << ", want one rank of at least 1";
  int64_t last = input.getRank() - 1;
  if (!agree(input.getDimSize(last), weight.getDimSize(1)))
    return op->emitOpError("[")
           << prefix << "-c3] input has K = " << input.getDimSize(last)
           << ", weight has K = " << weight.getDimSize(1);
  if (!agree(output.getDimSize(last), weight.getDimSize(0)))
    return op->emitOpError("[")
           << prefix << "-c4] output has N = " << output.getDimSize(last)
           << ", weight has N = " << weight.getDimSize(0);
  for (int64_t i = 0; i < last; ++i)
    if (!agree(input.getDimSize(i), output.getDimSize(i)))
      return op->emitOpError("[") << prefix << "-c5] dimension " << i << " is "
                                  << input.getDimSize(i) << " in the input and "
                                  << output.getDimSize(i) << " in the output";
  if (!bias)
    return success();
  auto biasType = cast<RankedTensorType>(bias);
  if (biasType.getRank() != 1 || biasType.getDimSize(0) != weight.getDimSize(0))
    return op->emitOpError("[")
           << prefix << "-c6] bias is " << biasType
           << ", want one dimension of N = " << weight.getDimSize(0);
  return success();
}

/// `quantized` has the scale values that its type says.
static LogicalResult verifyScales(Operation *op, RankedTensorType quantized,
                                  TypeRange scales) {
  auto element = cast<QuantizedType>(quantized.getElementType());
  SmallVector<Type> want = element.getScaleTypes(quantized.getShape());
  if (llvm::equal(scales, want))
    return success();
  return op->emitOpError("[scales-c1] scale values are (")
         << scales << "), but " << element.getScale() << " wants (" << want
         << ")";
}

//===----------------------------------------------------------------------===//
// Float
//===----------------------------------------------------------------------===//

LogicalResult LinearOp::verify() {
  if (failed(verifyWeight(*this, "linear-c1", getWeight().getType())))
    return failure();
  return verifyShapes(*this, "linear", getInput().getType(),
                      getWeight().getType(), getOutput().getType(),
                      getBias() ? Type(getBias().getType()) : Type());
}

LogicalResult WeightOp::verify() {
  if (getTensor().empty() || getFile().empty())
    return emitOpError("[weight-c1] tensor and file must have names");
  if (!getResult().getType().hasStaticShape())
    return emitOpError("[weight-c2] result is ")
           << getResult().getType() << ", want a static shape";
  return success();
}

void WeightOp::getAsmResultNames(OpAsmSetValueNameFn setName) {
  setName(getResult(), "weight");
}

LogicalResult ObserveOp::verify() {
  if (getInput().getType().getRank() == 0)
    return emitOpError("[observe-c1] input is ")
           << getInput().getType() << ", want at least one dimension";
  if (getLayers().empty())
    return emitOpError("[observe-c2] is for no layer, want at least one");
  llvm::SmallDenseSet<StringRef> names;
  for (StringRef name : getLayers().getAsValueRange<StringAttr>())
    if (name.empty() || !names.insert(name).second)
      return emitOpError("[observe-c2] layer '")
             << name << "' is "
             << (name.empty() ? "without a name" : "named twice");
  return success();
}

//===----------------------------------------------------------------------===//
// Decisions
//===----------------------------------------------------------------------===//

QuantizedType QuantizeWeightOp::getQuantizedType() {
  return cast<QuantizedType>(getQuantized().getType().getElementType());
}

LogicalResult QuantizeWeightOp::verify() {
  RankedTensorType weight = getWeight().getType();
  if (failed(verifyWeight(*this, "quantize_weight-c1", weight)))
    return failure();
  if (getQuantized().getType().getShape() != weight.getShape())
    return emitOpError("[quantize_weight-c2] weight is ")
           << weight << ", but the result is " << getQuantized().getType();
  if (getQuantizedType().getExpressed() != weight.getElementType())
    return emitOpError("[quantize_weight-c3] the result expresses ")
           << getQuantizedType().getExpressed() << ", but the weight is "
           << weight.getElementType();
  if (failed(verifyScales(*this, getQuantized().getType(),
                          getScales().getTypes())))
    return failure();
  if (!llvm::is_contained({"absmax", "search"}, getClip()))
    return emitOpError("[quantize_weight-c4] clip is \"")
           << getClip() << "\", want \"absmax\" or \"search\"";
  bool constrained = isa<AnchoredScaleInterface>(getQuantizedType().getScale());
  if (constrained != getShift().has_value())
    return emitOpError("[quantize_weight-c5] shift is ")
           << (constrained ? "missing, but scales are constrained"
                           : "given, but scales are free");
  if (getShift() &&
      !llvm::is_contained({"ceil", "floor", "nearest", "mse"}, *getShift()))
    return emitOpError("[quantize_weight-c6] shift is \"")
           << *getShift() << "\", want ceil, floor, nearest or mse";
  if (getAnchorSearch()) {
    Attribute scale = getQuantizedType().getScale();
    auto pow2 = dyn_cast<Pow2ScaleAttr>(scale);
    if (!isa<AnchoredScaleInterface>(scale) ||
        (pow2 && pow2.getAnchor() != AnchorKind::Row))
      return emitOpError("[quantize_weight-c7] anchor_search needs the "
                         "constraint #zq.pow2<anchor = row, ...> or "
                         "#zq.step<...>, not ")
             << scale;
  }
  return success();
}

LogicalResult LowRankOp::verify() {
  RankedTensorType weight = getWeight().getType();
  if (failed(verifyWeight(*this, "low_rank-c1", weight)))
    return failure();
  int64_t n = weight.getDimSize(0), k = weight.getDimSize(1), rank = getRank();
  if (getQuantized().getType().getShape() != weight.getShape())
    return emitOpError("[low_rank-c2] weight is ")
           << weight << ", but its quantized form is "
           << getQuantized().getType();
  if (failed(verifyScales(*this, getQuantized().getType(),
                          getScales().getTypes())))
    return failure();
  if (rank < 1 || rank > std::min(n, k))
    return emitOpError("[low_rank-c3] rank is ")
           << rank << ", want 1 to " << std::min(n, k);
  if (getDown().getType().getShape() != ArrayRef<int64_t>{rank, k} ||
      getUp().getType().getShape() != ArrayRef<int64_t>{n, rank})
    return emitOpError("[low_rank-c4] factors are ")
           << getDown().getType() << " and " << getUp().getType() << ", want "
           << rank << " x " << k << " and " << n << " x " << rank;
  return success();
}

//===----------------------------------------------------------------------===//
// Quantized values
//===----------------------------------------------------------------------===//

LogicalResult StorageCastOp::verify() {
  RankedTensorType quantized = getQuantized().getType();
  if (failed(verifyWeight(*this, "storage_cast-c1", quantized)))
    return failure();
  auto element = cast<QuantizedType>(quantized.getElementType());
  int64_t k = quantized.getDimSize(1);
  SmallVector<int64_t> want{quantized.getDimSize(0), element.getRowBytes(k)};
  if (getStorage().getType().getShape() != ArrayRef<int64_t>(want))
    return emitOpError("[storage_cast-c2] storage is ")
           << getStorage().getType() << ", want " << want[0] << " x " << want[1]
           << (want[1] == k && k > 1 ? " (one code to a byte)"
                                     : " (two codes to a byte)");
  return success();
}

LogicalResult DequantizeOp::verify() {
  RankedTensorType quantized = getQuantized().getType();
  if (failed(verifyWeight(*this, "dequantize-c1", quantized)) ||
      failed(verifyScales(*this, quantized, getScales().getTypes())))
    return failure();
  if (getResult().getType().getShape() != quantized.getShape())
    return emitOpError("[dequantize-c2] result is ")
           << getResult().getType() << ", want the shape of " << quantized;
  return success();
}

LogicalResult ShiftCastOp::verify() {
  RankedTensorType quantized = getQuantized().getType();
  if (failed(verifyWeight(*this, "shift_cast-c1", quantized)))
    return failure();
  auto element = cast<QuantizedType>(quantized.getElementType());
  auto scale = dyn_cast<AnchoredScaleInterface>(element.getScale());
  if (!scale)
    return emitOpError("[shift_cast-c2] scales are ")
           << element.getScale()
           << ", want #zq.pow2<...> or #zq.step<...>: run zq-constrain-scales "
              "first";
  if (getShifts().getType() != element.getScaleTypes(quantized.getShape())[1])
    return emitOpError("[shift_cast-c3] shifts are ")
           << getShifts().getType() << ", want "
           << element.getScaleTypes(quantized.getShape())[1];
  if (getResult().getType().getShape() != quantized.getShape())
    return emitOpError("[shift_cast-c4] result is ")
           << getResult().getType() << ", want the shape of " << quantized;
  Type target = getResult().getType().getElementType();
  std::optional<ShiftWindow> window =
      getScaleWindow(*zq::getFormat(element.getFormat()),
                     *zq::getFormat(target), scale.hasMultipliers());
  // quantized-c5 and -c7 keep to E4M3's window; E5M2's is wider for powers of
  // two, and there is none with multipliers.
  if (!window)
    return emitOpError("[shift_cast-c6] result is ")
           << target << ", in which " << element.getFormat()
           << " times 1.25 or 1.5 is not exact: want f8E4M3FN";
  if (getExponent() != static_cast<uint64_t>(window->exponent))
    return emitOpError("[shift_cast-c5] exponent is ")
           << static_cast<int64_t>(getExponent()) << ", want "
           << window->exponent << " for " << element.getFormat() << " in "
           << target;
  return success();
}

LogicalResult QuantizeActivationOp::verify() {
  RankedTensorType input = getInput().getType();
  if (input.getRank() < 1)
    return emitOpError("[quantize_activation-c1] input is ")
           << input << ", want a rank of at least 1";
  if (getQuantized().getType().getShape() != input.getShape())
    return emitOpError("[quantize_activation-c2] quantized is ")
           << getQuantized().getType() << ", want the shape of " << input;
  if (getScale().getType().getShape() != input.getShape().drop_back())
    return emitOpError("[quantize_activation-c3] scale is ")
           << getScale().getType() << ", want one for each token: " << input
           << " without its last dimension";
  return success();
}

LogicalResult QuantizedLinearOp::verify() {
  RankedTensorType weight = getWeight().getType();
  if (failed(verifyWeight(*this, "quantized_linear-c1", weight)))
    return failure();
  if (failed(verifyShapes(*this, "quantized_linear", getInput().getType(),
                          weight, getOutput().getType(),
                          getBias() ? Type(getBias().getType()) : Type())))
    return failure();
  if (getInputScale().getType().getShape() !=
      getInput().getType().getShape().drop_back())
    return emitOpError("[quantized_linear-c7] input scale is ")
           << getInputScale().getType() << ", want one for each token of "
           << getInput().getType();
  if (getResidual() && getResidual().getType() != getOutput().getType())
    return emitOpError("[quantized_linear-c10] residual is ")
           << getResidual().getType() << ", want the output's type "
           << getOutput().getType();
  if (isa<QuantizedType>(weight.getElementType()))
    return verifyScales(*this, weight, getScales().getTypes());
  if (isa<Float16Type, BFloat16Type, Float32Type>(weight.getElementType())) {
    if (getScales().empty())
      return success();
    return emitOpError("[quantized_linear-c9] scales of a float weight are (")
           << getScales().getTypes() << "), want none";
  }
  Type want = RankedTensorType::get({weight.getDimSize(0)},
                                    Float32Type::get(getContext()));
  if (getScales().size() != 1 || getScales()[0].getType() != want)
    return emitOpError("[quantized_linear-c8] scales of an 8-bit weight are (")
           << getScales().getTypes() << "), want (" << want << ")";
  return success();
}
