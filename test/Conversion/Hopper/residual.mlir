// A residual is on its way before the first product, through the buffers that y takes,
// and is added before the one rounding.
//
// RUN: zq-opt %s --zqgpu-generate-kernels --split-input-file | FileCheck %s

zqgpu.linear @plain 200 x 1000
  weight f4E2M1FN group = 128 max_shift = 11
  activation f8E4M3FN input bf16 output bf16
  codes(dense<1> : tensor<200x500xi8>) shifts(dense<0> : tensor<200x8xi8>)
  row_scale(dense<1.0> : tensor<200xf32>) bias(dense<1.0> : tensor<200xbf16>) residual
  schedules [#zqgpu.choice<m = 1 to 2147483647, schedule = <tokens = 96, stages = 4, accumulation = fast>>]

// CHECK: llvm.func @gemm_e2m1_g128_e4m3_bf16_bias_bf16_residual_tokens96_stages4_fast(
// CHECK: nvvm.setmaxregister increase
// The residual may be what the kernel in front writes.
// CHECK: nvvm.griddepcontrol wait
// CHECK: scf.for
// Scales; then, when nobody reads the buffers any more, the residual of two times 32
// tokens: 16 bytes of 16 tokens' rows a time.
// CHECK: nvvm.cp.async.shared.global {{.*}}, 4, cache = ca
// CHECK: nvvm.barrier id
// CHECK-COUNT-2: nvvm.cp.async.shared.global {{.*}}, 16, cache = cg
// Or number by number, where rows do not begin at multiples of 16 bytes.
// CHECK: scf.for
// CHECK: llvm.load {{.*}} : !llvm.ptr<1> -> i16
// CHECK: llvm.store {{.*}} : i16, !llvm.ptr<3>
// CHECK-COUNT-2: nvvm.cp.async.shared.global {{.*}}, 16, cache = cg
// CHECK: zqgpu.wgmma %
// CHECK: zqgpu.wgmma_wait {{.*}} {pending = 0 : i64}
// The first 32 tokens: turned the other way, and added behind the bias.
// CHECK: nvvm.cp.async.wait.group 0
// CHECK: nvvm.barrier id
// CHECK: nvvm.ldmatrix {{.*}}layout = #nvvm.mma_layout<col>, num = 4 : i32
// CHECK: arith.extf {{.*}} : bf16 to f32
// CHECK: arith.truncf {{.*}} : vector<2xf32> to vector<2xbf16>
// CHECK: nvvm.stmatrix
// CHECK: nvvm.barrier id
// CHECK-NOT: nvvm.cp.async.shared.global
// The second; when all have stored the first, the third takes its buffer.
// CHECK: nvvm.ldmatrix
// CHECK: nvvm.stmatrix
// CHECK: nvvm.barrier id
// CHECK-COUNT-2: nvvm.cp.async.shared.global {{.*}}, 16, cache = cg
// CHECK: nvvm.cp.async.wait.group 0
// CHECK: nvvm.barrier id
// CHECK: nvvm.ldmatrix
// CHECK: nvvm.stmatrix
// CHECK-LABEL: zqgpu.linear @plain
// CHECK-SAME: residual variants
// CHECK-SAME: #zqgpu.buffer<blob "bias">, #zqgpu.buffer<user "residual">, #zqgpu.tokens

// -----

// Numbers of 32 bits have no matrices.
zqgpu.linear @f32 200 x 1000
  weight f4E2M1FN group = 128 max_shift = 11
  activation f8E4M3FN input bf16 output f32
  codes(dense<1> : tensor<200x500xi8>) shifts(dense<0> : tensor<200x8xi8>)
  row_scale(dense<1.0> : tensor<200xf32>) residual
  schedules [#zqgpu.choice<m = 1 to 2147483647, schedule = <tokens = 16, stages = 4, accumulation = fast>>]

// CHECK: llvm.func @gemm_e2m1_g128_e4m3_f32_residual_tokens16_stages4_fast(
// CHECK: zqgpu.wgmma_wait {{.*}} {pending = 0 : i64}
// CHECK-NOT: nvvm.ldmatrix
// CHECK: llvm.load {{.*}} : !llvm.ptr<3> -> f32
// CHECK: llvm.store {{.*}} : f32, !llvm.ptr<3>

// -----

// Stream-K: a tile's residual is for the CTA with its first columns of K.
zqgpu.linear @stream 200 x 1000
  weight f4E2M1FN group = 128 max_shift = 11
  activation f8E4M3FN input bf16 output bf16
  codes(dense<1> : tensor<200x500xi8>) shifts(dense<0> : tensor<200x8xi8>)
  row_scale(dense<1.0> : tensor<200xf32>) residual
  schedules [#zqgpu.choice<m = 1 to 2147483647, schedule = <tokens = 16, stages = 4, accumulation = fast, stream_k>>]

// CHECK: llvm.func @gemm_e2m1_g128_e4m3_bf16_residual_tokens16_stages4_fast_stream(
// CHECK: nvvm.setmaxregister increase
// CHECK: %[[FIRST:.*]] = arith.select %{{.*}}, %{{.*}}, %{{.*}} : i32
// CHECK: nvvm.barrier id
// CHECK: %[[MINE:.*]] = arith.cmpi eq, %[[FIRST]]
// CHECK-NEXT: scf.if %[[MINE]]
// CHECK: nvvm.cp.async.shared.global {{.*}}, 16, cache = cg

// -----

// K split over a cluster: a CTA reads the residual of the tokens that it stores.
zqgpu.linear @split 200 x 1000
  weight f4E2M1FN group = 128 max_shift = 11
  activation f8E4M3FN input bf16 output bf16
  codes(dense<1> : tensor<200x500xi8>) shifts(dense<0> : tensor<200x8xi8>)
  row_scale(dense<1.0> : tensor<200xf32>) residual
  schedules [#zqgpu.choice<m = 1 to 2147483647, schedule = <tokens = 16, stages = 4, accumulation = fast, split = 2>>]

// CHECK: llvm.func @gemm_e2m1_g128_e4m3_bf16_residual_tokens16_stages4_fast_split2(
// CHECK: nvvm.setmaxregister increase
// CHECK: nvvm.barrier id
// CHECK: %[[MINE:.*]] = arith.cmpi ult
// CHECK-NEXT: scf.if %[[MINE]]
// CHECK: nvvm.cp.async.shared.global {{.*}}, 16, cache = cg
// CHECK: zqgpu.wgmma_wait {{.*}} {pending = 0 : i64}
// CHECK: nvvm.cluster.arrive
// CHECK-NEXT: nvvm.cluster.wait
// CHECK: nvvm.ldmatrix
// CHECK: nvvm.stmatrix
