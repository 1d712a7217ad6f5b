//===- WriteModule.h - compiled modules from IR -----------------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_TARGET_MODULE_WRITEMODULE_H
#define ZQ_TARGET_MODULE_WRITEMODULE_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Support/LLVM.h"

namespace zq {

/// Writes the `zqgpu.linear` ops of a module, and the cubins that their
/// variants launch, to a module file (zq/Runtime/ModuleFile.h). The file
/// appears whole or not at all; what stands in the way is reported at the op. A
/// linear without variants is written for the CPU only.
mlir::LogicalResult writeModule(mlir::ModuleOp module, llvm::StringRef path);

} // namespace zq

#endif // ZQ_TARGET_MODULE_WRITEMODULE_H
