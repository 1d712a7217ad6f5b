//===- QuantizedPatterns.cpp - operations on quantized values -------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LinalgBuilder.h"
#include "Patterns.h"

#include "dialects/Zq/Zq.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

using namespace mlir;
using namespace zq;

//===----------------------------------------------------------------------===//
// Weights: bytes of codes and scale values
//===----------------------------------------------------------------------===//

/// Element (n, k) of a weight, in its packed bytes and in its groups.
static AffineMap getStorageMap(ImplicitLocOpBuilder &b, Format format) {
  AffineExpr n = b.getAffineDimExpr(0), k = b.getAffineDimExpr(1);
  return AffineMap::get(2, 0, {n, isFourBit(format) ? k.floorDiv(2) : k},
                        b.getContext());
}
static AffineMap getGroupMap(ImplicitLocOpBuilder &b, QuantizedType type) {
  AffineExpr n = b.getAffineDimExpr(0), k = b.getAffineDimExpr(1);
  return AffineMap::get(2, 0, {n, k.floorDiv(type.getGroupSize())},
                        b.getContext());
}

/// In a loop over (n, k): the code, an i8 in 0..15, from the byte that holds
/// it. Even columns are in the low nibble.
static Value extractNibble(ImplicitLocOpBuilder &b, Value byte) {
  Value k = linalg::IndexOp::create(b, 1);
  Value column = arith::IndexCastOp::create(b, b.getI8Type(), k);
  auto constant = [&](int8_t value) -> Value {
    return arith::ConstantOp::create(b, b.getI8IntegerAttr(value));
  };
  Value odd = arith::AndIOp::create(b, column, constant(1));
  Value places = arith::ShLIOp::create(b, odd, constant(2));
  Value moved = arith::ShRUIOp::create(b, byte, places);
  return arith::AndIOp::create(b, moved, constant(15));
}

/// In a loop over (n, k): the FP32 value of the code in `byte`.
static Value decodeStored(ImplicitLocOpBuilder &b, CodeArithmetic &arithmetic,
                          Value byte, QuantizedType type) {
  Format format = *zq::getFormat(type.getFormat());
  if (isFourBit(format))
    return arithmetic.decode4(b, extractNibble(b, byte), format);
  if (!type.getFormat().isInteger())
    byte = arith::BitcastOp::create(b, type.getFormat(), byte);
  return arithmetic.decode8(b, byte);
}

/// value(code) * scale for every element, in FP32, rounded once to `element`.
static Value createDequantized(ImplicitLocOpBuilder &b,
                               CodeArithmetic &arithmetic, Value storage,
                               ValueRange scales, RankedTensorType quantized,
                               Type element) {
  auto type = cast<QuantizedType>(quantized.getElementType());
  auto anchored = dyn_cast<AnchoredScaleInterface>(type.getScale());
  SmallVector<LoopInput> inputs{
      {storage, getStorageMap(b, *zq::getFormat(type.getFormat()))}};
  if (anchored) {
    inputs.push_back({scales[0], AffineMap::get(2, 0, b.getAffineDimExpr(0))});
    inputs.push_back({scales[1], getGroupMap(b, type)});
  } else {
    inputs.push_back({scales[0], getGroupMap(b, type)});
  }
  return createMap(
      b, inputs, createEmpty(b, quantized.getShape(), element, storage),
      [&](ImplicitLocOpBuilder &b, ValueRange in) {
        Value scale = in[1];
        if (anchored)
          scale = arith::MulFOp::create(
              b, scale,
              createScaleStep(b, in[2], 0, anchored.hasMultipliers()));
        Value value = decodeStored(b, arithmetic, in[0], type);
        return truncateFromF32(b, arith::MulFOp::create(b, value, scale),
                               element);
      });
}

/// The numbers of a matrix of 8-bit codes, in FP32.
static Value createDecoded(ImplicitLocOpBuilder &b, CodeArithmetic &arithmetic,
                           Value codes) {
  auto type = cast<RankedTensorType>(codes.getType());
  return createMap(b, {{codes, b.getMultiDimIdentityMap(2)}},
                   createEmpty(b, type.getShape(), b.getF32Type(), codes),
                   [&](ImplicitLocOpBuilder &b, ValueRange in) {
                     return arithmetic.decode8(b, in[0]);
                   });
}

namespace {

template <typename OpTy> struct QuantizedPattern : OpConversionPattern<OpTy> {
  QuantizedPattern(const TypeConverter &converter, MLIRContext *context,
                   CodeArithmetic &arithmetic)
      : OpConversionPattern<OpTy>(converter, context), arithmetic(arithmetic) {}
  CodeArithmetic &arithmetic;
};

/// The quantized tensor is its bytes.
struct LowerStorageCast : OpConversionPattern<StorageCastOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult
  matchAndRewrite(StorageCastOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    rewriter.replaceOp(op, adaptor.getStorage());
    return success();
  }
};

struct LowerDequantize : QuantizedPattern<DequantizeOp> {
  using QuantizedPattern::QuantizedPattern;

  LogicalResult
  matchAndRewrite(DequantizeOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    rewriter.replaceOp(
        op, createDequantized(b, arithmetic, adaptor.getQuantized(),
                              adaptor.getScales(), op.getQuantized().getType(),
                              op.getResult().getType().getElementType()));
    return success();
  }
};

struct LowerShiftCast : QuantizedPattern<ShiftCastOp> {
  using QuantizedPattern::QuantizedPattern;

  LogicalResult
  matchAndRewrite(ShiftCastOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    RankedTensorType result = op.getResult().getType();
    auto type =
        cast<QuantizedType>(op.getQuantized().getType().getElementType());
    Format format = *zq::getFormat(type.getFormat());
    bool multipliers =
        cast<AnchoredScaleInterface>(type.getScale()).hasMultipliers();
    Value storage = adaptor.getQuantized();
    rewriter.replaceOp(
        op, createMap(b,
                      {{storage, getStorageMap(b, format)},
                       {adaptor.getShifts(), getGroupMap(b, type)}},
                      createEmpty(b, result.getShape(), result.getElementType(),
                                  storage),
                      [&](ImplicitLocOpBuilder &b, ValueRange in) {
                        return arithmetic.shiftCast(
                            b, extractNibble(b, in[0]), in[1], format,
                            result.getElementType(), multipliers);
                      }));
    return success();
  }
};

//===----------------------------------------------------------------------===//
// Activations
//===----------------------------------------------------------------------===//

/// %q, %s = zq.quantize_activation %x
///   ->
/// %max = linalg.generic %x {|x|, maxsi}        // M
/// %s = linalg.generic %max {divf, select}      // M
/// %q = linalg.generic %x, %s {divf, encode}    // M x K
struct LowerQuantizeActivation : QuantizedPattern<QuantizeActivationOp> {
  using QuantizedPattern::QuantizedPattern;

  LogicalResult
  matchAndRewrite(QuantizeActivationOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    RankedTensorType input = op.getInput().getType();
    RankedTensorType output = op.getQuantized().getType();
    Type type = output.getElementType();
    Value x = flatten(b, adaptor.getInput(), input);
    auto shape = cast<RankedTensorType>(x.getType()).getShape();

    float largest = getLargest(*zq::getFormat(type));
    Value scale =
        createMap(b, {{createRowAbsMax(b, x), b.getMultiDimIdentityMap(1)}},
                  createEmpty(b, shape.take_front(), b.getF32Type(), x),
                  [&](ImplicitLocOpBuilder &b, ValueRange in) {
                    return createScale(b, in[0], largest);
                  });
    Value quantized =
        createMap(b,
                  {{x, b.getMultiDimIdentityMap(2)},
                   {scale, AffineMap::get(2, 0, b.getAffineDimExpr(0))}},
                  createEmpty(b, shape, type, x),
                  [&](ImplicitLocOpBuilder &b, ValueRange in) {
                    Value ratio =
                        arith::DivFOp::create(b, extendToF32(b, in[0]), in[1]);
                    return arithmetic.encode8(b, ratio, type);
                  });
    rewriter.replaceOp(
        op, {unflattenTokens(b, quantized, adaptor.getInput(), output),
             unflattenTokens(b, scale, adaptor.getInput(),
                             op.getScale().getType())});
    return success();
  }

private:
  static Value flatten(ImplicitLocOpBuilder &b, Value x,
                       RankedTensorType type) {
    // K need not be known here: no weight goes with it.
    if (type.getRank() == 2)
      return x;
    return flattenTokens(b, x, type.getShape().back());
  }

  static Value createScale(ImplicitLocOpBuilder &b, Value absMax,
                           float largest) {
    Value scale = arith::DivFOp::create(b, absMax, createF32(b, largest));
    Value isZero = arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, scale,
                                         createF32(b, 0.0f));
    return arith::SelectOp::create(b, isZero, createF32(b, 1.0f), scale);
  }
};

//===----------------------------------------------------------------------===//
// The linear
//===----------------------------------------------------------------------===//

/// %y = zq.quantized_linear %x8 scale(%sx), %w scales(...) bias(%b)
/// residual(%r)
///   ->
/// %x = linalg.generic %x8 {decode}                  // M x K, f32
/// %wf = linalg.generic %w, ... {decode, mulf}       // N x K, f32
/// %s = linalg.generic %x, %wf {mulf, addf}          // M x N, f32
/// %y = linalg.generic %s, %sx, %b, %r {mulf, addf, truncf}
struct LowerQuantizedLinear : QuantizedPattern<QuantizedLinearOp> {
  using QuantizedPattern::QuantizedPattern;

  LogicalResult
  matchAndRewrite(QuantizedLinearOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    RankedTensorType weight = op.getWeight().getType();
    RankedTensorType output = op.getOutput().getType();
    bool hasRowScale = isActivationFormat(weight.getElementType());

    Value codes = flattenTokens(b, adaptor.getInput(), weight.getDimSize(1));
    Value x = createDecoded(b, arithmetic, codes);
    Value w = createWeight(b, adaptor.getWeight(), adaptor.getScales(), weight);
    Value sum = createContraction(b, x, w);
    Value inputScale = flattenScales(b, adaptor.getInputScale());
    Value residual = adaptor.getResidual();
    if (residual)
      residual = flattenTokens(b, residual, weight.getDimSize(0));
    Value result = createEpilogue(
        b, sum, inputScale, hasRowScale ? adaptor.getScales()[0] : Value(),
        {adaptor.getBias(), residual}, output.getElementType());
    rewriter.replaceOp(op,
                       unflattenTokens(b, result, adaptor.getInput(), output));
    return success();
  }

private:
  /// The weight in FP32, without the scales that are applied to sums.
  Value createWeight(ImplicitLocOpBuilder &b, Value weight, ValueRange scales,
                     RankedTensorType type) const {
    if (isa<QuantizedType>(type.getElementType()))
      return createDequantized(b, arithmetic, weight, scales, type,
                               b.getF32Type());
    if (isActivationFormat(type.getElementType()))
      return createDecoded(b, arithmetic, weight);
    if (type.getElementType().isF32())
      return weight;
    return createMap(b, {{weight, b.getMultiDimIdentityMap(2)}},
                     createEmpty(b, type.getShape(), b.getF32Type(), weight),
                     [](ImplicitLocOpBuilder &b, ValueRange in) {
                       return extendToF32(b, in[0]);
                     });
  }

  /// What is added to a product, each null where there is none.
  struct Addends {
    Value bias;     ///< N
    Value residual; ///< M x N
  };
  /// sum * (weightScale[n] * inputScale[m]) + bias[n] + residual[m, n]; no
  /// weight scale where it is null.
  static Value createEpilogue(ImplicitLocOpBuilder &b, Value sum,
                              Value inputScale, Value weightScale,
                              const Addends &addends, Type element);
};

} // namespace

Value LowerQuantizedLinear::createEpilogue(ImplicitLocOpBuilder &b, Value sum,
                                           Value inputScale, Value weightScale,
                                           const Addends &addends,
                                           Type element) {
  auto shape = cast<RankedTensorType>(sum.getType()).getShape();
  AffineMap whole = b.getMultiDimIdentityMap(2);
  AffineMap row = AffineMap::get(2, 0, b.getAffineDimExpr(0));
  AffineMap column = AffineMap::get(2, 0, b.getAffineDimExpr(1));
  SmallVector<LoopInput> inputs{{sum, whole}, {inputScale, row}};
  if (weightScale)
    inputs.push_back({weightScale, column});
  size_t numFactors = inputs.size();
  if (addends.bias)
    inputs.push_back({addends.bias, column});
  if (addends.residual)
    inputs.push_back({addends.residual, whole});
  return createMap(b, inputs, createEmpty(b, shape, element, sum),
                   [&](ImplicitLocOpBuilder &b, ValueRange in) {
                     // Scales first: a sum times one of them may be out of
                     // range.
                     Value scale = in[1];
                     if (weightScale)
                       scale = arith::MulFOp::create(b, in[2], scale);
                     Value y = arith::MulFOp::create(b, in[0], scale);
                     for (Value addend : in.drop_front(numFactors))
                       y = arith::AddFOp::create(b, y, extendToF32(b, addend));
                     return truncateFromF32(b, y, element);
                   });
}

void zq::populateQuantizedPatterns(RewritePatternSet &patterns,
                                   const TypeConverter &converter,
                                   CodeArithmetic &arithmetic) {
  MLIRContext *context = patterns.getContext();
  patterns.add<LowerStorageCast>(converter, context);
  patterns.add<LowerDequantize, LowerShiftCast, LowerQuantizeActivation,
               LowerQuantizedLinear>(converter, context, arithmetic);
}
