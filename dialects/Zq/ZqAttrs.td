//===- ZqAttrs.td - scale constraints ------------------------*- tablegen -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_DIALECTS_ZQ_ZQATTRS_TD
#define ZQ_DIALECTS_ZQ_ZQATTRS_TD

include "dialects/Zq/ZqDialect.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/Interfaces.td"

def Zq_ScaleConstraintInterface : AttrInterface<"ScaleConstraintInterface"> {
  let cppNamespace = "::zq";
  let description = [{
    What the scales of a weight's groups may be, and so which SSA values carry
    them.
  }];
  let methods = [
    InterfaceMethod<[{
      The types of the values that scale a weight of shape N x K in groups of
      `block` (rows x columns): one operand of `scales(...)` each, in order.
    }], "::llvm::SmallVector<::mlir::Type>", "getScaleTypes",
    (ins "::llvm::ArrayRef<int64_t>":$shape, "::llvm::ArrayRef<int64_t>":$block)>
  ];
}

class Zq_Attr<string name, string keyword, list<Trait> traits = []>
    : AttrDef<Zq_Dialect, name, traits> {
  let mnemonic = keyword;
}

def Zq_FreeScaleAttr : Zq_Attr<"FreeScale", "free",
    [DeclareAttrInterfaceMethods<Zq_ScaleConstraintInterface>]> {
  let summary = "Each group has a scale of its own, any positive FP32 number";
  let description = [{
    Scale values: `tensor<N x G x f32>`, with G the number of groups in a row.

    ```mlir
    !zq.quantized<f4E2M1FN : f32, blocks = 1x128, scale = #zq.free>
    ```
  }];
}

def Zq_AnchorKind : I32EnumAttr<"AnchorKind", "what a row's anchor may be", [
    I32EnumAttrCase<"Pow2", 0, "pow2">,
    I32EnumAttrCase<"Row", 1, "row">]> {
  let cppNamespace = "::zq";
  let genSpecializedAttr = 0;
}

def Zq_Pow2ScaleAttr : Zq_Attr<"Pow2Scale", "pow2",
    [DeclareAttrInterfaceMethods<Zq_ScaleConstraintInterface>]> {
  let summary = "The scales of one row differ by powers of two (M1 and M2)";
  let description = [{
    Scale values: anchors `tensor<N x f32>` and shifts `tensor<N x G x i8>`; the
    scale of group g in row n is `anchor[n] * 2^-shift[n, g]`, with
    0 <= shift <= `max_shift`.

    `anchor = pow2` is M1 of ZeroQuant-FP (section 3): every scale is a power of
    two, so the anchor is one as well. `anchor = row` is M2: the anchor is any
    positive number. `max_shift` is the window in which the cast to FP8 is exact
    (see `zq.shift_cast`).

    ```mlir
    #zq.pow2<anchor = pow2, max_shift = 11>
    #zq.pow2<anchor = row, max_shift = 11>
    ```
  }];
  let parameters = (ins EnumParameter<Zq_AnchorKind>:$anchor,
                        "unsigned":$maxShift);
  let assemblyFormat = "`<` `anchor` `=` $anchor `,` `max_shift` `=` $maxShift `>`";
  let genVerifyDecl = 1;
}

#endif // ZQ_DIALECTS_ZQ_ZQATTRS_TD
