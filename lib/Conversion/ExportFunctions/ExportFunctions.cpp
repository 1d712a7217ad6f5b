//===- ExportFunctions.cpp - public functions for outside callers ---------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TableRows.h"

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
    addTableRows(function);
  }

  /// What callers must not pass more than, since no table has it.
  static void addTableRows(func::FuncOp function) {
    SmallVector<int64_t> rows(function.getNumArguments(), -1);
    for (auto [argument, count] : llvm::zip(function.getArguments(), rows))
      if (getElementTypeOrSelf(argument.getType()).isIntOrIndex())
        count = findTableRows(argument).value_or(-1);
    if (llvm::any_of(rows, [](int64_t count) { return count >= 0; }))
      function->setAttr(kArgumentRowsAttrName,
                        DenseI64ArrayAttr::get(function.getContext(), rows));
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
