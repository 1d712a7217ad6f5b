//===- ZqGPUOps.td - a compiled linear -----------------------*- tablegen -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_DIALECTS_ZQGPU_ZQGPUOPS_TD
#define ZQ_DIALECTS_ZQGPU_ZQGPUOPS_TD

include "dialects/ZqGPU/ZqGPUAttrs.td"
include "mlir/IR/OpBase.td"
include "mlir/IR/SymbolInterfaces.td"

def ZqGPU_VariantArrayAttr : TypedArrayAttrBase<ZqGPU_VariantAttr, "array of #zqgpu.variant">;

def ZqGPU_ChoiceArrayAttr : TypedArrayAttrBase<ZqGPU_ChoiceAttr, "array of #zqgpu.choice">;

def ZqGPU_LinearOp : Op<ZqGPU_Dialect, "linear", [Symbol]> {
  let summary = "The specification of one compiled linear, with its constants";
  let description = [{
    ```
    s[m]    = max over k |x[m, k]| / largest(activation), or 1 where that is 0
    y[m, n] = row_scale[n] * s[m] * sum over k of w8[n, k] * round(x[m, k] / s[m])
              + sum over r of up[n, r] * (sum over k of x[m, k] * down[r, k])
              + bias[n]
              + residual[m, n]
    ```
    with one rounding to the element type of y. `w8[n, k]` is the code's value
    times `2^(exponent - shift)` in f8E4M3FN, with `multipliers` times that of the
    step (`#zq.step`); `exponent` is that of zq/Numerics/ShiftCast.h; `2^-exponent`
    is already in `row_scale`.

    - `codes`: N x ceil(K/2) bytes, two sign-magnitude codes to a byte, the even
      column in the low nibble.
    - `shifts`: N x ceil(K/group), each from 0 to `max_shift`, or with `multipliers` a
      step: such a shift in bits 0 to 3, 0, 1 or 2 in bits 4 and 5.
    - `row_scale`: N FP32 numbers.
    - `down` (r x K) and `up` (N x r), floats: low-rank compensation, or neither.
    - `bias`: N floats, or none.
    - `residual`: whether there is one, M x N like y, which comes with x.

    `schedules` says what kernels the linear gets: ranges of M, ascending, without
    gaps from 1 (`#zqgpu.choice`). Whoever writes them decides;
    `zqgpu-choose-schedules` fills them where they are missing.

    `zqgpu-generate-kernels` fills `variants`, for the same ranges: what a host needs
    to run the linear (`#zqgpu.variant`).

    ```mlir
    zqgpu.linear @mlp.up_proj 1536 x 576
        weight f4E2M1FN group = 128 max_shift = 11
        activation f8E4M3FN input bf16 output bf16
        codes(dense_resource<codes> : tensor<1536x288xi8>)
        shifts(dense_resource<shifts> : tensor<1536x5xi8>)
        row_scale(dense_resource<scales> : tensor<1536xf32>)
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, I64Attr:$n, I64Attr:$k,
                       TypeAttr:$weight_format, I64Attr:$group, I64Attr:$max_shift,
                       UnitAttr:$multipliers,
                       TypeAttr:$activation_format, TypeAttr:$input_type,
                       TypeAttr:$output_type, ElementsAttr:$codes,
                       ElementsAttr:$shifts, ElementsAttr:$row_scale,
                       OptionalAttr<ElementsAttr>:$down,
                       OptionalAttr<ElementsAttr>:$up,
                       OptionalAttr<ElementsAttr>:$bias,
                       UnitAttr:$residual,
                       OptionalAttr<ZqGPU_ChoiceArrayAttr>:$schedules,
                       OptionalAttr<ZqGPU_VariantArrayAttr>:$variants);
  let assemblyFormat = [{
    $sym_name custom<I64>($n) `x` custom<I64>($k)
    `weight` $weight_format `group` `=` custom<I64>($group)
    `max_shift` `=` custom<I64>($max_shift) (`multipliers` $multipliers^)?
    `activation` $activation_format `input` $input_type `output` $output_type
    `codes` `(` $codes `)` `shifts` `(` $shifts `)` `row_scale` `(` $row_scale `)`
    (`down` `(` $down^ `)`)? (`up` `(` $up^ `)`)? (`bias` `(` $bias^ `)`)?
    (`residual` $residual^)? (`schedules` $schedules^)? (`variants` $variants^)? attr-dict
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// Rank of the low-rank compensation, 0 where there is none.
    int64_t getRank();
  }];
}

#endif // ZQ_DIALECTS_ZQGPU_ZQGPUOPS_TD
