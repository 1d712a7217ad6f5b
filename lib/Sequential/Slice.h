//===- Slice.h - a stage up to some of its values ---------------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What calibration runs: one function that computes values of a stage in the
// float model and in the quantized one. Weights, codes, scales and factors are
// arguments, so that the blocks of a model, alike but for their weights, are
// compiled once.
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_LIB_SEQUENTIAL_SLICE_H
#define ZQ_LIB_SEQUENTIAL_SLICE_H

#include "Stages.h"

#include "mlir/IR/OwningOpRef.h"

namespace zq {

/// The float model, and the one that is quantized as far as calibration got.
enum class Side : uint8_t { Float, Quantized };

/// A value of a stage's function (not one between zq ops of a decision), or of
/// the entry.
struct SliceValue {
  mlir::Value value;
  Side side;
};

/// An argument of a slice that belongs to the model: result `result` of an op
/// of the stage's function (zq.weight, zq.quantize_weight,
/// zq.low_rank_compensation).
struct SliceParameter {
  mlir::Operation *op;
  unsigned result;
};

struct Slice {
  /// Has @slice, whose arguments are `streams` and then `parameters`.
  mlir::OwningOpRef<mlir::ModuleOp> module;
  std::vector<SliceValue> streams;
  std::vector<SliceParameter> parameters;
};

inline constexpr llvm::StringLiteral kSliceName = "slice";

/// The slice that returns `values`, computed from the operands of the stage and
/// `known` values of its function. All layers in between are materialized
/// already.
Slice buildSlice(const Stage &stage, llvm::ArrayRef<mlir::Value> known,
                 llvm::ArrayRef<SliceValue> values);

} // namespace zq

#endif // ZQ_LIB_SEQUENTIAL_SLICE_H
