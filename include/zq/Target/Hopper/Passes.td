//===- Passes.td - from kernels to a cubin -------------------*- tablegen -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_TARGET_HOPPER_PASSES_TD
#define ZQ_TARGET_HOPPER_PASSES_TD

include "mlir/Pass/PassBase.td"

def Assemble : Pass<"zqgpu-assemble", "::mlir::ModuleOp"> {
  let summary = "PTX to a cubin with ptxas, whose warnings fail the compilation";
  let description = [{
    Replaces the PTX of each `gpu.binary` for sm_90a by the cubin that ptxas makes
    of it. A register spill or a C75xx line of ptxas (a serialized wgmma, an
    ignored setmaxnreg) is an error that names the kernel: such a kernel is right
    but many times slower than it looks. Each kernel's registers are reported as a
    remark.

    ptxas is the option's, or the first on PATH, under CUDA_HOME or CUDA_PATH, in
    `../cuda/bin` beside the running program, or in /usr/local/cuda.

    Before:
    ```mlir
    gpu.binary @zq_kernels [#gpu.object<#nvvm.target<chip = "sm_90a", ...>, assembly = "...">]
    ```
    After:
    ```mlir
    gpu.binary @zq_kernels [#gpu.object<#nvvm.target<chip = "sm_90a", ...>, bin = "\7FELF...">]
    ```
  }];
  let options = [
    Option<"ptxas", "ptxas", "std::string", "\"\"", "Path of ptxas">
  ];
  let statistics = [
    Statistic<"numKernels", "kernels", "Kernels assembled">
  ];
  let dependentDialects = ["::mlir::gpu::GPUDialect"];
}

#endif // ZQ_TARGET_HOPPER_PASSES_TD
