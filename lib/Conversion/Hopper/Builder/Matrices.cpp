//===- Matrices.cpp - matrices of a warp ----------------------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelBuilder.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

using namespace mlir;
using namespace zq::hopper;

void KernelBuilder::storeTransposed(ValueRange pairs, Value shared) {
  auto shape = NVVM::LdStMatrixShapeAttr::get(builder.getContext(), 8, 8);
  create<NVVM::StMatrixOp>(shared, pairs, NVVM::MMALayout::col, shape,
                           NVVM::LdStMatrixEltType::B16);
}

SmallVector<Value> KernelBuilder::loadTransposed(Value shared, int64_t count) {
  Type i32 = builder.getI32Type();
  Type type = i32;
  if (count != 1)
    type = LLVM::LLVMStructType::getLiteral(builder.getContext(),
                                            SmallVector<Type>(count, i32));
  auto shape = NVVM::LdStMatrixShapeAttr::get(builder.getContext(), 8, 8);
  Value matrices =
      create<NVVM::LdMatrixOp>(type, shared, count, NVVM::MMALayout::col, shape,
                               NVVM::LdStMatrixEltType::B16);
  SmallVector<Value> pairs;
  for (int64_t i = 0; i < count; ++i)
    pairs.push_back(
        count == 1 ? matrices
                   : create<LLVM::ExtractValueOp>(matrices, i).getResult());
  return pairs;
}

SmallVector<Value> KernelBuilder::multiplyMatrices(Type type, ValueRange a,
                                                   ValueRange b, ValueRange c) {
  SmallVector<Type> types(c.size(), builder.getF32Type());
  auto result = LLVM::LLVMStructType::getLiteral(builder.getContext(), types);
  NVVM::MMATypes format = !type          ? NVVM::MMATypes::tf32
                          : type.isF16() ? NVVM::MMATypes::f16
                                         : NVVM::MMATypes::bf16;
  std::array<NVVM::MMATypes, 2> formats = {format, format};
  std::array<NVVM::MMALayout, 2> layouts = {NVVM::MMALayout::row,
                                            NVVM::MMALayout::col};
  SmallVector<Value> rows(a), columns(b);
  if (type && type.isF16())
    for (SmallVector<Value> *operands : {&rows, &columns})
      for (Value &operand : *operands)
        operand = bitcast(VectorType::get({2}, type), operand);
  Value product = create<NVVM::MmaOp>(
      result, rows, columns, c, ArrayRef<int64_t>{16, 8, type ? 16 : 8},
      std::nullopt, std::nullopt, formats, layouts);
  SmallVector<Value> sums;
  for (size_t i = 0; i < c.size(); ++i)
    sums.push_back(create<LLVM::ExtractValueOp>(product, i));
  return sums;
}
