//===- my-compiler.cpp - zq inside another compiler -----------------------===//
//
// Reads a module, runs zq's pipeline on it between passes of its own, and
// prints how many linear layers it got in which form.
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Zq/Zq.h"
#include "zq/InitAll.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"
#include "llvm/Support/raw_ostream.h"

int main(int argc, char **argv) {
  if (argc != 2) {
    llvm::errs() << "usage: my-compiler model.mlir\n";
    return 1;
  }
  mlir::DialectRegistry registry;
  mlir::registerAllDialects(registry);
  mlir::registerAllExtensions(registry);
  zq::registerAllDialects(registry);
  zq::registerAllPasses();

  mlir::MLIRContext context(registry);
  mlir::OwningOpRef<mlir::ModuleOp> module =
      mlir::parseSourceFile<mlir::ModuleOp>(argv[1], &context);
  if (!module)
    return 1;

  mlir::PassManager passes(&context);
  passes.addPass(mlir::createCanonicalizerPass());
  if (failed(mlir::parsePassPipeline("zq-quantize{group-size=64}", passes)) ||
      failed(passes.run(*module)))
    return 1;

  int quantized = 0, left = 0;
  module->walk([&](zq::QuantizedLinearOp) { ++quantized; });
  module->walk([&](zq::LinearOp) { ++left; });
  llvm::outs() << quantized << " quantized, " << left << " left in float\n";
  return 0;
}
