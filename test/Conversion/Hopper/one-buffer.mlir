// Where registers do not go so far, there is one buffer of fragments: codes of the next
// tile are read, but not expanded, while the products of this one are in flight.
//
// RUN: zq-opt %s --zqgpu-generate-kernels | FileCheck %s

zqgpu.linear @l 200 x 1000
  weight f4E2M1FN group = 128 max_shift = 11
  activation f8E4M3FN input bf16 output bf16
  codes(dense<1> : tensor<200x500xi8>) shifts(dense<0> : tensor<200x8xi8>)
  row_scale(dense<1.0> : tensor<200xf32>)
  schedules [#zqgpu.choice<m = 1 to 2147483647, schedule = <tokens = 16, stages = 1, accumulation = promoted, interval = 128>>]

// CHECK: llvm.func @gemm_e2m1_g128_e4m3_bf16_tokens16_stages1_promoted128(
// CHECK: zqgpu.barrier_wait
// CHECK-COUNT-2: llvm.load {{.*}} -> vector<4xi32>
// CHECK: zqgpu.wgmma_wait {{.*}} {pending = 0 : i64} : vector<8xf32>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>
// CHECK: nvvm.mbarrier.arrive
// CHECK-COUNT-8: zqgpu.expand_codes
// CHECK: zqgpu.wgmma_fence
// CHECK-COUNT-4: zqgpu.wgmma %
// CHECK: zqgpu.wgmma_commit
// CHECK: scf.yield
// CHECK: zqgpu.wgmma_wait {{.*}} {pending = 0 : i64}
// CHECK: nvvm.mbarrier.arrive
// CHECK: arith.addf {{.*}} : vector<8xf32>
// CHECK: nvvm.setmaxregister decrease
