// A residual alone, in tiles of as many tokens as there may be, where registers are short:
// ptxas spills nothing, or zqgpu-assemble fails.
//
// REQUIRES: ptxas
// RUN: zq-opt %s --zqgpu-to-cubin -o %t
// RUN: grep -o "zq_kernels::@gemm_[a-z0-9_]*" %t | sort -u | FileCheck %s

// CHECK: gemm_e2m1_g128_e4m3_bf16_residual_tokens128_stages6_promoted1024
// CHECK: gemm_e2m1_g128_e4m3_bf16_residual_tokens16_stages9_promoted1024_stream_2persm
// CHECK: gemm_e2m1_g128_e4m3_bf16_residual_tokens192_stages4_promoted1024
// CHECK: gemm_e2m1_g128_e4m3_bf16_residual_tokens232_stages4_fast
// CHECK: gemm_e2m1_g128_e4m3_bf16_residual_tokens256_stages4_fast
// CHECK: gemm_e2m1_g128_e4m3_bf16_residual_tokens256_stages4_fast_split2
// CHECK: gemm_e2m1_g128_e4m3_bf16_residual_tokens256_stages4_fast_stream
// CHECK: gemm_e2m1_g128_e4m3_f32_residual_tokens256_stages4_fast
zqgpu.linear @bf16 200 x 1000
  weight f4E2M1FN group = 128 max_shift = 11
  activation f8E4M3FN input bf16 output bf16
  codes(dense<1> : tensor<200x500xi8>) shifts(dense<0> : tensor<200x8xi8>)
  row_scale(dense<1.0> : tensor<200xf32>) residual
  schedules [#zqgpu.choice<m = 1 to 16, schedule = <tokens = 16, stages = 9, accumulation = promoted, interval = 1024, stream_k, per_sm = 2>>,
             #zqgpu.choice<m = 17 to 128, schedule = <tokens = 128, stages = 6, accumulation = promoted, interval = 1024>>,
             #zqgpu.choice<m = 129 to 192, schedule = <tokens = 192, stages = 4, accumulation = promoted, interval = 1024>>,
             #zqgpu.choice<m = 193 to 256, schedule = <tokens = 256, stages = 4, accumulation = fast>>,
             #zqgpu.choice<m = 257 to 512, schedule = <tokens = 256, stages = 4, accumulation = fast, split = 2>>,
             #zqgpu.choice<m = 513 to 1024, schedule = <tokens = 256, stages = 4, accumulation = fast, stream_k>>,
             #zqgpu.choice<m = 1025 to 2048, schedule = <tokens = 232, stages = 4, accumulation = fast>>]
zqgpu.linear @f32 200 x 1000
  weight f4E2M1FN group = 128 max_shift = 11
  activation f8E4M3FN input bf16 output f32
  codes(dense<1> : tensor<200x500xi8>) shifts(dense<0> : tensor<200x8xi8>)
  row_scale(dense<1.0> : tensor<200xf32>) residual
  schedules [#zqgpu.choice<m = 1 to 256, schedule = <tokens = 256, stages = 4, accumulation = fast>>]
