//===- Describe.h - the description of a module's linears -------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_LIB_TARGET_MODULE_DESCRIBE_H
#define ZQ_LIB_TARGET_MODULE_DESCRIBE_H

#include "dialects/ZqGPU/ZqGPU.h"
#include "zq/Runtime/ModuleDescription.h"

#include "mlir/IR/BuiltinOps.h"

namespace zq {

/// A module file's description, and where the bytes of its blobs come from.
struct DescribedModule {
  runtime::ModuleDescription description;
  std::vector<zqgpu::LinearOp> linears;
  /// Whether a linear's constants are those of one before, and so its blobs.
  std::vector<bool> shared;
  /// The bytes of each cubin, in the order of the description.
  std::vector<llvm::StringRef> cubins;
};

/// Describes the linears of `module` and the cubins that they launch; failures
/// are reported at the op.
mlir::FailureOr<DescribedModule> describeModule(mlir::ModuleOp module);

} // namespace zq

#endif // ZQ_LIB_TARGET_MODULE_DESCRIBE_H
