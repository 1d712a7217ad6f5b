//===- Passes.h - conversions to other dialects -----------------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_CONVERSION_PASSES_H
#define ZQ_CONVERSION_PASSES_H

#include "mlir/Pass/Pass.h"

namespace zq {

/// The attribute of a lowered function that keeps the type it had on tensors.
inline constexpr llvm::StringLiteral kSignatureAttrName = "zq.signature";
/// And the names of the tensors that its arguments stand for, "" without one.
inline constexpr llvm::StringLiteral kArgumentWeightsAttrName =
    "zq.argument_weights";
/// And the rows of the tables that their elements index, -1 without one.
inline constexpr llvm::StringLiteral kArgumentRowsAttrName = "zq.argument_rows";
/// The attribute of a lowered module that has, for each input that is observed,
/// the names of the layers that read it.
inline constexpr llvm::StringLiteral kObservedLayersAttrName =
    "zq.observed_layers";
/// What observers call, with the number of the input and M x K of f32.
inline constexpr llvm::StringLiteral kObserveFunctionName = "zq_observe";

/// What contractions become calls of (docs/passes.md, zq-contractions-to-blas).
inline constexpr llvm::StringLiteral kGemmFunctionName = "zq_sgemm";

#define GEN_PASS_DECL
#include "zq/Conversion/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "zq/Conversion/Passes.h.inc"

} // namespace zq

#endif // ZQ_CONVERSION_PASSES_H
