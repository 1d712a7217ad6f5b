// Low-rank compensation of many tokens: t comes through the ring behind a tile's
// activations, and wgmma adds its products to the scaled sums of all tokens at once.
//
// RUN: zq-opt %s --zqgpu-generate-kernels | FileCheck %s
// RUN: zq-opt %s --zqgpu-generate-kernels | FileCheck %s --check-prefix=LAUNCH

zqgpu.linear @l 200 x 1000
  weight f4E2M1FN group = 128 max_shift = 11
  activation f8E4M3FN input bf16 output bf16
  codes(dense<1> : tensor<200x500xi8>) shifts(dense<0> : tensor<200x8xi8>)
  row_scale(dense<1.0> : tensor<200xf32>)
  down(dense<1.0> : tensor<40x1000xbf16>) up(dense<1.0> : tensor<200x40xbf16>)
  schedules [#zqgpu.choice<m = 1 to 2147483647, schedule = <tokens = 256, stages = 4, accumulation = fast>>]

// t is in TF32, zeros behind the last rank.
// CHECK: llvm.func @quantize_bf16_e4m3_lorc_bf16
// CHECK: %[[T:.*]] = nvvm.convert.float.to.tf32
// CHECK: %[[BITS:.*]] = arith.select %{{.*}}, %[[T]], %{{.*}} : i32
// CHECK: llvm.store %[[BITS]], {{.*}} : i32, !llvm.ptr<1>

// Two maps: of the activations and of t.
// CHECK: llvm.func @gemm_e2m1_g128_e4m3_bf16_lorc_bf16_tokens256_stages4_fast(%[[XQ:.*]]: !llvm.ptr {{.*}}, %[[T:.*]]: !llvm.ptr {
// Consumers. The first 16 columns of the tile's rows of up are asked for with its scales.
// CHECK: nvvm.setmaxregister increase 232
// CHECK: nvvm.griddepcontrol wait
// CHECK: scf.for
// CHECK: nvvm.cp.async.shared.global {{.*}}, 4, cache = ca
// CHECK: nvvm.cp.async.shared.global {{.*}}, 16, cache = cg
// CHECK: zqgpu.wgmma {{.*}}f8E4M3FN
// CHECK: zqgpu.wgmma_wait {{.*}} {pending = 0 : i64}
// CHECK: nvvm.mbarrier.arrive
// All sums are scaled; then 16 ranks after 16 ranks.
// CHECK: nvvm.cp.async.wait.group 0
// CHECK: nvvm.barrier id
// CHECK-COUNT-128: arith.mulf
// CHECK: scf.for
// CHECK: zqgpu.barrier_wait
// CHECK: zqgpu.wgmma_fence
// CHECK-COUNT-2: zqgpu.wgmma {{.*}} if %true{{.*}} {activation_format = tf32} : vector<128xf32>
// CHECK: zqgpu.wgmma_commit
// CHECK-NEXT: zqgpu.wgmma_wait {{.*}} {pending = 0 : i64}
// CHECK: nvvm.mbarrier.arrive
// CHECK: scf.yield
// CHECK-NOT: nvvm.mma.sync
// CHECK: nvvm.stmatrix
// The weights' producer has nothing for those stages and waits as they pass.
// CHECK: nvvm.setmaxregister decrease 40
// CHECK: nvvm.cp.async.bulk.shared.cluster.global
// CHECK: scf.for
// CHECK: zqgpu.barrier_wait
// CHECK-NOT: nvvm.mbarrier.arrive
// CHECK: scf.yield
// The activations' producer arrives for both.
// CHECK: nvvm.cp.async.bulk.tensor.shared.cluster.global {{.*}}, %[[XQ]],
// CHECK: scf.for
// CHECK: zqgpu.barrier_wait
// CHECK: nvvm.mbarrier.arrive
// CHECK: nvvm.mbarrier.arrive.expect_tx
// CHECK: nvvm.cp.async.bulk.tensor.shared.cluster.global {{.*}}, %[[T]],

// Rows of t are padded to whole tiles of 32 ranks.
// LAUNCH: zqgpu.linear @l
// LAUNCH-SAME: #zqgpu.workspace<"t", bytes_per_token = 256, bytes = 0>
// LAUNCH-SAME: @gemm_
// LAUNCH-SAME: #zqgpu.tensor_map<"t", columns = 256, box = 256 x 128>, #zqgpu.buffer<blob "up">, 40 : i32
