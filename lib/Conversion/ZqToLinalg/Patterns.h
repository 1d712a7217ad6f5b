//===- Patterns.h - the patterns of zq-to-linalg ----------------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_LIB_CONVERSION_ZQTOLINALG_PATTERNS_H
#define ZQ_LIB_CONVERSION_ZQTOLINALG_PATTERNS_H

#include "CodeArithmetic.h"
#include "WeightResources.h"

#include "mlir/Transforms/DialectConversion.h"

namespace zq {

/// zq.linear.
void populateLinearPatterns(mlir::RewritePatternSet &patterns,
                            const mlir::TypeConverter &converter);
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
