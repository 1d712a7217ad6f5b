//===- ObservePatterns.cpp - observers as calls ---------------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LinalgBuilder.h"
#include "Patterns.h"

#include "dialects/Zq/Zq.h"
#include "zq/Conversion/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/SymbolTable.h"

using namespace mlir;
using namespace zq;

/// The number that an observer has between numbering and lowering.
static constexpr StringLiteral kNumberAttrName = "number";

LogicalResult zq::declareObservers(ModuleOp module) {
  OpBuilder b = OpBuilder::atBlockBegin(module.getBody());
  SmallVector<Attribute> layers;
  module.walk([&](ObserveOp op) {
    op->setAttr(kNumberAttrName, b.getI64IntegerAttr(layers.size()));
    layers.push_back(op.getLayers());
  });
  if (layers.empty())
    return success();
  if (Operation *taken =
          SymbolTable::lookupSymbolIn(module, kObserveFunctionName))
    return taken->emitOpError("is called '")
           << kObserveFunctionName
           << "', which is the name of what zq.observe becomes a call of: "
              "rename it";
  module->setAttr(kObservedLayersAttrName, b.getArrayAttr(layers));

  Type tokens = RankedTensorType::get(
      {ShapedType::kDynamic, ShapedType::kDynamic}, b.getF32Type());
  auto function = func::FuncOp::create(
      b, module.getLoc(), kObserveFunctionName,
      b.getFunctionType({b.getI64Type(), tokens}, TypeRange()));
  function.setPrivate();
  function->setAttr(LLVM::LLVMDialect::getEmitCWrapperAttrName(),
                    b.getUnitAttr());
  // It only looks: what it is given needs no copy.
  function.setArgAttr(
      1, bufferization::BufferizationDialect::kBufferAccessAttrName,
      b.getStringAttr("read"));
  return success();
}

namespace {

/// zq.observe %x for ["q", "k"]
///   ->
/// %m = tensor.collapse_shape %x                 // M x K
/// %f = linalg.generic %m {extf}                 // where %x is no f32
/// call @zq_observe(%number, %f) : (i64, tensor<?x?xf32>) -> ()
struct LowerObserve : OpConversionPattern<ObserveOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult
  matchAndRewrite(ObserveOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    auto input = cast<RankedTensorType>(adaptor.getInput().getType());
    int64_t k = input.getShape().back();
    Value tokens = flattenTokens(b, adaptor.getInput(), k);
    if (!input.getElementType().isF32()) {
      auto shape = cast<RankedTensorType>(tokens.getType()).getShape();
      tokens = createMap(b, {{tokens, b.getMultiDimIdentityMap(2)}},
                         createEmpty(b, shape, b.getF32Type(), tokens),
                         [](ImplicitLocOpBuilder &b, ValueRange in) {
                           return extendToF32(b, in[0]);
                         });
    }
    Value number = arith::ConstantOp::create(
        b, op->getAttrOfType<IntegerAttr>(kNumberAttrName));
    auto open = RankedTensorType::get(
        {ShapedType::kDynamic, ShapedType::kDynamic}, b.getF32Type());
    if (tokens.getType() != open)
      tokens = tensor::CastOp::create(b, open, tokens);
    func::CallOp::create(b, kObserveFunctionName, TypeRange(),
                         ValueRange{number, tokens});
    rewriter.eraseOp(op);
    return success();
  }
};

} // namespace

void zq::populateObservePatterns(RewritePatternSet &patterns,
                                 const TypeConverter &converter) {
  patterns.add<LowerObserve>(converter, patterns.getContext());
}
