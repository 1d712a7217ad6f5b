//===- ExportFunctions.cpp - public functions for outside callers ---------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Zq/Zq.h"
#include "zq/Conversion/Passes.h"

#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

namespace zq {
#define GEN_PASS_DEF_EXPORTFUNCTIONS
#include "zq/Conversion/Passes.h.inc"
} // namespace zq

using namespace mlir;
using namespace zq;

namespace {
class ExportFunctionsPass
    : public zq::impl::ExportFunctionsBase<ExportFunctionsPass> {
  void runOnOperation() override {
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (function.isPublic() && !function.isDeclaration())
        exportFunction(function);
  }

  static void exportFunction(func::FuncOp function) {
    Builder b(function.getContext());
    function->setAttr(LLVM::LLVMDialect::getEmitCWrapperAttrName(),
                      b.getUnitAttr());
    function->setAttr(kSignatureAttrName,
                      TypeAttr::get(function.getFunctionType()));
    for (auto [i, type] : llvm::enumerate(function.getArgumentTypes()))
      if (isa<TensorType>(type))
        function.setArgAttr(
            i, bufferization::BufferizationDialect::kWritableAttrName,
            b.getBoolAttr(false));
    moveWeightNames(function);
  }

  /// From arguments, of which lowering makes several each, to the function.
  static void moveWeightNames(func::FuncOp function) {
    Builder b(function.getContext());
    SmallVector<Attribute> names(function.getNumArguments(),
                                 b.getStringAttr(""));
    bool hasWeights = false;
    for (unsigned i = 0, e = function.getNumArguments(); i < e; ++i) {
      Attribute name = function.removeArgAttr(
          i, b.getStringAttr(ZqDialect::kWeightAttrName));
      if (!isa_and_present<StringAttr>(name))
        continue; // the unit attribute gives no name
      names[i] = name;
      hasWeights = true;
    }
    if (hasWeights)
      function->setAttr(kArgumentWeightsAttrName, b.getArrayAttr(names));
  }
};
} // namespace
