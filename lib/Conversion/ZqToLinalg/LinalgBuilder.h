//===- LinalgBuilder.h - loops over tensors ---------------------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The few shapes of loop that the lowering consists of. Activations are
// flattened to one token a row first, so every loop nest is over a matrix.
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_LIB_CONVERSION_ZQTOLINALG_LINALGBUILDER_H
#define ZQ_LIB_CONVERSION_ZQTOLINALG_LINALGBUILDER_H

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace zq {

/// Gets one element of each input; returns the element of the result.
using BodyBuilder = llvm::function_ref<mlir::Value(mlir::ImplicitLocOpBuilder &,
                                                   mlir::ValueRange)>;

/// An input of a loop nest: a tensor and which element of it an iteration
/// reads.
struct LoopInput {
  mlir::Value tensor;
  mlir::AffineMap map;
};

/// A tensor of `shapeOf`'s first dimensions and the given element type, in all
/// as many as `shape` has: dynamic ones come from `shapeOf`.
mlir::Value createEmpty(mlir::ImplicitLocOpBuilder &b,
                        llvm::ArrayRef<int64_t> shape, mlir::Type element,
                        mlir::Value shapeOf);

/// Every element of the result by itself. `init` is the destination.
mlir::Value createMap(mlir::ImplicitLocOpBuilder &b,
                      llvm::ArrayRef<LoopInput> inputs, mlir::Value init,
                      BodyBuilder body);

/// The largest |x| of each row of M x K, in FP32. NaN counts as larger than
/// infinity.
mlir::Value createRowAbsMax(mlir::ImplicitLocOpBuilder &b, mlir::Value matrix);

/// sum over k of x[m, k] * w[n, k], accumulated in FP32: M x N of f32.
mlir::Value createContraction(mlir::ImplicitLocOpBuilder &b, mlir::Value x,
                              mlir::Value w);

/// ... x K as M x K. A K that the type does not know is checked at run time,
/// or left open where `k` is dynamic.
mlir::Value flattenTokens(mlir::ImplicitLocOpBuilder &b, mlir::Value tensor,
                          int64_t k);
/// One scale for each token, of any rank, as M.
mlir::Value flattenScales(mlir::ImplicitLocOpBuilder &b, mlir::Value scales);
/// M x N, or M, as `type`, whose leading dimensions are those of `like`.
mlir::Value unflattenTokens(mlir::ImplicitLocOpBuilder &b, mlir::Value matrix,
                            mlir::Value like, mlir::RankedTensorType type);

/// A scalar float of any type in FP32, and back with one rounding.
mlir::Value extendToF32(mlir::ImplicitLocOpBuilder &b, mlir::Value value);
mlir::Value truncateFromF32(mlir::ImplicitLocOpBuilder &b, mlir::Value value,
                            mlir::Type type);

} // namespace zq

#endif // ZQ_LIB_CONVERSION_ZQTOLINALG_LINALGBUILDER_H
