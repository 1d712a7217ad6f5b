//===- ZqToLinalg.cpp - lower the zq dialect to linalg --------------------===//
//
// The reference meaning of every zq operation in upstream dialects. The casts
// are bit-exact with lib/Numerics, but computed by other code: tests compare
// both with APFloat.
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Patterns.h"

#include "dialects/Zq/Zq.h"
#include "zq/Conversion/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Func/Transforms/FuncConversions.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/Transforms/Patterns.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Remarks.h"

namespace zq {
#define GEN_PASS_DEF_CONVERTZQTOLINALG
#include "zq/Conversion/Passes.h.inc"
} // namespace zq

using namespace mlir;
using namespace zq;

namespace {

/// A quantized tensor is its packed bytes; every other type is itself.
struct StorageTypeConverter : TypeConverter {
  StorageTypeConverter() {
    addConversion([](Type type) { return type; });
    addConversion([](RankedTensorType type) -> std::optional<Type> {
      if (!isa<QuantizedType>(type.getElementType()))
        return std::nullopt;
      // Only weights, static N x K, are ever of this type.
      if (type.getRank() != 2 || !type.hasStaticShape())
        return Type();
      auto element = cast<QuantizedType>(type.getElementType());
      return RankedTensorType::get(
          {type.getDimSize(0), element.getRowBytes(type.getDimSize(1))},
          IntegerType::get(type.getContext(), 8));
    });
  }
};

class ConvertZqToLinalgPass
    : public zq::impl::ConvertZqToLinalgBase<ConvertZqToLinalgPass> {
public:
  using Base::Base;

  void runOnOperation() override;

private:
  std::unique_ptr<CodeArithmetic> createArithmetic();
  LogicalResult checkMaterialized();
  LogicalResult openWeights(WeightResources &resources);
  void remarkIntegerCodes();
};

} // namespace

std::unique_ptr<CodeArithmetic> ConvertZqToLinalgPass::createArithmetic() {
  if (arith == "integer")
    return createIntegerArithmetic();
  if (arith == "apfloat")
    return createAPFloatArithmetic();
  emitError(getOperation().getLoc())
      << "zq-to-linalg: unknown arith '" << std::string(arith)
      << "', want integer or apfloat";
  return nullptr;
}

/// Decisions have no values yet: they cannot run.
LogicalResult ConvertZqToLinalgPass::checkMaterialized() {
  WalkResult result = getOperation().walk([](Operation *op) {
    if (!isa<QuantizeWeightOp, LowRankOp>(op))
      return WalkResult::advance();
    op->emitOpError("is a decision that is not computed yet: run "
                    "zq-materialize-weights before zq-to-linalg");
    return WalkResult::interrupt();
  });
  return failure(result.wasInterrupted());
}

/// Finds every weight before anything is rewritten.
LogicalResult ConvertZqToLinalgPass::openWeights(WeightResources &resources) {
  WalkResult result = getOperation().walk([&](WeightOp op) {
    return WalkResult(failure(failed(resources.get(op))));
  });
  return failure(result.wasInterrupted());
}

/// arith=apfloat does not cover every format: say where.
void ConvertZqToLinalgPass::remarkIntegerCodes() {
  getOperation().walk([](Operation *op) {
    if (!isa<ShiftCastOp, DequantizeOp, QuantizedLinearOp>(op))
      return;
    for (Type type : op->getOperandTypes()) {
      auto quantized = dyn_cast<QuantizedType>(getElementTypeOrSelf(type));
      if (!quantized || isa<FloatType>(quantized.getFormat()))
        continue;
      std::string format;
      llvm::raw_string_ostream(format) << quantized.getFormat();
      remark::missed(
          op->getLoc(),
          remark::RemarkOpts::name("zq-to-linalg").category("zq-lowering"))
          << "codes of " + format +
                 " are decoded by integer arithmetic: it is no builtin float "
                 "type";
    }
  });
}

void ConvertZqToLinalgPass::runOnOperation() {
  MLIRContext *context = &getContext();
  std::unique_ptr<CodeArithmetic> arithmetic = createArithmetic();
  WeightResources resources;
  if (!arithmetic || failed(checkMaterialized()) ||
      failed(openWeights(resources)) ||
      failed(declareObservers(getOperation())))
    return signalPassFailure();
  if (arith == "apfloat")
    remarkIntegerCodes();
  getOperation().walk([&](Operation *op) {
    numLinears += isa<LinearOp, QuantizedLinearOp>(op);
  });
  widenCompensatedSums(getOperation());

  StorageTypeConverter converter;
  ConversionTarget target(*context);
  target.addIllegalDialect<ZqDialect>();
  target.markUnknownOpDynamicallyLegal([&](Operation *op) {
    if (auto function = dyn_cast<FunctionOpInterface>(op))
      return converter.isLegal(function.getArgumentTypes()) &&
             converter.isLegal(function.getResultTypes()) &&
             converter.isLegal(&function.getFunctionBody());
    return converter.isLegal(op);
  });

  RewritePatternSet patterns(context);
  populateLinearPatterns(patterns, converter);
  populateObservePatterns(patterns, converter);
  populateQuantizedPatterns(patterns, converter, *arithmetic);
  populateWeightPatterns(patterns, converter, resources);
  populateFunctionOpInterfaceTypeConversionPattern<func::FuncOp>(patterns,
                                                                 converter);
  populateCallOpTypeConversionPattern(patterns, converter);
  populateReturnOpTypeConversionPattern(patterns, converter);
  populateBranchOpInterfaceTypeConversionPattern(patterns, converter);
  scf::populateSCFStructuralTypeConversionsAndLegality(converter, patterns,
                                                       target);
  if (failed(
          applyPartialConversion(getOperation(), target, std::move(patterns))))
    return signalPassFailure();
  numMapped += resources.getNumMapped();
  numCopied += resources.getNumCopied();
}
