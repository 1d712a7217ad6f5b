//===- Passes.td - the optimize phase -------------------------*- tablegen -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_TRANSFORMS_OPTIMIZE_PASSES_TD
#define ZQ_TRANSFORMS_OPTIMIZE_PASSES_TD

include "mlir/Pass/PassBase.td"

def FoldScalesPass : Pass<"zq-fold-scales", "::mlir::ModuleOp"> {
  let summary = "Fold constrained scales into the shift cast and the epilogue";
  let description = [{
    A weight whose scales are steps below an anchor (M1, M2, M3) needs no
    multiplication: the step of a group moves into the integer cast of its codes
    to FP8, the row's anchor into the scale that the linear applies to its sums.
    After this pass nothing computes on weights in floating point.

    The cast places codes at the top of FP8, 2^exponent too large; the constant
    anchors are divided by that power of two, exactly.

    Before:
    ```mlir
    %anchors = arith.constant dense<...> : tensor<1536xf32>
    %q = zq.storage_cast %bytes : tensor<1536x288xi8> -> tensor<1536x576x!zq.quantized<f4E2M1FN : bf16, blocks = 1x128,
        scale = #zq.pow2<anchor = row, max_shift = 11>>>
    %y = zq.quantized_linear %x8 scale(%sx), %q scales(%anchors, %shifts) : ...
    ```
    After:
    ```mlir
    %anchors = arith.constant dense<... / 64> : tensor<1536xf32>
    %q = zq.storage_cast %bytes : ...
    %w8 = zq.shift_cast %q by %shifts {exponent = 6 : i64} : ..., tensor<1536x5xi8> -> tensor<1536x576xf8E4M3FN>
    %y = zq.quantized_linear %x8 scale(%sx), %w8 scales(%anchors) : ...
    ```

    Left alone, with a missed remark: free scales, decisions that are not
    materialized, anchors that are no constants or so small that the division is
    inexact. Constants that break their type's promise (a shift past `max_shift`,
    a step without a multiplier, an anchor that is no power of two under M1) are errors.
  }];
  let dependentDialects = ["::zq::ZqDialect", "::mlir::arith::ArithDialect"];
  let statistics = [
    Statistic<"numFolded", "scales-folded", "Linears whose scales are folded">,
    Statistic<"numLeft", "scales-left", "Linears whose scales are left">
  ];
}

def ShareFunctionsPass : Pass<"zq-share-functions", "::mlir::ModuleOp"> {
  let summary = "Make functions that differ in weights alone share their code";
  let description = [{
    The blocks of a model are often one function, each with weights of its own.
    This pass moves the code to one private function that takes the weights as
    arguments, so that it is lowered and compiled once: `zq-to-cpu` runs it.

    Before:
    ```mlir
    func.func @block_0(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
      %w = zq.weight "0.weight" from "model.safetensors" : tensor<8x8xf32>
      %y = zq.linear %x, %w {name = "0"} : ...
      return %y : tensor<?x8xf32>
    }
    func.func @block_1(%x: tensor<?x8xf32>) -> tensor<?x8xf32> { ... "1.weight" ... }
    ```
    After:
    ```mlir
    func.func private @block_0.shared(%x: tensor<?x8xf32>, %w: tensor<8x8xf32>) -> tensor<?x8xf32> {
      %y = zq.linear %x, %w : ...
      return %y : tensor<?x8xf32>
    }
    func.func @block_0(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
      %w = zq.weight "0.weight" from "model.safetensors" : tensor<8x8xf32>
      %y = call @block_0.shared(%x, %w) : ...
      return %y : tensor<?x8xf32>
    }
    func.func @block_1(%x: tensor<?x8xf32>) -> tensor<?x8xf32> { ... }
    ```

    What differs from function to function may be `zq.weight`, constants that a zq
    op reads, and other tensor constants that are no splat; and the names of
    layers, which the shared function does not have. Functions with such a
    constant in a nested region stay as they are.
  }];
  let dependentDialects = ["::zq::ZqDialect", "::mlir::func::FuncDialect"];
  let statistics = [
    Statistic<"numShared", "functions-shared", "Functions that share their code">
  ];
}

def FuseSiblingsPass : Pass<"zq-fuse-siblings", "::mlir::ModuleOp"> {
  let summary = "Make one linear of quantized linears that read one input";
  let description = [{
    Linears with the same quantized input (q, k and v; gate and up) become one
    whose weight has the rows of all, one under the other, and slices of its
    result: one launch on a GPU instead of one for each, and N large enough to
    fill it. Scales belong to rows and groups, so no number changes.

    Before:
    ```mlir
    %q = zq.quantized_linear %x8 scale(%sx), %wq scales(%aq, %tq) {name = "attn.q_proj"} : ... -> tensor<?x576xbf16>
    %k = zq.quantized_linear %x8 scale(%sx), %wk scales(%ak, %tk) {name = "attn.k_proj"} : ... -> tensor<?x192xbf16>
    ```
    After:
    ```mlir
    %y = zq.quantized_linear %x8 scale(%sx), %w scales(%a, %t) {name = "attn.q_proj+k_proj"} : ... -> tensor<?x768xbf16>
    %q = tensor.extract_slice %y[0, 0] [%m, 576] [1, 1] : tensor<?x768xbf16> to tensor<?x576xbf16>
    %k = tensor.extract_slice %y[0, 576] [%m, 192] [1, 1] : tensor<?x768xbf16> to tensor<?x192xbf16>
    ```

    Low-rank compensations (LoRC) become one as well: the down factors one under
    the other, the up factors along a diagonal with zeros beside them, as long as
    the sum of ranks is at most `max-rank`.

    It needs materialized weights, and comes before `zq-fold-scales`. Siblings must
    agree in format, groups, scale constraint, output and bias type and in having a
    compensation; those that do not are left alone with a missed remark, and so are
    linears with attributes of their own. The parts' codes stay in memory until the
    context goes.
  }];
  let options = [
    Option<"maxRank", "max-rank", "int64_t", "64",
           "The largest sum of the siblings' low-rank compensations">
  ];
  let dependentDialects = ["::zq::ZqDialect", "::mlir::arith::ArithDialect",
                           "::mlir::tensor::TensorDialect"];
  let statistics = [
    Statistic<"numFused", "siblings-fused", "Linears that are part of another now">,
    Statistic<"numLeft", "siblings-left", "Linears with siblings that are left alone">
  ];
}

def FuseResidualPass : Pass<"zq-fuse-residual", "::mlir::ModuleOp"> {
  let summary = "Make the add of a residual a part of the quantized linear";
  let description = [{
    Where the result of a quantized linear, or of it and its low-rank compensation
    (LoRC), is only added to another tensor of its type, that tensor becomes the
    linear's `residual`: a GPU adds it where it has the sums in registers, and no
    kernel is launched for the add.

    Before:
    ```mlir
    %y = zq.quantized_linear %x8 scale(%sx), %w scales(%a, %t) {name = "mlp.down_proj"} : ... -> tensor<?x576xbf16>
    %z = linalg.generic ins(%h, %y : tensor<?x576xbf16>, tensor<?x576xbf16>) ... { arith.addf }
    ```
    After:
    ```mlir
    %z = zq.quantized_linear %x8 scale(%sx), %w scales(%a, %t) residual(%h) {name = "mlp.down_proj"}
       : ... residual tensor<?x576xbf16> -> tensor<?x576xbf16>
    ```

    The add is `arith.addf` or any elementwise linalg op that does nothing else; y
    is no longer rounded before it, and neither are the terms of a sum with a
    low-rank compensation. A linear moves down to the add where the
    residual is computed after it. An add that stays has a missed remark that says
    why: of broadcast or transposed tensors, of the result to itself, in another
    block, of a result that has other uses. `zq-fuse-siblings` comes before this
    pass.

    A compiled linear with a residual takes it as a second argument
    ([docs/abi.md](abi.md)).
  }];
  let dependentDialects = ["::zq::ZqDialect"];
  let statistics = [
    Statistic<"numFused", "residuals-fused", "Linears that add a residual">,
    Statistic<"numLeft", "residuals-left", "Linears with an add that is left">
  ];
}

#endif // ZQ_TRANSFORMS_OPTIMIZE_PASSES_TD
