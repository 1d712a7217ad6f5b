//===- Remarks.h - what a pass says about one layer -------------*- C++ -*-===//
//
// Nothing is left alone in silence: a pass that does not change a layer says so
// and why, in an MLIR remark of category "zq"
// (`--remarks-filter-missed=zq --remark-format=...`).
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_TRANSFORMS_REMARKS_H
#define ZQ_TRANSFORMS_REMARKS_H

#include "mlir/IR/Operation.h"
#include "mlir/IR/Remarks.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

namespace zq {

/// The name of a layer's op, empty where it has none.
inline llvm::StringRef getLayerName(mlir::Operation *op) {
  auto name = op->getAttrOfType<mlir::StringAttr>("name");
  return name ? name.getValue() : llvm::StringRef();
}

/// The remark options of `pass` for a function or something inside of one.
inline mlir::remark::RemarkOpts getRemarkOpts(mlir::Operation *op,
                                              llvm::StringRef pass) {
  mlir::remark::RemarkOpts opts =
      mlir::remark::RemarkOpts::name(pass).category("zq");
  bool isFunction = mlir::isa<mlir::FunctionOpInterface>(op);
  for (mlir::Operation *parent = isFunction ? op : op->getParentOp(); parent;
       parent = parent->getParentOp())
    if (auto symbol = parent->getAttrOfType<mlir::StringAttr>(
            mlir::SymbolTable::getSymbolAttrName()))
      return opts.function(symbol.getValue());
  return opts;
}

/// Which layer the remark is about, where the operation has a name.
inline void addLayerName(mlir::remark::detail::InFlightRemark &remark,
                         mlir::Operation *op) {
  if (llvm::StringRef name = getLayerName(op); !name.empty())
    remark << mlir::remark::metric("Layer", name);
}

/// `layer` is left as it is; `<<` the reason.
inline mlir::remark::detail::InFlightRemark remarkMissed(mlir::Operation *layer,
                                                         llvm::StringRef pass) {
  auto remark =
      mlir::remark::missed(layer->getLoc(), getRemarkOpts(layer, pass));
  addLayerName(remark, layer);
  return remark;
}

/// Nothing was to be done for `op`; `<<` the reason, for who wants to know what
/// a pass has seen.
inline mlir::remark::detail::InFlightRemark
remarkAnalysis(mlir::Operation *op, llvm::StringRef pass) {
  auto remark = mlir::remark::analysis(op->getLoc(), getRemarkOpts(op, pass));
  addLayerName(remark, op);
  return remark;
}

/// `layer` was changed; `<<` what is worth knowing.
inline mlir::remark::detail::InFlightRemark remarkPassed(mlir::Operation *layer,
                                                         llvm::StringRef pass) {
  auto remark =
      mlir::remark::passed(layer->getLoc(), getRemarkOpts(layer, pass));
  addLayerName(remark, layer);
  return remark;
}

} // namespace zq

#endif // ZQ_TRANSFORMS_REMARKS_H
