// Prefill, fast: the tensor core sums over all of K, a whole tile of K in each of two
// buffers of fragments, and nothing takes over in between.
//
// RUN: zq-opt %s --zqgpu-generate-kernels | FileCheck %s

zqgpu.linear @l 200 x 1000
  weight f4E2M1FN group = 128 max_shift = 11
  activation f8E4M3FN input bf16 output bf16
  codes(dense<1> : tensor<200x500xi8>) shifts(dense<0> : tensor<200x8xi8>)
  row_scale(dense<1.0> : tensor<200xf32>)
  schedules [#zqgpu.choice<m = 1 to 2147483647, schedule = <tokens = 256, stages = 4, accumulation = fast>>]

// Four stages: a full barrier for two producers, an empty one for eight warps.
// CHECK: llvm.func @gemm_e2m1_g128_e4m3_bf16_tokens256_stages4_fast(
// CHECK-COUNT-8: nvvm.mbarrier.init
// CHECK-NOT: nvvm.mbarrier.init
// Consumers, persistent: tile after tile, the ring runs on.
// CHECK: nvvm.setmaxregister increase 232
// CHECK: nvvm.griddepcontrol wait
// CHECK: scf.for
// CHECK: zqgpu.barrier_wait
// CHECK-COUNT-8: zqgpu.expand_codes
// CHECK: zqgpu.wgmma {{.*}} if %false {{.*}} : vector<128xf32>
// CHECK-COUNT-3: zqgpu.wgmma {{.*}} : vector<128xf32>
// CHECK: zqgpu.wgmma_commit
// The loop over K, two tiles a turn.
// CHECK-NOT: scf.for
// CHECK: scf.for
// CHECK: zqgpu.barrier_wait
// CHECK-COUNT-8: zqgpu.expand_codes
// CHECK-COUNT-4: zqgpu.wgmma {{.*}} if %true{{.*}} : vector<128xf32>
// CHECK: zqgpu.wgmma_commit
// CHECK: zqgpu.wgmma_wait {{.*}} {pending = 1 : i64}
// CHECK: nvvm.mbarrier.arrive
// CHECK: zqgpu.barrier_wait
// CHECK-COUNT-8: zqgpu.expand_codes
// CHECK-COUNT-4: zqgpu.wgmma {{.*}} if %true{{.*}} : vector<128xf32>
// CHECK: zqgpu.wgmma_commit
// CHECK: zqgpu.wgmma_wait {{.*}} {pending = 1 : i64}
// CHECK: nvvm.mbarrier.arrive
// CHECK: scf.yield
// CHECK: zqgpu.wgmma_wait {{.*}} {pending = 0 : i64}
// CHECK: nvvm.mbarrier.arrive
// CHECK-NOT: arith.addf
// CHECK: nvvm.setmaxregister decrease 40
// CHECK: zqgpu.linear @l
