//===- LinearPatterns.cpp - the float linear ------------------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LinalgBuilder.h"
#include "Patterns.h"

#include "dialects/Zq/Zq.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace zq;

namespace {

/// %y = zq.linear %x, %w bias(%b)
///   ->
/// %m = tensor.collapse_shape %x                 // M x K
/// %s = linalg.generic %m, %w {mulf, addf}       // M x N, f32
/// %r = linalg.generic %s, %b {addf, truncf}     // M x N, the result's type
/// %y = tensor.expand_shape %r
struct LowerLinear : OpConversionPattern<LinearOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult
  matchAndRewrite(LinearOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    auto weight = cast<RankedTensorType>(adaptor.getWeight().getType());
    RankedTensorType output = op.getOutput().getType();
    Value x = flattenTokens(b, adaptor.getInput(), weight.getDimSize(1));
    Value sum = createContraction(b, x, adaptor.getWeight());
    Value result = sum;
    if (adaptor.getBias() || !output.getElementType().isF32())
      result = createEpilogue(b, sum, adaptor.getBias(), output);
    rewriter.replaceOp(op,
                       unflattenTokens(b, result, adaptor.getInput(), output));
    return success();
  }

private:
  static Value createEpilogue(ImplicitLocOpBuilder &b, Value sum, Value bias,
                              RankedTensorType output) {
    auto shape = cast<RankedTensorType>(sum.getType()).getShape();
    Type element = output.getElementType();
    SmallVector<LoopInput> inputs{{sum, b.getMultiDimIdentityMap(2)}};
    if (bias)
      inputs.push_back({bias, AffineMap::get(2, 0, b.getAffineDimExpr(1))});
    return createMap(b, inputs, createEmpty(b, shape, element, sum),
                     [&](ImplicitLocOpBuilder &b, ValueRange in) {
                       Value y = in[0];
                       if (bias)
                         y = arith::AddFOp::create(b, y, extendToF32(b, in[1]));
                       return truncateFromF32(b, y, element);
                     });
  }
};

} // namespace

void zq::populateLinearPatterns(RewritePatternSet &patterns,
                                const TypeConverter &converter) {
  patterns.add<LowerLinear>(converter, patterns.getContext());
}
