//===- BuildLinear.h - the IR of a raised product ---------------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_LIB_TRANSFORMS_IMPORT_BUILDLINEAR_H
#define ZQ_LIB_TRANSFORMS_IMPORT_BUILDLINEAR_H

#include "Roles.h"

#include "mlir/IR/PatternMatch.h"

namespace zq {

/// Replaces the product by a zq.linear, between the reshapes and transposes
/// that its operands and its result need.
void raiseToLinear(mlir::RewriterBase &rewriter, const Contraction &contraction,
                   const Roles &roles);

/// What `addend` is a broadcast of, as one dimension of N, if it is a bias: it
/// depends on no loop but `n`. Otherwise null, and nothing is built.
///
/// Where the result has only one row, every addend looks like that; then only
/// a constant, a marked argument or a vector is a bias, and the rest is taken
/// to be an activation (a residual).
mlir::Value extractBias(mlir::OpBuilder &builder, mlir::Location loc,
                        const LoopView &addend, llvm::ArrayRef<int> n,
                        bool hasOneRow, llvm::ArrayRef<int64_t> loopSizes);

} // namespace zq

#endif // ZQ_LIB_TRANSFORMS_IMPORT_BUILDLINEAR_H
