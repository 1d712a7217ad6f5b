//===- Values.cpp - constants, arithmetic, vectors, conversions -----------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelBuilder.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace zq::hopper;

//===----------------------------------------------------------------------===//
// Constants
//===----------------------------------------------------------------------===//

Scalar KernelBuilder::i32(int64_t value) { return {*this, makeI32(value)}; }

Value KernelBuilder::makeI32(int64_t value) {
  return create<arith::ConstantOp>(builder.getI32IntegerAttr(value));
}

Scalar KernelBuilder::f32(double value) {
  return {*this, create<arith::ConstantOp>(builder.getF32FloatAttr(value))};
}

Scalar KernelBuilder::boolean(bool value) {
  return {*this, create<arith::ConstantOp>(builder.getBoolAttr(value))};
}

Value KernelBuilder::zeroVector(Type element, int64_t length) {
  auto type = VectorType::get({length}, element);
  return create<arith::ConstantOp>(builder.getZeroAttr(type));
}

Value KernelBuilder::undefined(Type type) {
  return create<LLVM::PoisonOp>(type);
}

//===----------------------------------------------------------------------===//
// Arithmetic
//===----------------------------------------------------------------------===//

Scalar KernelBuilder::min(Scalar a, Scalar b) {
  return {*this, create<arith::MinUIOp>(a, b)};
}

Scalar KernelBuilder::max(Scalar a, Scalar b) {
  return {*this, create<arith::MaximumFOp>(a, b)};
}

Value KernelBuilder::maxUnsigned(Value a, Value b) {
  return create<arith::MaxUIOp>(a, b);
}

Scalar KernelBuilder::abs(Scalar a) { return {*this, create<math::AbsFOp>(a)}; }

Scalar KernelBuilder::fma(Scalar a, Scalar b, Scalar c) {
  return {*this, create<math::FmaOp>(a, b, c)};
}

Scalar KernelBuilder::negate(Scalar a) {
  return {*this, create<arith::NegFOp>(a)};
}

Value KernelBuilder::add(Value a, Value b) {
  return create<arith::AddFOp>(a, b);
}

Scalar KernelBuilder::select(Scalar condition, Scalar a, Scalar b) {
  return {*this, create<arith::SelectOp>(condition, a, b)};
}

//===----------------------------------------------------------------------===//
// Vectors
//===----------------------------------------------------------------------===//

Scalar KernelBuilder::extract(Value vector, int64_t index) {
  return {*this, create<LLVM::ExtractElementOp>(vector, makeI32(index))};
}

SmallVector<Value> KernelBuilder::unpack(Value vector) {
  int64_t length = cast<VectorType>(vector.getType()).getDimSize(0);
  SmallVector<Value> elements;
  for (int64_t i = 0; i < length; ++i)
    elements.push_back(extract(vector, i));
  return elements;
}

Value KernelBuilder::pack(ArrayRef<Value> elements) {
  auto type = VectorType::get({static_cast<int64_t>(elements.size())},
                              elements.front().getType());
  Value vector = create<LLVM::PoisonOp>(type);
  for (auto [index, element] : llvm::enumerate(elements))
    vector = create<LLVM::InsertElementOp>(vector, element, makeI32(index));
  return vector;
}

//===----------------------------------------------------------------------===//
// Conversions
//===----------------------------------------------------------------------===//

Scalar KernelBuilder::asI64(Scalar value) {
  return {*this, create<arith::ExtUIOp>(builder.getI64Type(), value)};
}

Scalar KernelBuilder::asI32(Scalar value) {
  return {*this, create<arith::ExtUIOp>(builder.getI32Type(), value)};
}

Scalar KernelBuilder::toF32(Value value) {
  if (!value.getType().isF32())
    value = create<arith::ExtFOp>(builder.getF32Type(), value);
  return {*this, value};
}

SmallVector<Scalar> KernelBuilder::asFloats(ArrayRef<Value> vectors) {
  SmallVector<Scalar> floats;
  for (Value vector : vectors)
    for (Value value : unpack(vector))
      floats.push_back(toF32(value));
  return floats;
}

Value KernelBuilder::bitcast(Type type, Value value) {
  return create<LLVM::BitcastOp>(type, value);
}

Scalar KernelBuilder::convertToFP8(Type format, Scalar first, Scalar second) {
  return {*this, create<NVVM::ConvertF32x2ToF8x2Op>(
                     builder.getI16Type(), second, first,
                     NVVM::FPRoundingMode::RN, NVVM::SaturationMode::SATFINITE,
                     /*relu=*/false, format)};
}

Scalar KernelBuilder::toTF32(Scalar value) {
  return {*this, create<NVVM::ConvertFloatToTF32Op>(builder.getI32Type(), value,
                                                    NVVM::FPRoundingMode::RNA)};
}

Scalar KernelBuilder::packPair(Type type, Value first, Value second) {
  Value pair = create<arith::TruncFOp>(VectorType::get({2}, type),
                                       pack({first, second}));
  return {*this, create<LLVM::BitcastOp>(builder.getI32Type(), pair)};
}

SmallVector<Scalar> KernelBuilder::unpackPair(Type type, Value pair) {
  Value both = create<LLVM::BitcastOp>(VectorType::get({2}, type), pair);
  return asFloats(both);
}
