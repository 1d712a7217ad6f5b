//===- Generic.h - edit the body of a linalg op -----------------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_LIB_TRANSFORMS_IMPORT_GENERIC_H
#define ZQ_LIB_TRANSFORMS_IMPORT_GENERIC_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/PatternMatch.h"

namespace zq {

/// Whether the op computes one tensor, each element from the elements that its
/// maps say, once.
bool isElementwise(mlir::linalg::LinalgOp op);

/// The op as a linalg.generic whose body can be edited.
mlir::linalg::GenericOp makeGeneric(mlir::RewriterBase &rewriter,
                                    mlir::linalg::LinalgOp op);

/// After the body was edited: drops inputs that it no longer uses, and the
/// whole op if it only yields an input of the same shape and type; one that
/// only permutes dimensions becomes a linalg.transpose.
void simplify(mlir::RewriterBase &rewriter, mlir::linalg::GenericOp op);

} // namespace zq

#endif // ZQ_LIB_TRANSFORMS_IMPORT_GENERIC_H
