//===- Contraction.h - products of two tensors, by any name -----*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Reads a linalg op (a named product, linalg.contract or a linalg.generic) as
// what it does: which loops index its two factors and its result. That is
// `linalg::inferContractionDims` without its demand for at least one dimension
// of each kind, so that products with vectors are read as well, and with
// dimensions that are indexed by the constant 0.
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_LIB_TRANSFORMS_IMPORT_CONTRACTION_H
#define ZQ_LIB_TRANSFORMS_IMPORT_CONTRACTION_H

#include "LoopView.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace zq {

/// An operand of a linalg op, if its map indexes each dimension by a loop of
/// its own or by 0.
std::optional<LoopView> getView(mlir::Value value, mlir::AffineMap map);

/// out += lhs * rhs, summed over the loops that do not index out.
struct Contraction {
  mlir::linalg::LinalgOp op;
  /// Dynamic only if no operand knows better.
  llvm::SmallVector<int64_t> loopSizes;
  LoopView lhs, rhs;
  /// The accumulator that the products are added to.
  LoopView init;

  bool isUnit(int loop) const { return loopSizes[loop] == 1; }
};

/// The op as a contraction of floats. Otherwise `reason` says what it is
/// instead, or is empty where it does not multiply and add at all.
std::optional<Contraction> matchContraction(mlir::linalg::LinalgOp op,
                                            std::string &reason);

} // namespace zq

#endif // ZQ_LIB_TRANSFORMS_IMPORT_CONTRACTION_H
