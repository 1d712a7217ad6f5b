//===- Roles.h - which factor of a product is the weight --------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A product is a linear layer if one factor is a weight: a value that does not
// depend on the model's input and is the same for every row of the result. The
// rule, in full, is in the description of zq-raise-linear (Passes.td).
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_LIB_TRANSFORMS_IMPORT_ROLES_H
#define ZQ_LIB_TRANSFORMS_IMPORT_ROLES_H

#include "Contraction.h"

namespace zq {

/// Where a value comes from, through ops that only move elements.
struct Origin {
  /// In the order of their claim to be a weight.
  enum Kind {
    Computed,  ///< something that the model computes
    Argument,  ///< a function argument
    Constant,  ///< arith.constant, zq.weight, a constant global
    Parameter, ///< a function argument with the attribute zq.weight
  };
  Kind kind;
  mlir::Value root;

  static Origin of(mlir::Value value);
  /// Whether the root has two dimensions, or two that are not of size 1.
  bool isMatrix() const;
};

/// A contraction seen as input times weight. Loops of size 1 that are in no
/// group of `weight`'s are where the result has them.
struct Roles {
  LoopView input, weight;
  /// The loops of the result's rows, of N and of K.
  llvm::SmallVector<int> rows, n, k;
};

/// The roles, or why the product is no linear layer.
std::optional<Roles> chooseRoles(const Contraction &contraction,
                                 std::string &reason);

} // namespace zq

#endif // ZQ_LIB_TRANSFORMS_IMPORT_ROLES_H
