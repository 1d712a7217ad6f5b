// Layers share kernels: N, K and the rank are arguments; quantization is another one
// where a thread has more of a token. What code depends on
// makes a kernel of its own: formats, group, types, compensation, bias.
//
// RUN: zq-opt %s --zqgpu-generate-kernels="tokens=64 stages=4 split=1" | FileCheck %s

// CHECK-NOT: llvm.func
// CHECK: llvm.func @quantize_bf16_e4m3_tokens8_warps16_held1_stages3(
// CHECK-NOT: llvm.func
// CHECK: llvm.func @gemm_e2m1_g128_e4m3_bf16_tokens64_stages4_promoted1024(
// CHECK-NOT: llvm.func
// CHECK: llvm.func @quantize_bf16_e4m3_lorc_bf16_tokens8_warps8_held1_stages3(
// CHECK-NOT: llvm.func
// CHECK: llvm.func @gemm_e2m1_g128_e4m3_bf16_lorc_bf16_tokens64_stages4_promoted1024(
// CHECK-NOT: llvm.func
// CHECK: llvm.func @gemm_e2m1_g32_max14_e4m3_bf16_bias_f32_tokens64_stages4_promoted1024(
// CHECK-NOT: llvm.func
// CHECK: llvm.func @quantize_f16_e5m2_tokens8_warps16_held1_stages3(
// CHECK-NOT: llvm.func
// CHECK: llvm.func @gemm_int4_g128_e5m2_f32_tokens64_stages4_promoted1024(
// CHECK-NOT: llvm.func

zqgpu.linear @first 200 x 300
  weight f4E2M1FN group = 128 max_shift = 11
  activation f8E4M3FN input bf16 output bf16
  codes(dense<1> : tensor<200x150xi8>) shifts(dense<0> : tensor<200x3xi8>)
  row_scale(dense<1.0> : tensor<200xf32>)

// Another shape, a group of 256 and one for all of K, a smaller window: the same.
zqgpu.linear @second 7 x 500
  weight f4E2M1FN group = 256 max_shift = 3
  activation f8E4M3FN input bf16 output bf16
  codes(dense<1> : tensor<7x250xi8>) shifts(dense<0> : tensor<7x2xi8>)
  row_scale(dense<1.0> : tensor<7xf32>)
zqgpu.linear @third 7 x 100
  weight f4E2M1FN group = 100 max_shift = 11
  activation f8E4M3FN input bf16 output bf16
  codes(dense<1> : tensor<7x50xi8>) shifts(dense<0> : tensor<7x1xi8>)
  row_scale(dense<1.0> : tensor<7xf32>)

// Two ranks: one kernel.
zqgpu.linear @lorc8 7 x 100
  weight f4E2M1FN group = 100 max_shift = 11
  activation f8E4M3FN input bf16 output bf16
  codes(dense<1> : tensor<7x50xi8>) shifts(dense<0> : tensor<7x1xi8>)
  row_scale(dense<1.0> : tensor<7xf32>)
  down(dense<1.0> : tensor<8x100xbf16>) up(dense<1.0> : tensor<7x8xbf16>)
zqgpu.linear @lorc64 7 x 100
  weight f4E2M1FN group = 100 max_shift = 11
  activation f8E4M3FN input bf16 output bf16
  codes(dense<1> : tensor<7x50xi8>) shifts(dense<0> : tensor<7x1xi8>)
  row_scale(dense<1.0> : tensor<7xf32>)
  down(dense<1.0> : tensor<64x100xbf16>) up(dense<1.0> : tensor<7x64xbf16>)

// Groups of 96 columns: a shift for every 32; subnormal tables; a bias.
zqgpu.linear @other 7 x 100
  weight f4E2M1FN group = 96 max_shift = 14
  activation f8E4M3FN input bf16 output bf16
  codes(dense<1> : tensor<7x50xi8>) shifts(dense<0> : tensor<7x2xi8>)
  row_scale(dense<1.0> : tensor<7xf32>) bias(dense<1.0> : tensor<7xf32>)

zqgpu.linear @int4 7 x 100
  weight i4 group = 128 max_shift = 11
  activation f8E5M2 input f16 output f32
  codes(dense<1> : tensor<7x50xi8>) shifts(dense<0> : tensor<7x1xi8>)
  row_scale(dense<1.0> : tensor<7xf32>)
