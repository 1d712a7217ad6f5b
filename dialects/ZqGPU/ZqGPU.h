//===- ZqGPU.h - the zqgpu dialect ------------------------------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Compiled linears at the module level, and the ops of kernels that NVVM lacks.
// Without LLVM or GPU headers.
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_DIALECTS_ZQGPU_ZQGPU_H
#define ZQ_DIALECTS_ZQGPU_ZQGPU_H

#include "zq/Numerics/Formats.h"

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "dialects/ZqGPU/ZqGPUDialect.h.inc"
#include "dialects/ZqGPU/ZqGPUEnums.h.inc"

namespace zq::zqgpu {
/// vector<n/2 x f32>: what one thread holds of the accumulators of m64 x n.
bool isAccumulatorType(mlir::Type type);
/// !llvm.ptr<3>.
bool isSharedPointerType(mlir::Type type);
/// Codes of a 4-bit format are exact in f8E4M3FN at all shifts up to
/// `maxShift`, with all multipliers where there are any; an error of `op`
/// otherwise.
mlir::LogicalResult verifyWindow(mlir::Operation *op, Format weight,
                                 uint64_t maxShift, bool multipliers);
} // namespace zq::zqgpu

#define GET_ATTRDEF_CLASSES
#include "dialects/ZqGPU/ZqGPUAttrs.h.inc"
#define GET_OP_CLASSES
#include "dialects/ZqGPU/ZqGPUOps.h.inc"
#define GET_OP_CLASSES
#include "dialects/ZqGPU/ZqGPUDeviceOps.h.inc"

#endif // ZQ_DIALECTS_ZQGPU_ZQGPU_H
