//===- Passes.td - from zqgpu.linear to NVVM -----------------*- tablegen -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_CONVERSION_HOPPER_PASSES_TD
#define ZQ_CONVERSION_HOPPER_PASSES_TD

include "mlir/Pass/PassBase.td"

def GenerateKernels : Pass<"zqgpu-generate-kernels", "::mlir::ModuleOp"> {
  let summary = "Write the kernels of all zqgpu.linear ops and say how to launch them";
  let description = [{
    Creates `gpu.module @zq_kernels` with the kernels that the module's linears
    need, each once: a kernel is generated for formats, element types and a
    schedule, while N, K, M and the rank are arguments, so the layers of a model
    share a few. Fills the `variants` of each linear that has none.

    The ranges of M and their schedules are chosen by shape: tiles of as many
    tokens as there are, up to the largest of `tokens`; K split over the CTAs of a
    cluster as long as all tiles are worked on at once. The last variant, for all
    M beyond, is not split.

    Two launches a variant: `quantize_...` brings each token to FP8 (and projects
    it down for low-rank compensation), `gemm_...` does the rest.

    Fast accumulation costs accuracy as K grows: on an H200, bf16 results at
    K = 16384 are off by 3.4e-3 of their norm, against 1.7e-3 promoted, which is
    that of rounding to bf16 alone.

    Before:
    ```mlir
    zqgpu.linear @up 1536 x 576 weight f4E2M1FN group = 128 ...
    ```
    After:
    ```mlir
    gpu.module @zq_kernels {
      llvm.func @quantize_bf16_e4m3(...) attributes {nvvm.kernel, ...} { ... }
      llvm.func @gemm_e2m1_g128_e4m3_bf16_tokens64_stages14_promoted512(...) attributes {nvvm.kernel, ...} { ... }
    }
    zqgpu.linear @up 1536 x 576 weight f4E2M1FN group = 128 ...
        variants [#zqgpu.variant<m = 1 to 16, ...>, ...]
    ```
  }];
  let options = [
    ListOption<"tokens", "tokens", "int64_t",
      "Tokens in a tile, ascending: each serves all M up to itself, the last one all others (16, 64 and 128 where not given)">,
    Option<"stages", "stages", "int64_t", "0",
      "Stages of the ring, fewer where shared memory does not hold them; 0: as many as it holds, 16 at most">,
    Option<"split", "split", "int64_t", "0",
      "CTAs that share a tile, a part of K each, 1 to 8; 0: by shape, so that small linears use all of the machine">,
    Option<"accumulation", "accumulation", "std::string", "\"promoted\"",
      "promoted: FP32 takes over every interval; fast: the tensor core sums over all of K, with fewer bits">,
    Option<"interval", "interval", "int64_t", "512",
      "Columns of K between promotions">
  ];
  let statistics = [
    Statistic<"numLinears", "linears", "Linears that got variants">,
    Statistic<"numKernels", "kernels", "Kernels generated">
  ];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::gpu::GPUDialect",
    "::mlir::LLVM::LLVMDialect", "::mlir::math::MathDialect",
    "::mlir::NVVM::NVVMDialect", "::mlir::scf::SCFDialect",
    "::zq::zqgpu::ZqGPUDialect"
  ];
}

def ZqGPUToNVVM : Pass<"zqgpu-to-nvvm", "::mlir::gpu::GPUModuleOp"> {
  let summary = "Lower the ops of kernels to integer arithmetic and inline PTX";
  let description = [{
    `zqgpu.shift_table` and `zqgpu.expand_codes` become `arith` and `prmt`, the table's
    words taken from zq/Numerics/ShiftCast.h; `zqgpu.descriptor` becomes `arith`; the
    wgmma ops become inline PTX whose registers are tied from op to op, as their
    operands and results are.

    Before:
    ```mlir
    %d1, %a1 = zqgpu.wgmma_wait %d0, %a0 {pending = 0} : vector<4xf32>, vector<4xi32>
    ```
    After:
    ```mlir
    %r = llvm.inline_asm has_side_effects "wgmma.wait_group.sync.aligned 0;",
      "=f,=f,=f,=f,=r,=r,=r,=r,0,1,2,3,4,5,6,7,~{memory}" ...
    ```
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::LLVM::LLVMDialect"
  ];
}

#endif // ZQ_CONVERSION_HOPPER_PASSES_TD
