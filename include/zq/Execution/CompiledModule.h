//===- CompiledModule.h - a module, compiled for this machine ---*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The CPU path as a library: a module is lowered by zq-to-cpu, compiled in this
// process, and its public functions are called with arrays.
//
//   FailureOr<CompiledModule> module =
//       CompiledModule::load(context, "block.mlir", {});
//   FailureOr<CompiledFunction> forward = module->lookup("main");
//   Result<std::vector<Array>> results = forward->call({tokens});
//
// A call runs on the thread that makes it, and any number of threads may call
// at a time: callInOrder (zq/Execution/CallInOrder.h) runs windows of text in
// parallel. Constants exist once, whatever calls them: those that are resources
// (zq.weight, dense_resource) are read where they are, in mapped files.
//
// The context must know all dialects and the translations to LLVM IR;
// registerForExecution does that.
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_EXECUTION_COMPILEDMODULE_H
#define ZQ_EXECUTION_COMPILEDMODULE_H

#include "zq/Execution/Signature.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include <functional>

namespace mlir {
class PassManager;
} // namespace mlir

namespace zq {

/// Gets what an observer (zq.observe) sees: its number and its tokens
/// (tokens x k, row by row, valid during the call only).
using ObserveFunction = std::function<void(int64_t number, const float *x,
                                           int64_t tokens, int64_t k)>;

struct CompileOptions {
  /// A textual pass pipeline on the module; zq-to-cpu where empty.
  std::string pipeline;
  /// The option of zq-to-cpu.
  std::string arith = "integer";
  /// Of LLVM's optimizer, 0 to 3.
  unsigned optLevel = 2;
  /// Functions that must be there: told before anything is lowered.
  std::vector<std::string> functions;
  /// Called on the pass manager before passes are added to it; a tool passes
  /// mlir::applyPassManagerCLOptions.
  std::function<llvm::LogicalResult(mlir::PassManager &)> configurePasses;
};

/// Adds the upstream dialects, zq, and the translations to LLVM IR: all that a
/// context needs to compile modules that front ends write. (Textual pipelines
/// want registerAllPasses of MLIR and zq as well.)
void registerForExecution(mlir::DialectRegistry &registry);

class ExecutableCode;

/// A public function of a compiled module. Copies are cheap; the code lives as
/// long as one of them or the module does.
class CompiledFunction {
public:
  const std::string &getName() const { return name; }
  const Signature &getSignature() const { return signature; }

  /// Calls the function on this thread; threads may call at the same time. The
  /// inputs are left as they are. Fails where they do not match the signature.
  /// Without `observe` nobody looks at what observers see.
  Result<std::vector<Array>> call(llvm::ArrayRef<Array> inputs,
                                  const ObserveFunction &observe = {}) const;

private:
  friend class CompiledModule;
  CompiledFunction() = default;

  std::string name;
  Signature signature;
  void (*packed)(void **) = nullptr;
  std::shared_ptr<const ExecutableCode> code;
};

class CompiledModule {
public:
  /// Reads a module and compiles it. Errors are printed as diagnostics.
  static mlir::FailureOr<CompiledModule> load(mlir::MLIRContext &context,
                                              const std::string &path,
                                              const CompileOptions &options);

  /// Lowers `module`, unless it is in the LLVM dialect already, and compiles
  /// it. Its context must outlive the code. Errors are diagnostics of the
  /// context.
  static mlir::FailureOr<CompiledModule>
  compile(mlir::OwningOpRef<mlir::ModuleOp> module,
          const CompileOptions &options);

  /// The public functions that have a body.
  std::vector<std::string> getFunctionNames() const;

  /// The function of that name; an error that lists what there is otherwise.
  /// Not to be called by several threads at a time.
  mlir::FailureOr<CompiledFunction> lookup(llvm::StringRef name) const;

  /// For each input that the module's observers see, the layers that read it.
  /// Observers are numbered through all functions.
  std::vector<std::vector<std::string>> getObservedLayers() const;

private:
  std::shared_ptr<const ExecutableCode> code;
};

} // namespace zq

#endif // ZQ_EXECUTION_COMPILEDMODULE_H
