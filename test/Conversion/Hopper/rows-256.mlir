// Tiles of 256 rows: four consumer warpgroups, two tiles of the weight a stage.
//
// RUN: zq-opt %s --zqgpu-generate-kernels | FileCheck %s

zqgpu.linear @l 500 x 1000
  weight f4E2M1FN group = 128 max_shift = 11
  activation f8E4M3FN input bf16 output bf16
  codes(dense<1> : tensor<500x500xi8>) shifts(dense<0> : tensor<500x8xi8>)
  row_scale(dense<1.0> : tensor<500xf32>)
  schedules [#zqgpu.choice<m = 1 to 2147483647,
             schedule = <tokens = 32, stages = 4, accumulation = promoted, interval = 1024, rows = 256>>]

// CHECK: llvm.func @gemm_e2m1_g128_e4m3_bf16_tokens32_stages4_promoted1024_rows256(
// CHECK-SAME: nvvm.maxntid = array<i32: 640>, nvvm.minctasm = 1 : i32
// CHECK: nvvm.setmaxregister increase 112
// CHECK: nvvm.setmaxregister decrease 32
// Weights: two copies for one barrier; the second may be behind the last row.
// CHECK: nvvm.mbarrier.arrive.expect_tx
// CHECK-COUNT-2: nvvm.cp.async.bulk.shared.cluster.global
// CHECK-NOT: nvvm.cp.async.bulk.shared.cluster.global
// Activations, by another thread.
// CHECK: nvvm.prefetch tensormap
// CHECK: nvvm.griddepcontrol wait
// CHECK: nvvm.mbarrier.arrive.expect_tx
// CHECK: nvvm.cp.async.bulk.tensor.shared.cluster.global

// CHECK: zqgpu.linear @l
// CHECK-SAME: grid = <tokens = 32, ctas = 2, per_sm = 1>, block = 640,
