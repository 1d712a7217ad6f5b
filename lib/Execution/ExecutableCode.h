//===- ExecutableCode.h - code in memory and what it needs ------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_LIB_EXECUTION_EXECUTABLECODE_H
#define ZQ_LIB_EXECUTION_EXECUTABLECODE_H

#include "zq/Execution/CompiledModule.h"

#include "mlir/ExecutionEngine/ExecutionEngine.h"

namespace zq {

/// What a compiled module and its functions share.
class ExecutableCode {
public:
  /// Compiles a module of the LLVM dialect; errors are diagnostics.
  static mlir::FailureOr<std::shared_ptr<const ExecutableCode>>
  create(mlir::OwningOpRef<mlir::ModuleOp> module, unsigned optLevel);

  // Owns the bytes of the constants that the code reads in place.
  mlir::OwningOpRef<mlir::ModuleOp> module;
  std::unique_ptr<mlir::ExecutionEngine> engine;
};

/// While it lives, observers of code that this thread runs call `observe`.
class ObserverScope {
public:
  explicit ObserverScope(const ObserveFunction &observe);
  ~ObserverScope();
  ObserverScope(const ObserverScope &) = delete;
  ObserverScope &operator=(const ObserverScope &) = delete;

private:
  const ObserveFunction *outer;
};

} // namespace zq

#endif // ZQ_LIB_EXECUTION_EXECUTABLECODE_H
