//===- LoopView.h - operands as functions of a product's loops --*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// An operand of a product is a tensor whose dimensions are indexed by loops.
// `getViews` walks from the operand towards its source through operations that
// only move elements, and says for each tensor on the way which loop indexes
// which dimension: so a transpose is a permutation of the loops, and a
// broadcast is a loop that is no longer there. `arrange` goes the other way: it
// builds the ops that put a tensor's dimensions into a wanted order.
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_LIB_TRANSFORMS_IMPORT_LOOPVIEW_H
#define ZQ_LIB_TRANSFORMS_IMPORT_LOOPVIEW_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"

namespace zq {

/// What indexes a dimension.
struct Axis {
  static constexpr int kNone = -1;

  int loop = kNone;
  /// The loop indexes several dimensions, of which this is one.
  bool part = false;
};

/// A tensor and what indexes each of its dimensions. An axis without a loop has
/// size 1.
struct LoopView {
  mlir::Value value;
  llvm::SmallVector<Axis> axes;

  mlir::RankedTensorType getType() const {
    return llvm::cast<mlir::RankedTensorType>(value.getType());
  }
  /// The loops of dimensions that are not of size 1, outermost first; nothing
  /// if a loop indexes several dimensions.
  std::optional<llvm::SmallVector<int>> getLoops() const;
};

/// The view itself and all that it is a view of, nearest first. Goes through
/// transposes, broadcasts, reshapes that add or remove dimensions of size 1 or
/// that collapse what was broadcast, casts of the shape, and extensions of the
/// element type (which lose nothing), not through truncations.
llvm::SmallVector<LoopView> getViews(LoopView view);

/// The tensor with one dimension for each of `groups`: the loops of a group are
/// collapsed into its dimension, an empty group, or one whose loops are of size
/// 1, is a dimension of size 1. Every loop of size other than 1 that the view
/// has must be in one group. `loopSizes` may know more than the tensor's type.
mlir::Value arrange(mlir::OpBuilder &builder, mlir::Location loc,
                    const LoopView &view,
                    llvm::ArrayRef<llvm::SmallVector<int>> groups,
                    llvm::ArrayRef<int64_t> loopSizes);

/// Whether every element of a tensor is the constant `value` (0 is also -0).
bool isSplatOf(mlir::Value tensor, double value);

} // namespace zq

#endif // ZQ_LIB_TRANSFORMS_IMPORT_LOOPVIEW_H
