//===- InitAll.h - registers all of zq --------------------------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What a tool calls to know the dialects, passes and pipelines of zq. Light on
// purpose: nothing of MLIR but declarations.
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_INITALL_H
#define ZQ_INITALL_H

namespace mlir {
class DialectRegistry;
} // namespace mlir

namespace zq {

/// Adds the dialects zq and zqgpu, with the interfaces that passes attach to
/// upstream dialects.
void registerAllDialects(mlir::DialectRegistry &registry);

/// Registers every pass and pipeline of zq (not the upstream ones).
void registerAllPasses();

} // namespace zq

#endif // ZQ_INITALL_H
