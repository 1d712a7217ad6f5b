// Schedules that a user wrote stay, and are what kernels are generated for.
//
// RUN: zq-opt %s --zqgpu-choose-schedules --zqgpu-generate-kernels | FileCheck %s

// CHECK: llvm.func @gemm_e2m1_g128_e4m3_bf16_tokens24_stages3_fast(
// CHECK: llvm.func @gemm_e2m1_g128_e4m3_bf16_tokens72_stages5_promoted256_split2(
// CHECK-NOT: llvm.func @gemm
// CHECK: variants [#zqgpu.variant<m = 1 to 30, schedule = <tokens = 24, stages = 3, accumulation = fast>
// CHECK-SAME: #zqgpu.variant<m = 31 to 2147483647, schedule = <tokens = 72, stages = 5, accumulation = promoted, interval = 256, split = 2>
zqgpu.linear @l 200 x 300
  weight f4E2M1FN group = 128 max_shift = 11
  activation f8E4M3FN input bf16 output bf16
  codes(dense<1> : tensor<200x150xi8>) shifts(dense<0> : tensor<200x3xi8>)
  row_scale(dense<1.0> : tensor<200xf32>)
  schedules [#zqgpu.choice<m = 1 to 30, schedule = <tokens = 24, stages = 3, accumulation = fast>>,
             #zqgpu.choice<m = 31 to 2147483647, schedule = <tokens = 72, stages = 5, accumulation = promoted, interval = 256, split = 2>>]
