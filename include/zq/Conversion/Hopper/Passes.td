//===- Passes.td - from zqgpu.linear to NVVM -----------------*- tablegen -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_CONVERSION_HOPPER_PASSES_TD
#define ZQ_CONVERSION_HOPPER_PASSES_TD

include "mlir/Pass/PassBase.td"

/// What schedules are chosen by.
defvar scheduleOptions = [
  ListOption<"tokens", "tokens", "int64_t",
    "Tokens in a tile, ascending: each serves all M up to itself, the last one all others; by shape and M where not given">,
  Option<"stages", "stages", "int64_t", "0",
    "Stages of the ring, fewer where shared memory does not hold them; 0: as many as it holds, 16 at most">,
  Option<"split", "split", "int64_t", "0",
    "CTAs that share a tile, a part of K each, 1 to 8; 0: by shape, so that small linears use all of the machine">,
  Option<"accumulation", "accumulation", "std::string", "\"promoted\"",
    "promoted: FP32 takes over every interval; fast: the tensor core sums over all of K, with fewer bits">,
  Option<"interval", "interval", "int64_t", "1024",
    "Columns of K between promotions">,
  Option<"target", "target", "std::string", "\"\"",
    "The machine: h100, h200, or hopper for what is good on both; by default the module's zqgpu.target, or hopper">,
  Option<"table", "schedule-table", "std::string", "\"\"",
    "A file of schedules that were measured (zq-run --tune), taken before the model's for its linears">
];

def ChooseSchedules : Pass<"zqgpu-choose-schedules", "::mlir::ModuleOp"> {
  let summary = "Choose the ranges of M and the schedules of all zqgpu.linear ops";
  let description = [{
    Fills the `schedules` of each linear that has none; those that are there,
    written by hand, stay. A time is predicted for every schedule that the
    generator has and for every M at which a range may end: what is paid once,
    and the larger of the bytes over the target's bandwidth and the rounds of
    tiles over its multiprocessors. The fewest ranges are taken whose schedule is
    within 2% of the best, on all targets where there are several.

    `schedule-table` names a file of measured schedules; linears that it holds get
    those, with the option's `interval`. Tables do not know residuals: a range whose
    kernel has too few registers for this linear's gets the model's choice, and a
    missed remark. Analysis remarks (`--remarks-filter-analyse=zq`) say what time is
    expected of each range on each target.

    Before:
    ```mlir
    zqgpu.linear @up 4096 x 4096 weight f4E2M1FN group = 128 ...
    ```
    After:
    ```mlir
    zqgpu.linear @up 4096 x 4096 weight f4E2M1FN group = 128 ...
        schedules [#zqgpu.choice<m = 1 to 32, schedule = <tokens = 32, stages = 16, ...>>, ...]
    ```
  }];
  let options = scheduleOptions;
  let statistics = [
    Statistic<"numLinears", "linears", "Linears that got schedules">
  ];
}

def ExpandCandidates : Pass<"zqgpu-expand-candidates", "::mlir::ModuleOp"> {
  let summary = "For tuning: a linear for every schedule that it could have";
  let description = [{
    Replaces each `zqgpu.linear` without schedules by copies, one for each schedule
    that `zqgpu-choose-schedules` chooses from, for all M; of linears with the same
    N, K, group and rank only the first. `zq-run --tune` measures them and writes the
    table that `schedule-table` reads ([docs/tuning.md](tuning.md)).

    Before:
    ```mlir
    zqgpu.linear @up 4096 x 4096 weight f4E2M1FN group = 128 ...
    ```
    After:
    ```mlir
    zqgpu.linear @up_0 4096 x 4096 weight f4E2M1FN group = 128 ...
        schedules [#zqgpu.choice<m = 1 to 2147483647, schedule = <tokens = 16, ...>>]
    zqgpu.linear @up_1 4096 x 4096 weight f4E2M1FN group = 128 ...
        schedules [#zqgpu.choice<m = 1 to 2147483647, schedule = <tokens = 16, ..., split = 2>>]
    ```
  }];
  let options = scheduleOptions;
  let statistics = [
    Statistic<"numCandidates", "candidates", "Linears in the place of those that were there">
  ];
}

def GenerateKernels : Pass<"zqgpu-generate-kernels", "::mlir::ModuleOp"> {
  let summary = "Write the kernels of all zqgpu.linear ops and say how to launch them";
  let description = [{
    Creates `gpu.module @zq_kernels` with the kernels that the module's linears
    need, each once: a kernel is generated for formats, element types and a
    schedule, while N, K, M and the rank are arguments, so the layers of a model
    share a few. Fills the `variants` of each linear that has none.

    Linears without `schedules` get them as `zqgpu-choose-schedules` chooses them,
    with the same options.

    Two launches a variant: `quantize_...` brings each token to FP8 (and projects
    it down for low-rank compensation), `gemm_...` does the rest. Quantization reads
    x once: up to 512 tokens a cluster of CTAs shares 8 of them and keeps them in
    registers, beyond that persistent clusters of fewer CTAs have a ring of stages.
    The down projection runs on tensor cores and adds up in FP32, in a fixed order;
    bf16 or f16 tokens and a factor of the same type enter exactly, all others
    in TF32, which rounds FP32 numbers to 11 bits. The up projection is in TF32.

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
      llvm.func @quantize_bf16_e4m3_tokens8_warps8_held2_parts2(...) attributes {nvvm.kernel, ...} { ... }
      llvm.func @gemm_e2m1_g128_e4m3_bf16_tokens64_stages12_promoted512(...) attributes {nvvm.kernel, ...} { ... }
    }
    zqgpu.linear @up 1536 x 576 weight f4E2M1FN group = 128 ...
        variants [#zqgpu.variant<m = 1 to 16, ...>, ...]
    ```
  }];
  let options = scheduleOptions;
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
