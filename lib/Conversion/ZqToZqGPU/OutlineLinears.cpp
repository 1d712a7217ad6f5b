//===- OutlineLinears.cpp - quantized linears out of functions ------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LinearParts.h"

#include "dialects/ZqGPU/ZqGPU.h"
#include "zq/Conversion/ZqToZqGPU/Passes.h"
#include "zq/Transforms/EraseDead.h"
#include "zq/Transforms/Remarks.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/StringExtras.h"

namespace zq {
#define GEN_PASS_DEF_OUTLINELINEARSPASS
#include "zq/Conversion/ZqToZqGPU/Passes.h.inc"
} // namespace zq

using namespace mlir;
using namespace zq;

//===----------------------------------------------------------------------===//
// Activations as M x K
//===----------------------------------------------------------------------===//

/// [[0, 1, ..., rank - 2], [rank - 1]]; for rank 1, where there is no token
/// dimension yet, [[0, 1]].
static SmallVector<ReassociationIndices> getReassociation(int64_t rank) {
  if (rank == 1)
    return {{0, 1}};
  ReassociationIndices tokens;
  for (int64_t i = 0; i != rank - 1; ++i)
    tokens.push_back(i);
  return {tokens, {rank - 1}};
}

static Value castTo(OpBuilder &builder, Location loc, Value value,
                    RankedTensorType type) {
  if (value.getType() == type)
    return value;
  return tensor::CastOp::create(builder, loc, type, value);
}

/// `... x K` to `? x K`.
static Value flatten(OpBuilder &builder, Location loc, Value value) {
  auto type = cast<RankedTensorType>(value.getType());
  int64_t k = type.getShape().back();
  if (type.getRank() == 1)
    value = tensor::ExpandShapeOp::create(
        builder, loc, RankedTensorType::get({1, k}, type.getElementType()),
        value, getReassociation(1));
  else if (type.getRank() > 2)
    value = tensor::CollapseShapeOp::create(builder, loc, value,
                                            getReassociation(type.getRank()));
  return castTo(
      builder, loc, value,
      RankedTensorType::get({ShapedType::kDynamic, k}, type.getElementType()));
}

/// `? x N` to `type`, whose other dimensions are those of `like`.
static Value unflatten(OpBuilder &builder, Location loc, Value value,
                       RankedTensorType type, Value like) {
  Type element = type.getElementType();
  int64_t n = type.getShape().back();
  ArrayRef<int64_t> tokens = type.getShape().drop_back();
  if (!ShapedType::isDynamicShape(tokens))
    value = castTo(builder, loc, value,
                   RankedTensorType::get(
                       {ShapedType::getNumElements(tokens), n}, element));
  if (type.getRank() == 1)
    return tensor::CollapseShapeOp::create(builder, loc, type, value,
                                           getReassociation(1));
  if (type.getRank() == 2)
    return castTo(builder, loc, value, type);
  SmallVector<OpFoldResult> sizes;
  for (auto [i, size] : llvm::enumerate(type.getShape()))
    sizes.push_back(ShapedType::isDynamic(size)
                        ? tensor::getMixedSize(builder, loc, like, i)
                        : OpFoldResult(builder.getIndexAttr(size)));
  return tensor::ExpandShapeOp::create(builder, loc, type, value,
                                       getReassociation(type.getRank()), sizes);
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

/// "zq_mlp_up_proj": a name that C can define.
static std::string getFunctionName(StringRef layer) {
  std::string name = "zq_";
  for (char c : layer)
    name += llvm::isAlnum(c) ? c : '_';
  return name;
}

/// What a user wrote on the op, or null.
static ArrayAttr getSchedules(QuantizedLinearOp op) {
  return op->getAttrOfType<ArrayAttr>("zqgpu.schedules");
}

static bool hasValidSchedules(QuantizedLinearOp op) {
  ArrayAttr schedules = getSchedules(op);
  return schedules ? llvm::all_of(schedules, llvm::IsaPred<zqgpu::ChoiceAttr>)
                   : !op->hasAttr("zqgpu.schedules");
}

namespace {
struct OutlineLinearsPass
    : public zq::impl::OutlineLinearsPassBase<OutlineLinearsPass> {
  using OutlineLinearsPassBase::OutlineLinearsPassBase;

  void runOnOperation() override {
    SymbolTable symbols(getOperation());
    LinearParts::Files files;
    SmallVector<QuantizedLinearOp> linears;
    getOperation()->walk([&](QuantizedLinearOp op) { linears.push_back(op); });
    // All are looked at before anything is changed: there may be errors.
    SmallVector<LinearParts> found;
    bool failed = false;
    for (QuantizedLinearOp op : linears) {
      LinearParts parts;
      std::optional<LinearParts::Reason> reason;
      if (op->getParentOfType<ModuleOp>() != getOperation())
        reason = {"it is in a nested module: run the pass on that", false};
      else
        reason = LinearParts::find(op, files, parts);
      if (!reason && !hasValidSchedules(op))
        reason = {"zqgpu.schedules wants to be an array of #zqgpu.choice",
                  true};
      if (!reason) {
        found.push_back(parts);
      } else if (reason->isError) {
        op.emitOpError(reason->text);
        failed = true;
      } else {
        remarkMissed(op, getArgument()) << remark::reason("{0}", reason->text);
        ++numLeft;
      }
    }
    if (failed || files.failed)
      return signalPassFailure();
    for (LinearParts &parts : found)
      outline(parts, symbols);
  }

private:
  void outline(LinearParts &parts, SymbolTable &symbols) {
    OpBuilder builder(&getContext());
    Location loc = parts.op.getLoc();
    Value input = parts.quantize.getInput();
    auto inputType = cast<RankedTensorType>(input.getType());
    auto outputType = cast<RankedTensorType>(parts.output.getType());
    StringRef layer = getLayerName(parts.op);
    std::string name = layer.empty() ? "linear" : layer.str();

    auto scale = cast<AnchoredScaleInterface>(parts.weightType.getScale());
    auto linear = zqgpu::LinearOp::create(
        builder, loc, name, parts.n, parts.k, parts.weightType.getFormat(),
        parts.weightType.getGroupSize(), scale.getMaxShift(),
        scale.hasMultipliers(), parts.op.getInput().getType().getElementType(),
        inputType.getElementType(), outputType.getElementType(), parts.codes,
        parts.shifts, parts.rowScale, parts.down, parts.up, parts.bias,
        static_cast<bool>(parts.op.getResidual()), getSchedules(parts.op),
        /*variants=*/ArrayAttr());
    symbols.insert(linear); // makes the name unique

    auto getFlatType = [](RankedTensorType type) {
      return RankedTensorType::get(
          {ShapedType::kDynamic, type.getShape().back()},
          type.getElementType());
    };
    SmallVector<Value> inputs{input};
    if (Value residual = parts.op.getResidual())
      inputs.push_back(residual);
    auto function = func::FuncOp::create(
        builder, loc, getFunctionName(linear.getSymName()),
        builder.getFunctionType(
            llvm::map_to_vector(inputs,
                                [&](Value input) -> Type {
                                  return getFlatType(
                                      cast<RankedTensorType>(input.getType()));
                                }),
            getFlatType(outputType)));
    function.setPrivate();
    function->setAttr(kCompiledAttrName,
                      FlatSymbolRefAttr::get(linear.getSymNameAttr()));
    // Calls go through MLIR's C interface, which C can define (docs/abi.md).
    function->setAttr(LLVM::LLVMDialect::getEmitCWrapperAttrName(),
                      builder.getUnitAttr());
    symbols.insert(function);

    builder.setInsertionPointAfter(parts.output.getDefiningOp());
    for (Value &operand : inputs)
      operand = flatten(builder, loc, operand);
    auto call = func::CallOp::create(builder, loc, function, inputs);
    Value output =
        unflatten(builder, loc, call.getResult(0), outputType, input);
    remarkPassed(parts.op, getArgument())
        << remark::reason("compiled as @{0}", linear.getSymName().str());
    parts.output.replaceAllUsesWith(output);
    eraseDead(parts.output.getDefiningOp());
    ++numOutlined;
  }

  /// On a function without a body: which zqgpu.linear it stands for.
  static constexpr StringLiteral kCompiledAttrName = "zq.compiled";
};
} // namespace
