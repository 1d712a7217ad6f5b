// ptxas accepts every kind of kernel: no spill, no serialized wgmma.
//
// REQUIRES: ptxas
// RUN: zq-opt %S/../../Conversion/Hopper/Inputs/linears.mlir --zqgpu-to-cubin="tokens=16,128" | FileCheck %s
// RUN: zq-opt %S/../../Conversion/Hopper/Inputs/linears.mlir --zqgpu-to-cubin="tokens=256 accumulation=fast" | FileCheck %s
// RUN: zq-opt %S/../../Conversion/Hopper/Inputs/linears.mlir --zqgpu-to-cubin="tokens=64 stages=1 interval=128" | FileCheck %s
// RUN: zq-opt %S/../../Conversion/Hopper/Inputs/linears.mlir --zqgpu-to-cubin="tokens=16,128 split=3" | FileCheck %s
// RUN: zq-opt %S/../../Conversion/Hopper/Inputs/linear.mlir --zqgpu-to-cubin="tokens=64" --remarks-filter-analyse=zq 2>&1 | FileCheck %s --check-prefix=REMARK

// CHECK: gpu.binary @zq_kernels [#gpu.object<#nvvm.target<O = 3, chip = "sm_90a", features = "+ptx86">
// CHECK-SAME: bin = "\7FELF
// CHECK-NOT: gpu.module

// REMARK: Function=gemm_e2m1_g128_e4m3_bf16_tokens64_stages12_promoted1024
// REMARK-SAME: Registers=168

// The same input gives the same bytes.
// RUN: zq-opt %S/../../Conversion/Hopper/Inputs/linear.mlir --zqgpu-to-cubin=tokens=16 -o %t.first
// RUN: zq-opt %S/../../Conversion/Hopper/Inputs/linear.mlir --zqgpu-to-cubin=tokens=16 -o %t.second
// RUN: cmp %t.first %t.second
