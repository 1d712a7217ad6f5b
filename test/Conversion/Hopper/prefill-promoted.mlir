// Prefill, promoted: FP32 takes over every 1024 columns. Both kinds of sums leave
// registers for half a tile of K in each of two buffers of fragments.
//
// RUN: zq-opt %s --zqgpu-generate-kernels | FileCheck %s

zqgpu.linear @l 200 x 1000
  weight f4E2M1FN group = 128 max_shift = 11
  activation f8E4M3FN input bf16 output bf16
  codes(dense<1> : tensor<200x500xi8>) shifts(dense<0> : tensor<200x8xi8>)
  row_scale(dense<1.0> : tensor<200xf32>)
  schedules [#zqgpu.choice<m = 1 to 2147483647,
             schedule = <tokens = 192, stages = 5, accumulation = promoted, interval = 1024>>]

// CHECK: llvm.func @gemm_e2m1_g128_e4m3_bf16_tokens192_stages5_promoted1024(
// CHECK-COUNT-10: nvvm.mbarrier.init
// CHECK-NOT: nvvm.mbarrier.init
// CHECK: nvvm.setmaxregister increase 240
// Tiles of the result; intervals of 8 tiles of K, with FP32 sums carried along.
// CHECK: scf.for
// CHECK: scf.for {{.*}} step %c8_i32{{.*}} iter_args({{.*}} %[[SUMS:.*]] = %{{.*}}) -> (i32, i32, vector<96xf32>)
// The first tile of each sum starts it.
// CHECK: zqgpu.barrier_wait
// CHECK-COUNT-4: zqgpu.expand_codes
// CHECK: zqgpu.wgmma {{.*}} if %false {{.*}} : vector<96xf32>
// CHECK: zqgpu.wgmma {{.*}} if %true {{.*}} : vector<96xf32>
// CHECK: zqgpu.wgmma_commit
// CHECK-NOT: zqgpu.wgmma_wait
// CHECK-COUNT-4: zqgpu.expand_codes
// CHECK-COUNT-2: zqgpu.wgmma %
// CHECK: zqgpu.wgmma_wait {{.*}} {pending = 1 : i64}
// A turn of the loop is one tile. The stage before is released when the products of
// its second half have ended: those in flight are this tile's.
// CHECK: scf.for
// CHECK: zqgpu.barrier_wait
// CHECK-COUNT-4: zqgpu.expand_codes
// CHECK: zqgpu.wgmma_fence
// CHECK-COUNT-2: zqgpu.wgmma %
// CHECK: zqgpu.wgmma_commit
// CHECK: zqgpu.wgmma_wait {{.*}} {pending = 1 : i64}
// CHECK: nvvm.mbarrier.arrive
// CHECK-COUNT-4: zqgpu.expand_codes
// CHECK: zqgpu.wgmma_fence
// CHECK-COUNT-2: zqgpu.wgmma %
// CHECK: zqgpu.wgmma_commit
// CHECK: zqgpu.wgmma_wait {{.*}} {pending = 1 : i64}
// CHECK-NOT: nvvm.mbarrier.arrive
// CHECK: scf.yield
// CHECK: %[[PART:.*]]:5 = zqgpu.wgmma_wait {{.*}} {pending = 0 : i64}
// CHECK: nvvm.mbarrier.arrive
// CHECK: arith.addf %[[SUMS]], %[[PART]]#0 : vector<96xf32>
// CHECK: nvvm.setmaxregister decrease 24
// CHECK: zqgpu.linear @l
