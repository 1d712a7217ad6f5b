//===- ElementMove.h - linalg ops that compute nothing ----------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_LIB_TRANSFORMS_ELEMENTMOVE_H
#define ZQ_LIB_TRANSFORMS_ELEMENTMOVE_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace zq {

/// Whether the map's results are loops, each at most once, and zeros. Unlike
/// `AffineMap::isProjectedPermutation`, with any number of zeros.
bool isProjection(mlir::AffineMap map);

/// Whether each element of the op's one result is an element of its one input,
/// perhaps converted between float types: a transpose, a broadcast, a copy, an
/// extension or a truncation, whatever the op is called. Every loop is a
/// dimension of the result. Null is no such op.
bool isElementMove(mlir::linalg::LinalgOp op);

} // namespace zq

#endif // ZQ_LIB_TRANSFORMS_ELEMENTMOVE_H
