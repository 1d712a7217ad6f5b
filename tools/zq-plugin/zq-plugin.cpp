//===- zq-plugin.cpp - zq inside a stock mlir-opt -------------------------===//
//
// Registers the passes in the dialect plugin's hook as well: with
// --load-pass-plugin alone mlir-opt would not know the dialect.
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "zq/InitAll.h"

#include "mlir/Tools/Plugins/DialectPlugin.h"
#include "mlir/Tools/Plugins/PassPlugin.h"
#include "llvm/Support/Compiler.h"

extern "C" LLVM_ATTRIBUTE_WEAK
    LLVM_ATTRIBUTE_VISIBILITY_DEFAULT mlir::DialectPluginLibraryInfo
    mlirGetDialectPluginInfo() {
  return {MLIR_PLUGIN_API_VERSION, "zq", "0.1.0",
          [](mlir::DialectRegistry *registry) {
            zq::registerAllDialects(*registry);
            zq::registerAllPasses();
          }};
}

extern "C" LLVM_ATTRIBUTE_WEAK
    LLVM_ATTRIBUTE_VISIBILITY_DEFAULT mlir::PassPluginLibraryInfo
    mlirGetPassPluginInfo() {
  return {MLIR_PLUGIN_API_VERSION, "zq", "0.1.0",
          [] { zq::registerAllPasses(); }};
}
