//===- ZqGPU.h - the zqgpu dialect: compiled linears -----------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The module level of the dialect, without LLVM or GPU headers. The ops of
// kernels are in ZqGPUDeviceOps.h.
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_DIALECTS_ZQGPU_ZQGPU_H
#define ZQ_DIALECTS_ZQGPU_ZQGPU_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"

#include "dialects/ZqGPU/ZqGPUDialect.h.inc"
#include "dialects/ZqGPU/ZqGPUEnums.h.inc"

#define GET_ATTRDEF_CLASSES
#include "dialects/ZqGPU/ZqGPUAttrs.h.inc"
#define GET_OP_CLASSES
#include "dialects/ZqGPU/ZqGPUOps.h.inc"

#endif // ZQ_DIALECTS_ZQGPU_ZQGPU_H
