//===- Passes.td - from zq to compiled linears ----------------*- tablegen -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_CONVERSION_ZQTOZQGPU_PASSES_TD
#define ZQ_CONVERSION_ZQTOZQGPU_PASSES_TD

include "mlir/Pass/PassBase.td"

def OutlineLinearsPass : Pass<"zq-outline-linears", "::mlir::ModuleOp"> {
  let summary = "Move quantized linears out of functions, into zqgpu.linear and calls";
  let description = [{
    Each quantized linear whose scales are folded becomes a `zqgpu.linear` with
    its constants, and a call of a private function without a body, whose
    attribute `zq.compiled` names that linear. The rest of the function stays as
    it is, for whatever stack goes on with it; how a call is bound to a compiled
    module is in docs/abi.md.

    With the linear go the quantization of its activations, its bias, and its
    low-rank compensation (two `zq.linear` on the same input and the `arith.addf`
    of their result): they are one kernel's epilogue, in FP32, rounded once.
    Activations of any rank are flattened to M x K.

    Before:
    ```mlir
    %x8, %s = zq.quantize_activation %x : tensor<?x16x576xbf16> -> tensor<?x16x576xf8E4M3FN>, tensor<?x16xf32>
    %w8 = zq.shift_cast %q by %shifts {exponent = 6 : i64} : ...
    %y = zq.quantized_linear %x8 scale(%s), %w8 scales(%anchors) {name = "mlp.up"} : ... -> tensor<?x16x1536xbf16>
    ```
    After:
    ```mlir
    %x2 = tensor.collapse_shape %x [[0, 1], [2]] : tensor<?x16x576xbf16> into tensor<?x576xbf16>
    %y2 = call @zq_mlp_up(%x2) : (tensor<?x576xbf16>) -> tensor<?x1536xbf16>
    %y = tensor.expand_shape %y2 [[0, 1], [2]] output_shape [%d, 16, 1536] : ...

    func.func private @zq_mlp_up(tensor<?x576xbf16>) -> tensor<?x1536xbf16>
        attributes {llvm.emit_c_interface, zq.compiled = @mlp.up}
    zqgpu.linear @mlp.up 1536 x 576 weight f4E2M1FN group = 128 max_shift = 11 ...
    ```

    What no Hopper kernel can be made of is an error: INT8 activations, free
    scales, a group that is neither a multiple of 32 nor a whole row. What is no
    constant (weights, scales, bias) or has activations that are not quantized by
    `zq.quantize_activation` is left alone, with a missed remark.
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect",
    "::mlir::func::FuncDialect", "::mlir::LLVM::LLVMDialect",
    "::mlir::tensor::TensorDialect", "::zq::zqgpu::ZqGPUDialect"
  ];
  let statistics = [
    Statistic<"numOutlined", "linears-outlined", "Linears moved out of functions">,
    Statistic<"numLeft", "linears-left", "Quantized linears left alone">
  ];
}

#endif // ZQ_CONVERSION_ZQTOZQGPU_PASSES_TD
