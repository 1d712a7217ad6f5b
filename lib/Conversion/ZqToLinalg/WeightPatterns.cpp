//===- WeightPatterns.cpp - weights of files in zq-to-linalg --------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Patterns.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace zq;

namespace {

/// %w = zq.weight "t" from "f"  ->  %w = arith.constant dense_resource<t>
struct LowerWeight : OpConversionPattern<WeightOp> {
  LowerWeight(const TypeConverter &converter, MLIRContext *context,
              WeightResources &resources)
      : OpConversionPattern(converter, context), resources(resources) {}

  LogicalResult
  matchAndRewrite(WeightOp op, OpAdaptor,
                  ConversionPatternRewriter &rewriter) const override {
    FailureOr<DenseResourceElementsAttr> attribute = resources.get(op);
    if (failed(attribute))
      return rewriter.notifyMatchFailure(op, "the file cannot be read");
    rewriter.replaceOpWithNewOp<arith::ConstantOp>(op, *attribute);
    return success();
  }

  WeightResources &resources;
};

} // namespace

void zq::populateWeightPatterns(RewritePatternSet &patterns,
                                const TypeConverter &converter,
                                WeightResources &resources) {
  patterns.add<LowerWeight>(converter, patterns.getContext(), resources);
}
