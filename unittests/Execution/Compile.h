//===- Compile.h - modules of tests, compiled -------------------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_UNITTESTS_EXECUTION_COMPILE_H
#define ZQ_UNITTESTS_EXECUTION_COMPILE_H

#include "zq/Execution/CompiledModule.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"

namespace zq {

/// A context with all that modules need.
struct TestContext {
  TestContext() {
    mlir::DialectRegistry registry;
    registerForExecution(registry);
    context.appendDialectRegistry(registry);
  }
  mlir::FailureOr<CompiledModule> compile(const char *text,
                                          const CompileOptions &options = {}) {
    auto module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
    if (!module)
      return mlir::failure();
    return CompiledModule::compile(std::move(module), options);
  }
  mlir::MLIRContext context;
};

inline float *getFloats(Array &array) {
  return reinterpret_cast<float *>(array.data());
}

/// tensor<size x f32> full of `value`.
inline Array makeFull(std::vector<int64_t> shape, float value) {
  Array array(DType::F32, std::move(shape));
  for (int64_t i = 0, e = array.getNumElements(); i < e; ++i)
    getFloats(array)[i] = value;
  return array;
}

} // namespace zq

#endif // ZQ_UNITTESTS_EXECUTION_COMPILE_H
