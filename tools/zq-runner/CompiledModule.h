//===- CompiledModule.h - a module, compiled for this machine ---*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_TOOLS_ZQ_RUNNER_COMPILEDMODULE_H
#define ZQ_TOOLS_ZQ_RUNNER_COMPILEDMODULE_H

#include "Signature.h"

#include "mlir/ExecutionEngine/ExecutionEngine.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include <functional>

namespace zq {

/// Gets what an observer sees: its number and its tokens (tokens x k, row by
/// row).
using ObserveFunction = std::function<void(int64_t number, const float *x,
                                           int64_t tokens, int64_t k)>;

struct CompileOptions {
  std::string entry;
  /// A textual pass pipeline on the module; zq-to-cpu where empty.
  std::string pipeline;
  /// The option of zq-to-cpu.
  std::string arith;
  /// Of LLVM's optimizer, 0 to 3.
  unsigned optLevel;
};

class CompiledModule {
public:
  /// Reads a module, lowers it unless it is lowered already, and compiles it.
  /// Errors are printed as diagnostics.
  static mlir::FailureOr<CompiledModule> create(mlir::MLIRContext &context,
                                                const std::string &path,
                                                const CompileOptions &options);

  const Signature &getSignature() const { return signature; }

  /// For each input that the module's observers see, the layers that read it.
  std::vector<std::vector<std::string>> getObservedLayers() const;

  /// Calls the entry. The inputs match the signature and are left as they are.
  /// Without `observe` nobody looks at what observers see.
  mlir::FailureOr<std::vector<Array>> call(const std::vector<Array> &inputs,
                                           const ObserveFunction &observe = {});

private:
  std::string entry;
  Signature signature;
  // Owns the bytes of the constants that the code reads in place.
  mlir::OwningOpRef<mlir::ModuleOp> module;
  std::unique_ptr<mlir::ExecutionEngine> engine;
};

} // namespace zq

#endif // ZQ_TOOLS_ZQ_RUNNER_COMPILEDMODULE_H
