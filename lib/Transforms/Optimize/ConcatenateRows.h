//===- ConcatenateRows.h - constants one under the other --------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_LIB_TRANSFORMS_OPTIMIZE_CONCATENATEROWS_H
#define ZQ_LIB_TRANSFORMS_OPTIMIZE_CONCATENATEROWS_H

#include "mlir/IR/BuiltinAttributes.h"
#include "llvm/ADT/DenseMap.h"

namespace zq {

/// Puts constants of one element type together along their first dimension, in
/// row-major order. The results are null where a resource has no data.
class RowConcatenation {
public:
  /// As a resource. The same parts give the same resource, so that functions
  /// that share weights go on sharing them.
  mlir::DenseResourceElementsAttr
  getResource(llvm::ArrayRef<mlir::ElementsAttr> parts, llvm::StringRef name);
  mlir::DenseElementsAttr getConstant(llvm::ArrayRef<mlir::ElementsAttr> parts);
  /// Matrices along the diagonal of a larger one, zeros beside them.
  mlir::DenseElementsAttr
  getBlockDiagonal(llvm::ArrayRef<mlir::ElementsAttr> parts);

private:
  llvm::DenseMap<mlir::Attribute, mlir::DenseResourceElementsAttr> resources;
};

} // namespace zq

#endif // ZQ_LIB_TRANSFORMS_OPTIMIZE_CONCATENATEROWS_H
