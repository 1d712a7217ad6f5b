//===- MatrixProduct.h - products of matrices among linalg ops --*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_LIB_CONVERSION_LINALGTOBLAS_MATRIXPRODUCT_H
#define ZQ_LIB_CONVERSION_LINALGTOBLAS_MATRIXPRODUCT_H

#include "mlir/Support/LLVM.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/SmallVector.h"
#include <optional>
#include <string>

namespace mlir::linalg {
class LinalgOp;
} // namespace mlir::linalg

namespace zq {

/// The loops of a linalg op that computes, for each index of `outer`,
/// C[m, n] += sum_k A[m, k] * B[k, n]. A dimension of a vector is missing.
struct MatrixProduct {
  std::optional<unsigned> m, n;
  unsigned k = 0;
  /// Batches, further dimensions of A or B alone, and further sums.
  llvm::SmallVector<unsigned> outer;
  /// Whether one of `outer` is a sum.
  bool sumsOutside = false;
};

/// Sums of products of FP32 numbers, operands possibly widened in the body
/// (`extf`). nullopt, with the reason in `why`, for anything else.
std::optional<MatrixProduct> matchMatrixProduct(mlir::linalg::LinalgOp op,
                                                std::string &why);
/// Whether the body is that of a contraction, its maps aside.
bool hasProductBody(mlir::linalg::LinalgOp op);

} // namespace zq

#endif // ZQ_LIB_CONVERSION_LINALGTOBLAS_MATRIXPRODUCT_H
