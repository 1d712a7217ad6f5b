//===- ZqDialect.td - the zq dialect -------------------------*- tablegen -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_DIALECTS_ZQ_ZQDIALECT_TD
#define ZQ_DIALECTS_ZQ_ZQDIALECT_TD

include "mlir/IR/DialectBase.td"

def Zq_Dialect : Dialect {
  let name = "zq";
  let cppNamespace = "::zq";
  let summary = "Quantized linear layers with constrained scales";
  let description = [{
    Linear layers of a model, from float to W4A8, after ZeroQuant-FP: weights
    in 4 bits with one scale for each group of elements along K, activations
    in 8 bits with one scale for each token.

    What a number means is in its type (`!zq.quantized`: format, groups, scale
    constraint); what scales it is an SSA value beside it. So a decision
    (`zq.quantize_weight`) and its result (constants behind `zq.storage_cast`)
    have the same types, and every later rewrite matches on the type alone.

    Constraint ids in brackets, such as `[linear-c1]`, are those of the
    dialect's specification (Specification.md); verifiers cite them.
  }];
  let useDefaultAttributePrinterParser = 1;
  let useDefaultTypePrinterParser = 1;
  let extraClassDeclaration = [{
    /// The unit or string attribute on a function argument that says which
    /// external tensor it is (`zq.weight = "model.layers.0.mlp.up_proj.weight"`).
    static constexpr llvm::StringLiteral kWeightAttrName = "zq.weight";

    void registerAttributes();
    void registerTypes();
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
  let hasConstantMaterializer = 1;
}

#endif // ZQ_DIALECTS_ZQ_ZQDIALECT_TD
