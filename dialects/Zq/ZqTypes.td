//===- ZqTypes.td - element types ----------------------------*- tablegen -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_DIALECTS_ZQ_ZQTYPES_TD
#define ZQ_DIALECTS_ZQ_ZQTYPES_TD

include "dialects/Zq/ZqDialect.td"
include "mlir/IR/AttrTypeBase.td"

class Zq_Type<string name, string keyword> : TypeDef<Zq_Dialect, name> {
  let mnemonic = keyword;
}

// The formats that MLIR has no type for. They name a format inside
// !zq.quantized; no op computes with values of these types.

def Zq_E3M0Type : Zq_Type<"E3M0", "e3m0"> {
  let summary = "4-bit float: sign, 3 bits of exponent, no mantissa";
  let description = "Magnitudes 0, 0.25, 0.5, 1, 2, 4, 8, 16. No infinity, no NaN.";
}

def Zq_E1M2Type : Zq_Type<"E1M2", "e1m2"> {
  let summary = "4-bit float: sign, 1 bit of exponent, 2 bits of mantissa";
  let description = [{
    Magnitudes 0, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75: those of a sign-magnitude
    INT4, divided by 4. No infinity, no NaN.
  }];
}

def Zq_QuantizedType : Zq_Type<"Quantized", "quantized"> {
  let summary = "block-quantized element";
  let description = [{
    An element is a code of `format` times the scale of its block. Blocks are
    `rows x columns` elements of a weight N x K; the last block of a row is
    smaller where K is no multiple. The scale values are SSA values beside the
    tensor, of the types that `scale` says.

    `format` is a 4-bit one, `f4E2M1FN`, `!zq.e3m0`, `!zq.e1m2` or `i4` (sign and
    magnitude, -7..7), or an 8-bit one, `f8E4M3FN`, `f8E5M2` or `i8` (-127..127),
    whose scales are free: there is no cast that they could move into. `expressed`
    is the float type that the element stands for.

    Examples, for a weight of 4096 x 4096 with groups of 128 along K:

    ```mlir
    tensor<4096x4096x!zq.quantized<f4E2M1FN : bf16, blocks = 1x128, scale = #zq.free>>
    tensor<4096x4096x!zq.quantized<f4E2M1FN : bf16, blocks = 1x128,
                                   scale = #zq.pow2<anchor = row, max_shift = 11>>>
    tensor<4096x4096x!zq.quantized<f4E2M1FN : bf16, blocks = 1x128, scale = #zq.step<max_shift = 10>>>
    tensor<4096x4096x!zq.quantized<f8E4M3FN : bf16, blocks = 1x4096, scale = #zq.free>>
    ```
  }];
  let parameters = (ins
    "::mlir::Type":$format,
    "::mlir::Type":$expressed,
    ArrayRefParameter<"int64_t">:$blockShape,
    "::mlir::Attribute":$scale);
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// Elements along K that share a scale.
    int64_t getGroupSize() { return getBlockShape().back(); }
    /// Groups in a row of `k` elements.
    int64_t getNumGroups(int64_t k) {
      return (k + getGroupSize() - 1) / getGroupSize();
    }
    /// Bytes in which a row of `k` codes is stored.
    int64_t getRowBytes(int64_t k);
    /// The types of the values that scale a weight of this type and `shape`.
    ::llvm::SmallVector<::mlir::Type> getScaleTypes(::llvm::ArrayRef<int64_t> shape);
  }];
}

#endif // ZQ_DIALECTS_ZQ_ZQTYPES_TD
