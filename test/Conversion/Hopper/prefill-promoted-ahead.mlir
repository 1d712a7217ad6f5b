// Prefill, promoted, up to 184 tokens: registers hold the codes of half a tile as well,
// so a turn reads the next tile's before it expands what it has. Not of groups of 32,
// which have tables for each k32 step, nor of 192 tokens (prefill-promoted.mlir).
//
// RUN: zq-opt %s --zqgpu-generate-kernels | FileCheck %s

zqgpu.linear @l 200 x 1024
  weight f4E2M1FN group = 128 max_shift = 11
  activation f8E4M3FN input bf16 output bf16
  codes(dense<1> : tensor<200x512xi8>) shifts(dense<0> : tensor<200x8xi8>)
  row_scale(dense<1.0> : tensor<200xf32>)
  schedules [#zqgpu.choice<m = 1 to 2147483647, schedule = <tokens = 184, stages = 5, accumulation = promoted, interval = 1024>>]
zqgpu.linear @groups 200 x 1024
  weight f4E2M1FN group = 32 max_shift = 11
  activation f8E4M3FN input bf16 output bf16
  codes(dense<1> : tensor<200x512xi8>) shifts(dense<0> : tensor<200x32xi8>)
  row_scale(dense<1.0> : tensor<200xf32>)
  schedules [#zqgpu.choice<m = 1 to 2147483647, schedule = <tokens = 184, stages = 5, accumulation = promoted, interval = 1024>>]

// CHECK: llvm.func @gemm_e2m1_g128_e4m3_bf16_tokens184_stages5_promoted1024(
// CHECK: nvvm.setmaxregister increase 240
// CHECK: scf.for {{.*}} step %c8_i32
// All codes of the first tile, products of its lower half.
// CHECK: zqgpu.barrier_wait
// CHECK-COUNT-4: zqgpu.expand_codes
// CHECK-COUNT-2: zqgpu.wgmma %
// CHECK: zqgpu.wgmma_commit
// CHECK-NOT: zqgpu.expand_codes
// A turn: the next tile's codes, then this one's upper half.
// CHECK: scf.for
// CHECK: zqgpu.barrier_wait
// CHECK-COUNT-2: llvm.load {{.*}} : !llvm.ptr<3> -> vector<4xi32>
// CHECK-NOT: llvm.load {{.*}} -> vector<4xi32>
// CHECK: zqgpu.expand_codes
// CHECK-COUNT-3: zqgpu.expand_codes
// CHECK: zqgpu.wgmma_fence
// CHECK-COUNT-2: zqgpu.wgmma %
// CHECK: zqgpu.wgmma_wait {{.*}} {pending = 1 : i64}
// CHECK-NOT: llvm.load {{.*}} -> vector<4xi32>
// CHECK: zqgpu.expand_codes
// CHECK-COUNT-3: zqgpu.expand_codes
// CHECK: zqgpu.wgmma_fence
// CHECK-COUNT-2: zqgpu.wgmma %
// CHECK: zqgpu.wgmma_wait {{.*}} {pending = 1 : i64}
// CHECK: nvvm.mbarrier.arrive
// CHECK: scf.yield

// CHECK: llvm.func @gemm_e2m1_g32_e4m3_bf16_tokens184_stages5_promoted1024(
// CHECK: scf.for {{.*}} step %c8_i32
// The loop reads a half's codes and expands them.
// CHECK: scf.for
// CHECK: zqgpu.barrier_wait
// CHECK: llvm.load {{.*}} : !llvm.ptr<3> -> vector<4xi32>
// CHECK-NOT: -> vector<4xi32>
// CHECK: zqgpu.expand_codes
// CHECK: zqgpu.wgmma %
