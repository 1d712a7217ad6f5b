//===- Signature.cpp - what a compiled function takes and returns ---------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "zq/Execution/Signature.h"

#include "mlir/IR/Diagnostics.h"

using namespace mlir;
using namespace zq;

static std::optional<DType> getDType(Type type) {
  if (type.isF32())
    return DType::F32;
  if (type.isF64())
    return DType::F64;
  if (type.isF16())
    return DType::F16;
  if (type.isBF16())
    return DType::BF16;
  if (isa<Float8E4M3FNType>(type))
    return DType::F8_E4M3;
  if (isa<Float8E5M2Type>(type))
    return DType::F8_E5M2;
  if (type.isIndex())
    return DType::I64;
  auto integer = dyn_cast<IntegerType>(type);
  if (!integer)
    return std::nullopt;
  bool isUnsigned = integer.isUnsigned();
  switch (integer.getWidth()) {
  case 1:
    return DType::BOOL;
  case 8:
    return isUnsigned ? DType::U8 : DType::I8;
  case 16:
    return isUnsigned ? DType::U16 : DType::I16;
  case 32:
    return isUnsigned ? DType::U32 : DType::I32;
  case 64:
    return isUnsigned ? DType::U64 : DType::I64;
  default:
    return std::nullopt;
  }
}

bool Slot::hasStaticShape() const { return !ShapedType::isDynamicShape(shape); }

std::string Slot::getText() const {
  std::string element(getDTypeName(dtype));
  if (isScalar)
    return element;
  std::string text = "tensor<";
  for (int64_t size : shape)
    text += (ShapedType::isDynamic(size) ? "?" : std::to_string(size)) + "x";
  return text + element + ">";
}

static FailureOr<Slot> parseSlot(Type type, const llvm::Twine &what,
                                 Location loc) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  std::optional<DType> dtype =
      getDType(tensor ? tensor.getElementType() : type);
  if (!dtype)
    return emitError(loc) << what << " is of type " << type
                          << ", want a ranked tensor or a scalar of f64, f32, "
                             "f16, bf16, f8E4M3FN, f8E5M2, index or an integer "
                             "of 1, 8, 16, 32 or 64 bits";
  Slot slot{*dtype, !tensor, {}, {}, std::nullopt};
  if (tensor)
    slot.shape.assign(tensor.getShape().begin(), tensor.getShape().end());
  return slot;
}

FailureOr<Signature> zq::parseSignature(FunctionType type, Location loc) {
  Signature signature;
  for (auto [i, input] : llvm::enumerate(type.getInputs())) {
    FailureOr<Slot> slot = parseSlot(input, "argument " + Twine(i), loc);
    if (failed(slot))
      return failure();
    signature.arguments.push_back(*slot);
  }
  for (auto [i, output] : llvm::enumerate(type.getResults())) {
    FailureOr<Slot> slot = parseSlot(output, "result " + Twine(i), loc);
    if (failed(slot))
      return failure();
    signature.results.push_back(*slot);
  }
  return signature;
}

bool zq::matches(const Slot &slot, const Array &array) {
  if (slot.dtype != array.getDType() ||
      slot.shape.size() != array.getShape().size())
    return false;
  for (auto [want, have] : llvm::zip(slot.shape, array.getShape()))
    if (!ShapedType::isDynamic(want) && want != have)
      return false;
  return true;
}
