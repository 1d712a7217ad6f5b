// Tiles of 256 rows: two consumer warpgroups with two blocks of 64 rows each, two tiles
// of the weight a stage.
//
// RUN: zq-opt %s --zqgpu-generate-kernels | FileCheck %s
// RUN: zq-opt %s --zqgpu-to-cubin=assemble=false -o %t.mlir
// RUN: %python %S/Inputs/check_wgmma.py %t.mlir | FileCheck %s --check-prefix=ORDER

zqgpu.linear @l 500 x 1000
  weight f4E2M1FN group = 128 max_shift = 11
  activation f8E4M3FN input bf16 output bf16
  codes(dense<1> : tensor<500x500xi8>) shifts(dense<0> : tensor<500x8xi8>)
  row_scale(dense<1.0> : tensor<500xf32>)
  schedules [#zqgpu.choice<m = 1 to 2147483647,
             schedule = <tokens = 32, stages = 4, accumulation = promoted, interval = 1024, rows = 256>>]

// CHECK: llvm.func @gemm_e2m1_g128_e4m3_bf16_tokens32_stages4_promoted1024_rows256(
// CHECK-SAME: nvvm.maxntid = array<i32: 384>, nvvm.minctasm = 1 : i32
// CHECK: nvvm.setmaxregister increase 232
// Scales of tokens and rows, for each block.
// CHECK-COUNT-4: nvvm.cp.async.shared.global
// Codes of both blocks, a tile ahead.
// CHECK: zqgpu.barrier_wait
// CHECK-COUNT-4: llvm.load {{.*}} -> vector<4xi32>
// A turn has two tiles of four parts: the lower half of both blocks, the upper half of
// both, each behind the products of the one before. Each block has its sums.
// CHECK: scf.for
// CHECK-COUNT-4: zqgpu.expand_codes
// CHECK: %[[FIRST:.*]]:3 = zqgpu.wgmma_fence
// CHECK-COUNT-2: k = {{0|32}} : i64
// CHECK: zqgpu.wgmma_wait {{.*}} {pending = 1 : i64} : vector<16xf32>, vector<16xf32>, vector<4xi32>, vector<4xi32>
// CHECK: nvvm.mbarrier.arrive
// CHECK: zqgpu.barrier_wait
// CHECK-COUNT-4: llvm.load {{.*}} -> vector<4xi32>
// CHECK-COUNT-4: zqgpu.expand_codes
// CHECK-COUNT-2: k = {{0|32}} : i64
// CHECK: zqgpu.wgmma_wait {{.*}}, %[[FIRST]]#1, %[[FIRST]]#2 {pending = 1 : i64}
// CHECK-COUNT-4: zqgpu.expand_codes
// CHECK-COUNT-2: k = {{64|96}} : i64
// CHECK: zqgpu.wgmma_wait {{.*}} {pending = 1 : i64}
// CHECK-NOT: zqgpu.barrier_wait
// CHECK-COUNT-4: zqgpu.expand_codes
// CHECK-COUNT-2: k = {{64|96}} : i64
// CHECK: zqgpu.wgmma_wait {{.*}} {pending = 1 : i64}
// CHECK: scf.yield
// FP32 takes over, then one block is stored after the other, from its own scales.
// CHECK-COUNT-2: arith.addf {{.*}} : vector<16xf32>
// CHECK: nvvm.stmatrix
// CHECK: nvvm.stmatrix
// CHECK: nvvm.setmaxregister decrease 40
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
// CHECK-SAME: grid = <tokens = 32, ctas = 2, per_sm = 1>, block = 384,

// 5 tiles of 2 blocks and 4 steps are written out.
// ORDER: {{^}}40 wgmma checked
