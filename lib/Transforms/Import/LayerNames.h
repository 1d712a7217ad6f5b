//===- LayerNames.h - names for layers --------------------------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_LIB_TRANSFORMS_IMPORT_LAYERNAMES_H
#define ZQ_LIB_TRANSFORMS_IMPORT_LAYERNAMES_H

#include "mlir/IR/BuiltinOps.h"

namespace zq {

/// Names every zq.linear that has no name. No two of the module have the same
/// afterwards, as far as this function chose them; the result depends on
/// nothing but the module.
void nameLayers(mlir::ModuleOp module);

} // namespace zq

#endif // ZQ_LIB_TRANSFORMS_IMPORT_LAYERNAMES_H
