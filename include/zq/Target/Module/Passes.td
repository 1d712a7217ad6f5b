//===- Passes.td - compiled modules ---------------------------*- tablegen -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_TARGET_MODULE_PASSES_TD
#define ZQ_TARGET_MODULE_PASSES_TD

include "mlir/Pass/PassBase.td"

def WriteModulePass : Pass<"zq-write-module", "::mlir::ModuleOp"> {
  let summary = "Write compiled linears and their kernels to a module file";
  let description = [{
    Writes every `zqgpu.linear` of the module, its codes and shifts packed into
    the tiles that kernels read, and the cubins that its variants launch, to one
    file that the runtime opens (`zqModuleOpen`). The IR stays as it is. Constants
    go from their resources to the file without passing through text, one linear
    at a time on each thread.

    A linear without variants can be run on the CPU only. A variant whose kernels
    are not assembled yet, shifts past `max_shift` and scales that are no finite
    numbers are errors, and nothing is written.

    ```mlir
    // zq-opt --zq-write-module=file=model.zqm
    zqgpu.linear @mlp.up 1536 x 576 weight f4E2M1FN group = 128 ... variants [...]
    gpu.binary @zq_kernels [#gpu.object<#nvvm.target<chip = "sm_90a">, bin = "...">]
    ```
  }];
  let options = [
    Option<"file", "file", "std::string", "\"\"", "Where to write the module">
  ];
  let statistics = [
    Statistic<"numLinears", "linears-written", "Linears written">
  ];
}

#endif // ZQ_TARGET_MODULE_PASSES_TD
