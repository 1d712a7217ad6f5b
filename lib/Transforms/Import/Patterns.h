//===- Patterns.h - what surrounds a product --------------------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_LIB_TRANSFORMS_IMPORT_PATTERNS_H
#define ZQ_LIB_TRANSFORMS_IMPORT_PATTERNS_H

namespace mlir {
class RewritePatternSet;
} // namespace mlir

namespace zq {

/// x * 1 -> x, in linalg bodies and on tensors.
void populateDropUnitFactorPatterns(mlir::RewritePatternSet &patterns);

/// zq.linear takes over the bias add and the truncation behind it.
void populateAbsorbEpiloguePatterns(mlir::RewritePatternSet &patterns);

/// Reshapes of the rows move from a zq.linear's result to its input, where they
/// meet the opposite ones and vanish.
void populateHoistReshapePatterns(mlir::RewritePatternSet &patterns);

} // namespace zq

#endif // ZQ_LIB_TRANSFORMS_IMPORT_PATTERNS_H
