//===- ZqGPUOps.cpp - a compiled linear -----------------------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Zq/Zq.h"
#include "dialects/ZqGPU/ZqGPU.h"

#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace zq::zqgpu;

static ParseResult parseI64(OpAsmParser &parser, IntegerAttr &attr) {
  int64_t value = 0;
  if (parser.parseInteger(value))
    return failure();
  attr = parser.getBuilder().getI64IntegerAttr(value);
  return success();
}
static void printI64(OpAsmPrinter &printer, Operation *, IntegerAttr attr) {
  printer << attr.getInt();
}

#define GET_OP_CLASSES
#include "dialects/ZqGPU/ZqGPUOps.cpp.inc"

void ZqGPUDialect::registerOps() {
  addOperations<
#define GET_OP_LIST
#include "dialects/ZqGPU/ZqGPUOps.cpp.inc"
      >();
}

//===----------------------------------------------------------------------===//
// zqgpu.linear
//===----------------------------------------------------------------------===//

int64_t LinearOp::getRank() {
  ElementsAttr up = getUpAttr();
  return up ? up.getShapedType().getDimSize(1) : 0;
}

/// Constant data must have exactly this shape.
static LogicalResult verifyData(LinearOp op, StringRef name, ElementsAttr data,
                                ArrayRef<int64_t> shape, bool isElementType,
                                StringRef elementType) {
  ShapedType type = data.getShapedType();
  if (type.getShape() == shape && isElementType)
    return success();
  InFlightDiagnostic diag = op.emitOpError()
                            << name << " is " << type << ", want a tensor of ";
  llvm::interleave(shape, diag, "x");
  return diag << 'x' << elementType;
}

static bool isFloat(Type type) {
  return isa<BFloat16Type, Float16Type, Float32Type>(type);
}

LogicalResult zq::zqgpu::verifyWindow(Operation *op, zq::Format weight,
                                      uint64_t maxShift, bool multipliers) {
  std::optional<zq::ShiftWindow> window =
      zq::getScaleWindow(weight, zq::Format::E4M3, multipliers);
  Type type = zq::getFormatType(op->getContext(), weight);
  if (!window)
    return op->emitOpError() << "has multipliers, but " << type
                             << " times 1.25 or 1.5 is not exact in f8E4M3FN";
  // Unsigned: a negative one is beyond the window.
  if (maxShift > static_cast<uint64_t>(window->maxShift))
    return op->emitOpError()
           << "max_shift is " << static_cast<int64_t>(maxShift) << ", but "
           << type << (multipliers ? " times 1, 1.25 and 1.5" : "")
           << " is exact in f8E4M3FN only for shifts up to "
           << window->maxShift;
  return success();
}

static LogicalResult verifyFormats(LinearOp op) {
  std::optional<zq::Format> weight = zq::getFormat(op.getWeightFormat());
  if (!weight || !zq::isFourBit(*weight))
    return op.emitOpError() << "weight format is " << op.getWeightFormat()
                            << ", want f4E2M1FN, !zq.e3m0, !zq.e1m2 or i4";
  if (failed(verifyWindow(op, *weight, op.getMaxShift(), op.getMultipliers())))
    return failure();
  if (!isa<Float8E4M3FNType, Float8E5M2Type>(op.getActivationFormat()))
    return op.emitOpError()
           << "activation format is " << op.getActivationFormat()
           << ", want f8E4M3FN or f8E5M2: Hopper's wgmma "
              "multiplies FP8 by FP8 only";
  for (Type type : {op.getInputType(), op.getOutputType()})
    if (!isFloat(type))
      return op.emitOpError()
             << "input or output type is " << type << ", want bf16, f16 or f32";
  return success();
}

template <typename Range>
static LogicalResult verifyRanges(LinearOp op, StringRef name,
                                  ArrayAttr ranges) {
  if (!ranges)
    return success();
  int64_t next = 1;
  for (auto range : ranges.getAsRange<Range>()) {
    if (range.getFirst() != next)
      return op.emitOpError()
             << name << " starts at m = " << range.getFirst() << ", want "
             << next << ": ranges ascend from 1 without gaps";
    next = range.getLast() + 1;
  }
  return success();
}

LogicalResult LinearOp::verify() {
  int64_t n = getN(), k = getK(), group = getGroup();
  if (n < 1 || k < 1)
    return emitOpError() << "shape is " << n << " x " << k
                         << ", want both at least 1";
  if (group < 1)
    return emitOpError() << "group is " << group << ", want at least 1";
  if (failed(verifyFormats(*this)))
    return failure();

  auto isI8 = [](ElementsAttr data) {
    return data.getElementType().isSignlessInteger(8);
  };
  auto isFloats = [](ElementsAttr data) {
    return isFloat(data.getElementType());
  };
  int64_t groups = (k - 1) / group + 1; // group may be anything from 1
  if (failed(verifyData(*this, "codes", getCodes(), {n, (k + 1) / 2},
                        isI8(getCodes()), "i8")) ||
      failed(verifyData(*this, "shifts", getShifts(), {n, groups},
                        isI8(getShifts()), "i8")) ||
      failed(verifyData(*this, "row_scale", getRowScale(), {n},
                        getRowScale().getElementType().isF32(), "f32")))
    return failure();
  ElementsAttr down = getDownAttr(), up = getUpAttr(), bias = getBiasAttr();
  if (!down != !up)
    return emitOpError() << "has one of down and up, want both or neither";
  if (up) {
    int64_t rank = up.getShapedType().getRank() == 2 ? getRank() : int64_t(1);
    if (rank < 1)
      return emitOpError() << "low-rank compensation has rank " << rank
                           << ", want at least 1";
    if (failed(verifyData(*this, "down", down, {rank, k}, isFloats(down),
                          "bf16, f16 or f32")) ||
        failed(verifyData(*this, "up", up, {n, rank}, isFloats(up),
                          "bf16, f16 or f32")))
      return failure();
  }
  if (bias && failed(verifyData(*this, "bias", bias, {n}, isFloats(bias),
                                "bf16, f16 or f32")))
    return failure();
  if (failed(verifyRanges<ChoiceAttr>(*this, "schedule", getSchedulesAttr())))
    return failure();
  return verifyRanges<VariantAttr>(*this, "variant", getVariantsAttr());
}
