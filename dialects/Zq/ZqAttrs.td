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

def Zq_AnchoredScaleInterface : AttrInterface<"AnchoredScaleInterface",
    [Zq_ScaleConstraintInterface]> {
  let cppNamespace = "::zq";
  let description = [{
    A constraint under which the scales of a row are steps below its anchor, so
    that the step of a group can move into the cast of its codes to FP8. Scale
    values: anchors `tensor<N x f32>` and steps `tensor<N x G x i8>`.
  }];
  let methods = [
    InterfaceMethod<"The largest shift in a step.", "unsigned", "getMaxShift">,
    InterfaceMethod<[{
      Whether a step is a shift and a multiplier, not a shift alone.
    }], "bool", "hasMultipliers">
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
    [DeclareAttrInterfaceMethods<Zq_ScaleConstraintInterface>,
     DeclareAttrInterfaceMethods<Zq_AnchoredScaleInterface, ["hasMultipliers"]>]> {
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

def Zq_StepScaleAttr : Zq_Attr<"StepScale", "step",
    [DeclareAttrInterfaceMethods<Zq_ScaleConstraintInterface>,
     DeclareAttrInterfaceMethods<Zq_AnchoredScaleInterface, ["hasMultipliers"]>]> {
  let summary = "The scales of one row differ by powers of two times 1, 1.25 or 1.5 (M3)";
  let description = [{
    Scale values: anchors `tensor<N x f32>` and steps `tensor<N x G x i8>`; the
    scale of group g in row n is `anchor[n] * m * 2^-shift`, with the shift in
    bits 0 to 3 of `step[n, g]` (0 <= shift <= `max_shift`), the multiplier's
    index in bits 4 and 5 (0, 1, 2: m = 1, 1.25, 1.5) and zeros above.

    Three scales an octave instead of one, for nothing: where magnitudes times
    1.25 and 1.5 are FP8 numbers, the multiplier picks the table of the cast and
    nothing else changes (see `zq.shift_cast`). `f4E2M1FN` and `!zq.e3m0` have
    room for it in E4M3; `!zq.e1m2` and `i4` have not. The anchor is any positive
    number.

    ```mlir
    #zq.step<max_shift = 10>
    ```
  }];
  let parameters = (ins "unsigned":$maxShift);
  let assemblyFormat = "`<` `max_shift` `=` $maxShift `>`";
  let genVerifyDecl = 1;
}

#endif // ZQ_DIALECTS_ZQ_ZQATTRS_TD
