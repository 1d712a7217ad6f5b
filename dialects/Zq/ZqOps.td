//===- ZqOps.td - linear layers and their quantization -------*- tablegen -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_DIALECTS_ZQ_ZQOPS_TD
#define ZQ_DIALECTS_ZQ_ZQOPS_TD

include "dialects/Zq/ZqAttrs.td"
include "dialects/Zq/ZqTypes.td"
include "mlir/IR/OpAsmInterface.td"
include "mlir/IR/OpBase.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

class Zq_Op<string name, list<Trait> traits = []>
    : Op<Zq_Dialect, name, !listconcat(traits, [Pure])> {
  let hasVerifier = 1;
}

def Zq_Format : Type<
    CPred<"::zq::isActivationFormat($_self)">,
    "f8E4M3FN, f8E5M2 or i8">;
def Zq_QuantizedTensor : RankedTensorOf<[Zq_QuantizedType]>;
def Zq_FloatTensor : RankedTensorOf<[F16, BF16, F32]>;
def Zq_ActivationTensor : RankedTensorOf<[Zq_Format]>;
def Zq_StorageTensor : RankedTensorOf<[I8]>;
def Zq_FileTensor : RankedTensorOf<[F16, BF16, F32, I8]>;

//===----------------------------------------------------------------------===//
// Float
//===----------------------------------------------------------------------===//

def Zq_LinearOp : Zq_Op<"linear"> {
  let summary = "A float linear layer, y = x w^T + bias";
  let description = [{
    `y[..., n] = sum over k of x[..., k] * w[n, k] + bias[n]`, with products and
    sum in at least FP32 and one rounding to the element type of the result.

    Shapes: x is `... x K` of any rank from 1, w is `N x K`, bias is `N`, the
    result is `... x N`. `name` is the layer's name for rules, reports and
    compiled modules.

    ```mlir
    %y = zq.linear %x, %w bias(%b) {name = "mlp.up_proj"}
       : (tensor<?x16x576xbf16>, tensor<1536x576xbf16>, tensor<1536xbf16>) -> tensor<?x16x1536xbf16>
    ```
  }];
  let arguments = (ins Zq_FloatTensor:$input, Zq_FloatTensor:$weight,
                       Optional<Zq_FloatTensor>:$bias,
                       OptionalAttr<StrAttr>:$name);
  let results = (outs Zq_FloatTensor:$output);
  let assemblyFormat = [{
    $input `,` $weight (`bias` `(` $bias^ `)`)? attr-dict
    `:` functional-type(operands, results)
  }];
  let hasCanonicalizer = 1;
}

def Zq_WeightOp : Zq_Op<"weight",
    [DeclareOpInterfaceMethods<OpAsmOpInterface, ["getAsmResultNames"]>]> {
  let summary = "A tensor that stays in its safetensors file";
  let description = [{
    The tensor `tensor` of the safetensors file `file`, memory-mapped when it is
    read and never copied into the IR. The result's shape and element type are
    the file's; `zq-bind-weights` checks them, and so does whatever reads it.
    Bytes are what `zq-materialize-weights` writes with `weights-output`: codes
    and shifts (`U8` in the file).

    ```mlir
    %w = zq.weight "model.layers.0.mlp.up_proj.weight" from "model.safetensors" : tensor<1536x576xbf16>
    %codes = zq.weight "mlp.up_proj.codes" from "quantized.safetensors" : tensor<1536x288xi8>
    ```
  }];
  let arguments = (ins StrAttr:$tensor, StrAttr:$file);
  let results = (outs Zq_FileTensor:$result);
  let assemblyFormat = "$tensor `from` $file attr-dict `:` type($result)";
}

def Zq_ObserveOp : Op<Zq_Dialect, "observe", [MemoryEffects<[MemWrite]>]> {
  let summary = "Calibration looks at the inputs of these layers";
  let description = [{
    Whoever runs the module sees `input`, `... x K`, one token after the other,
    each time that this is executed: these are the inputs of the layers called
    `layers`, all of which read the same tensor. Nothing in the module changes.

    `zq-insert-observers` puts it in, `zq-to-linalg` makes a call of it.

    ```mlir
    zq.observe %x for ["attn.q_proj", "attn.k_proj", "attn.v_proj"] : tensor<?x16x576xbf16>
    ```
  }];
  let arguments = (ins Zq_FloatTensor:$input, StrArrayAttr:$layers);
  let assemblyFormat = "$input `for` $layers attr-dict `:` type($input)";
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Decisions, not yet computed
//===----------------------------------------------------------------------===//

def Zq_QuantizeWeightOp : Zq_Op<"quantize_weight"> {
  let summary = "Quantize this weight: a decision, not yet computed";
  let description = [{
    Stands for the quantized weight and its scale values. The result's type says
    format, groups and scale constraint; `zq-materialize-weights` computes the
    values, `zq-constrain-scales` changes the constraint before that.

    `clip` is how a free scale is found: `absmax` or `search` (the clipping range
    of least squared error). `shift` is how a constrained scale is derived from it:
    the rounding of log2(anchor / scale), or `mse`, the shift of least squared
    error; under `#zq.step<...>` to the next scale below or above, to the nearer
    of both, or to that of least squared error. `anchor_search` also searches the
    row's anchor.

    ```mlir
    %q, %anchors, %shifts = zq.quantize_weight %w {clip = "absmax", shift = "nearest"}
       : tensor<1536x576xbf16> -> tensor<1536x576x!zq.quantized<f4E2M1FN : bf16, blocks = 1x128,
           scale = #zq.pow2<anchor = row, max_shift = 11>>>, tensor<1536xf32>, tensor<1536x5xi8>
    ```
  }];
  let arguments = (ins Zq_FloatTensor:$weight,
                       DefaultValuedAttr<StrAttr, "\"absmax\"">:$clip,
                       OptionalAttr<StrAttr>:$shift,
                       UnitAttr:$anchor_search,
                       OptionalAttr<StrAttr>:$name);
  let results = (outs Zq_QuantizedTensor:$quantized,
                      Variadic<AnyRankedTensor>:$scales);
  let assemblyFormat = [{
    $weight attr-dict `:` type($weight) `->` type($quantized) (`,` type($scales)^)?
  }];
  let extraClassDeclaration = [{
    ::zq::QuantizedType getQuantizedType();
  }];
}

def Zq_LowRankOp : Zq_Op<"low_rank_compensation"> {
  let summary = "LoRC factors of a weight's quantization error: a decision";
  let description = [{
    The error E = w - dequantize(q) is approximated by `up x down`, from its
    singular value decomposition E = U S V^T: up = U S^(1/2) (N x r),
    down = S^(1/2) V^T (r x K). ZeroQuant-FP, section 3, "LoRC".
    `zq-materialize-weights` computes the factors.

    ```mlir
    %down, %up = zq.low_rank_compensation %w, %q scales(%anchors, %shifts) {rank = 8}
       : tensor<1536x576xbf16>, tensor<1536x576x!zq.quantized<...>>, tensor<1536xf32>, tensor<1536x5xi8>
      -> tensor<8x576xbf16>, tensor<1536x8xbf16>
    ```
  }];
  let arguments = (ins Zq_FloatTensor:$weight, Zq_QuantizedTensor:$quantized,
                       Variadic<AnyRankedTensor>:$scales,
                       I64Attr:$rank, OptionalAttr<StrAttr>:$name);
  let results = (outs Zq_FloatTensor:$down, Zq_FloatTensor:$up);
  let assemblyFormat = [{
    $weight `,` $quantized `scales` `(` $scales `)` attr-dict
    `:` type($weight) `,` type($quantized) `,` type($scales)
    `->` type($down) `,` type($up)
  }];
}

//===----------------------------------------------------------------------===//
// Quantized values
//===----------------------------------------------------------------------===//

def Zq_StorageCastOp : Zq_Op<"storage_cast"> {
  let summary = "Bytes seen as the codes that they hold";
  let description = [{
    Two 4-bit codes to a byte, the even column in the low nibble; each row starts
    at a byte. Storage is `N x ceil(K/2)` of i8. A code is sign and magnitude: bit
    3 is the sign, bits 0 to 2 index the format's eight magnitudes in ascending
    order (for `f4E2M1FN`, `!zq.e3m0` and `!zq.e1m2` these are the format's bits).

    8-bit codes are the format's bits, one to a byte: storage is `N x K` of i8.

    ```mlir
    %q = zq.storage_cast %bytes : tensor<1536x288xi8> -> tensor<1536x576x!zq.quantized<...>>
    ```
  }];
  let arguments = (ins Zq_StorageTensor:$storage);
  let results = (outs Zq_QuantizedTensor:$quantized);
  let assemblyFormat = "$storage attr-dict `:` type($storage) `->` type($quantized)";
}

def Zq_DequantizeOp : Zq_Op<"dequantize"> {
  let summary = "Codes times scales, in float";
  let description = [{
    `w[n, k] = value(code[n, k]) * scale[n, k / group]`, computed in FP32 and
    rounded once to the result's element type.

    ```mlir
    %w = zq.dequantize %q scales(%s)
       : tensor<1536x576x!zq.quantized<...>>, tensor<1536x5xf32> -> tensor<1536x576xf32>
    ```
  }];
  let arguments = (ins Zq_QuantizedTensor:$quantized,
                       Variadic<AnyRankedTensor>:$scales);
  let results = (outs Zq_FloatTensor:$result);
  let assemblyFormat = [{
    $quantized `scales` `(` $scales `)` attr-dict
    `:` type($quantized) `,` type($scales) `->` type($result)
  }];
}

def Zq_ShiftCastOp : Zq_Op<"shift_cast"> {
  let summary = "FP4 codes times 2^(exponent - shift), in FP8, with integers only";
  let description = [{
    `w8[n, k] = value(code[n, k]) * 2^(exponent - shift[n, k / group])`, exactly:
    the result is the bits of an FP8 number, found by integer operations on the
    code's bits. `exponent` is the largest power of two for which the format's
    largest magnitude still fits; the constant 2^-exponent belongs to the row's
    anchor (`zq-fold-scales` puts it there). ZeroQuant-FP, section 3, "Casting the
    FP4 to FP8".

    Under `#zq.step<...>` the shifts are steps, and the result is that times the
    group's multiplier, as exactly: the largest magnitude times 1.5 fits as well,
    which may take one from `exponent`.

    Exact for shifts from 0 to the constraint's `max_shift`, which the type's
    verifier keeps inside the format's window.

    ```mlir
    %w8 = zq.shift_cast %q by %shifts {exponent = 6 : i64}
       : tensor<1536x576x!zq.quantized<...>>, tensor<1536x5xi8> -> tensor<1536x576xf8E4M3FN>
    ```
  }];
  let arguments = (ins Zq_QuantizedTensor:$quantized, Zq_StorageTensor:$shifts,
                       I64Attr:$exponent);
  let results = (outs RankedTensorOf<[F8E4M3FN, F8E5M2]>:$result);
  let assemblyFormat = [{
    $quantized `by` $shifts attr-dict
    `:` type($quantized) `,` type($shifts) `->` type($result)
  }];
}

def Zq_QuantizeActivationOp : Zq_Op<"quantize_activation"> {
  let summary = "Quantize each token with a scale of its own";
  let description = [{
    `scale[...] = max over k of |x[..., k]| / largest(format)`, or 1 for a token of
    zeros; `q[..., k] = x[..., k] / scale[...]`, rounded to nearest, ties to even.
    Computed in FP32. The largest is 448 for `f8E4M3FN`, 57344 for `f8E5M2`, 127
    for `i8` (symmetric).

    ```mlir
    %q, %s = zq.quantize_activation %x : tensor<?x16x576xbf16> -> tensor<?x16x576xf8E4M3FN>, tensor<?x16xf32>
    ```
  }];
  let arguments = (ins Zq_FloatTensor:$input);
  let results = (outs Zq_ActivationTensor:$quantized, RankedTensorOf<[F32]>:$scale);
  let assemblyFormat = [{
    $input attr-dict `:` type($input) `->` type($quantized) `,` type($scale)
  }];
}

def Zq_QuantizedLinearOp : Zq_Op<"quantized_linear", [AttrSizedOperandSegments]> {
  let summary = "A linear layer on quantized activations";
  let description = [{
    `y[..., n] = input_scale[...] * (sum over k of input[..., k] * weight[n, k]) + bias[n] + residual[..., n]`,
    accumulated in FP32 and rounded once to the result's element type.

    The residual is what the layer's result is added to in the model, of the
    result's type (`zq-fuse-residual` finds it).

    The weight is one of
    - quantized codes with the scale values of their type, inside the sum, or
    - an 8-bit tensor with one scale for each row n, `tensor<N x f32>`, outside
      the sum: the form after `zq-fold-scales`, with no float operation on weights, or
    - a float tensor without scales, where only activations are quantized.

    ```mlir
    // as decided and materialized
    %y = zq.quantized_linear %x8 scale(%sx), %q scales(%anchors, %shifts)
       : tensor<?x576xf8E4M3FN>, tensor<?xf32>, tensor<1536x576x!zq.quantized<...>>, tensor<1536xf32>, tensor<1536x5xi8>
      -> tensor<?x1536xbf16>
    // after zq-fold-scales
    %y = zq.quantized_linear %x8 scale(%sx), %w8 scales(%anchors) bias(%b)
       : tensor<?x576xf8E4M3FN>, tensor<?xf32>, tensor<1536x576xf8E4M3FN>, tensor<1536xf32> bias tensor<1536xbf16>
      -> tensor<?x1536xbf16>
    // with the residual stream of a block
    %h1 = zq.quantized_linear %x8 scale(%sx), %w8 scales(%anchors) residual(%h)
       : tensor<?x576xf8E4M3FN>, tensor<?xf32>, tensor<1536x576xf8E4M3FN>, tensor<1536xf32> residual tensor<?x1536xbf16>
      -> tensor<?x1536xbf16>
    // activations only
    %y = zq.quantized_linear %x8 scale(%sx), %w
       : tensor<?x576xf8E4M3FN>, tensor<?xf32>, tensor<1536x576xbf16> -> tensor<?x1536xbf16>
    ```
  }];
  let arguments = (ins Zq_ActivationTensor:$input, RankedTensorOf<[F32]>:$input_scale,
                       RankedTensorOf<[Zq_QuantizedType, F8E4M3FN, F8E5M2, I8, F16, BF16, F32]>:$weight,
                       Variadic<AnyRankedTensor>:$scales,
                       Optional<Zq_FloatTensor>:$bias,
                       Optional<Zq_FloatTensor>:$residual,
                       OptionalAttr<StrAttr>:$name);
  let results = (outs Zq_FloatTensor:$output);
  let assemblyFormat = [{
    $input `scale` `(` $input_scale `)` `,` $weight (`scales` `(` $scales^ `)`)?
    (`bias` `(` $bias^ `)`)? (`residual` `(` $residual^ `)`)? attr-dict
    `:` type($input) `,` type($input_scale) `,` type($weight) (`,` type($scales)^)?
    (`bias` type($bias)^)? (`residual` type($residual)^)? `->` type($output)
  }];
}

#endif // ZQ_DIALECTS_ZQ_ZQOPS_TD
