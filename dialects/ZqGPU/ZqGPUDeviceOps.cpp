//===- ZqGPUDeviceOps.cpp - what W4A8 needs of sm_90a ---------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Zq/Zq.h"
#include "dialects/ZqGPU/ZqGPU.h"

#include "mlir/Dialect/LLVMIR/LLVMTypes.h"
#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace zq::zqgpu;

bool zq::zqgpu::isAccumulatorType(Type type) {
  auto vector = dyn_cast<VectorType>(type);
  if (!vector || vector.getRank() != 1 || vector.isScalable() ||
      !vector.getElementType().isF32())
    return false;
  int64_t n = 2 * vector.getDimSize(0);
  return n >= 8 && n <= 256 && n % 8 == 0;
}

bool zq::zqgpu::isSharedPointerType(Type type) {
  auto pointer = dyn_cast<LLVM::LLVMPointerType>(type);
  return pointer && pointer.getAddressSpace() == 3;
}

#define GET_OP_CLASSES
#include "dialects/ZqGPU/ZqGPUDeviceOps.cpp.inc"

void ZqGPUDialect::registerDeviceOps() {
  addOperations<
#define GET_OP_LIST
#include "dialects/ZqGPU/ZqGPUDeviceOps.cpp.inc"
      >();
}

LogicalResult WgmmaOp::verify() {
  if (!isa<Float8E4M3FNType, Float8E5M2Type, FloatTF32Type>(
          getActivationFormat()))
    return emitOpError() << "activation format is " << getActivationFormat()
                         << ", want f8E4M3FN, f8E5M2 or tf32";
  return success();
}

/// The registers leave as they came.
static LogicalResult inferTied(ValueRange operands,
                               SmallVectorImpl<Type> &types) {
  llvm::append_range(types, operands.getTypes());
  return success();
}

LogicalResult WgmmaFenceOp::inferReturnTypes(
    MLIRContext *, std::optional<Location>, ValueRange operands, DictionaryAttr,
    OpaqueProperties, RegionRange, SmallVectorImpl<Type> &types) {
  return inferTied(operands, types);
}

LogicalResult WgmmaWaitOp::inferReturnTypes(MLIRContext *,
                                            std::optional<Location>,
                                            ValueRange operands, DictionaryAttr,
                                            OpaqueProperties, RegionRange,
                                            SmallVectorImpl<Type> &types) {
  return inferTied(operands, types);
}

LogicalResult DescriptorOp::verify() {
  if (getK() % 32 != 0)
    return emitOpError() << "k is " << getK() << ", want 0, 32, 64 or 96";
  return success();
}

LogicalResult ShiftTableOp::verify() {
  std::optional<zq::Format> format = zq::getFormat(getWeightFormat());
  if (!format || !zq::isFourBit(*format))
    return emitOpError() << "weight format is " << getWeightFormat()
                         << ", want f4E2M1FN, !zq.e3m0, !zq.e1m2 or i4";
  return verifyWindow(*this, *format, getMaxShift(), getMultipliers());
}
