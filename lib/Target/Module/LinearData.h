//===- LinearData.h - the bytes of a linear's constants ---------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_LIB_TARGET_MODULE_LINEARDATA_H
#define ZQ_LIB_TARGET_MODULE_LINEARDATA_H

#include "dialects/ZqGPU/ZqGPU.h"
#include "zq/Support/Result.h"

#include "mlir/IR/BuiltinAttributes.h"

#include <vector>

namespace zq {

/// The raw bytes of constant data: of the resource or the attribute itself
/// where it has them, else in `storage`.
Result<llvm::ArrayRef<char>> getBytes(mlir::ElementsAttr data,
                                      std::vector<char> &storage);

/// The tiles of a linear's codes and shifts. The error says which shift is past
/// `max_shift`.
Result<std::vector<uint8_t>> packWeights(zqgpu::LinearOp op);

/// Fails unless all row scales are finite.
Result<void> checkRowScale(zqgpu::LinearOp op);

} // namespace zq

#endif // ZQ_LIB_TARGET_MODULE_LINEARDATA_H
