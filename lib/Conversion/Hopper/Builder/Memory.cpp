//===- Memory.cpp - addresses, loads and stores, flags --------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelBuilder.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace zq::hopper;

//===----------------------------------------------------------------------===//
// Addresses
//===----------------------------------------------------------------------===//

Value KernelBuilder::offset(Value pointer, Scalar bytes) {
  return create<LLVM::GEPOp>(pointer.getType(), builder.getI8Type(), pointer,
                             ArrayRef<LLVM::GEPArg>{Value(bytes)});
}
Value KernelBuilder::offset(Value pointer, int64_t bytes) {
  return create<LLVM::GEPOp>(
      pointer.getType(), builder.getI8Type(), pointer,
      ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(bytes)});
}

Value KernelBuilder::element(Type type, Value array, Scalar index) {
  return create<LLVM::GEPOp>(array.getType(), type, array,
                             ArrayRef<LLVM::GEPArg>{Value(index)});
}

Scalar KernelBuilder::asInteger(Value pointer) {
  return {*this, create<LLVM::PtrToIntOp>(builder.getI64Type(), pointer)};
}

//===----------------------------------------------------------------------===//
// Loads and stores
//===----------------------------------------------------------------------===//

Value KernelBuilder::load(Type type, Value pointer) {
  return create<LLVM::LoadOp>(type, pointer);
}
void KernelBuilder::store(Value value, Value pointer) {
  create<LLVM::StoreOp>(value, pointer);
}

Value KernelBuilder::loadVector(Type type, int64_t length, Value pointer) {
  return load(VectorType::get({length}, type), pointer);
}

Scalar KernelBuilder::loadFloat(Type type, Value array, Scalar index) {
  return toF32(load(type, element(type, array, index)));
}

SmallVector<Value> KernelBuilder::loadWide(Type type, Value array, Scalar index,
                                           int64_t count) {
  int64_t perLoad = 128 / type.getIntOrFloatBitWidth();
  SmallVector<Value> vectors;
  for (int64_t first = 0; first < count; first += perLoad)
    vectors.push_back(
        loadVector(type, perLoad, element(type, array, index + first)));
  return vectors;
}

void KernelBuilder::storeFloat(Type type, Scalar value, Value array,
                               Scalar index) {
  Value rounded = value;
  if (!type.isF32())
    rounded = create<arith::TruncFOp>(type, value);
  store(rounded, element(type, array, index));
}

//===----------------------------------------------------------------------===//
// Flags
//===----------------------------------------------------------------------===//

void KernelBuilder::setFlag(Value flag) {
  create<LLVM::StoreOp>(makeI32(1), flag, /*alignment=*/4, /*isVolatile=*/false,
                        /*isNonTemporal=*/false, /*isInvariantGroup=*/false,
                        LLVM::AtomicOrdering::release, "device");
}

void KernelBuilder::waitForFlag(Value flag) {
  auto loop = create<scf::WhileOp>(TypeRange(), ValueRange());
  OpBuilder::InsertionGuard guard(builder);
  builder.createBlock(&loop.getBefore());
  Value value = create<LLVM::LoadOp>(
      builder.getI32Type(), flag, /*alignment=*/4, /*isVolatile=*/false,
      /*isNonTemporal=*/false, /*isInvariant=*/false,
      /*isInvariantGroup=*/false, LLVM::AtomicOrdering::acquire, "device");
  create<scf::ConditionOp>(Scalar(*this, value) == 0, ValueRange());
  builder.createBlock(&loop.getAfter());
  create<scf::YieldOp>();
}
