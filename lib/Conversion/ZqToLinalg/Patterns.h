//===- Patterns.h - the patterns of zq-to-linalg ----------------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_LIB_CONVERSION_ZQTOLINALG_PATTERNS_H
#define ZQ_LIB_CONVERSION_ZQTOLINALG_PATTERNS_H

#include "CodeArithmetic.h"

#include "zq/Transforms/WeightResources.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Transforms/DialectConversion.h"

namespace zq {

/// zq.linear.
void populateLinearPatterns(mlir::RewritePatternSet &patterns,
                            const mlir::TypeConverter &converter);
/// zq.observe, once `declareObservers` has run.
void populateObservePatterns(mlir::RewritePatternSet &patterns,
                             const mlir::TypeConverter &converter);
/// Numbers the observers of a module, keeps their layers in its attribute and
/// declares what they call. Fails where that name is taken.
mlir::LogicalResult declareObservers(mlir::ModuleOp module);
/// Linears with a residual and a low-rank compensation in a type below FP32 are
/// summed in FP32 and rounded once. Before the patterns.
void widenCompensatedSums(mlir::ModuleOp module);
/// Everything on quantized values. `arithmetic` must outlive the patterns.
void populateQuantizedPatterns(mlir::RewritePatternSet &patterns,
                               const mlir::TypeConverter &converter,
                               CodeArithmetic &arithmetic);
/// zq.weight. `resources` must outlive the patterns.
void populateWeightPatterns(mlir::RewritePatternSet &patterns,
                            const mlir::TypeConverter &converter,
                            WeightResources &resources);

} // namespace zq

#endif // ZQ_LIB_CONVERSION_ZQTOLINALG_PATTERNS_H
