// K split over a cluster: each CTA has a part of K; the parts are added up in
// their order, through distributed shared memory.
//
// RUN: zq-opt %s --zqgpu-generate-kernels="tokens=16 stages=4 split=3" | FileCheck %s
// RUN: zq-opt %s --zqgpu-to-cubin="assemble=false tokens=16 stages=4 split=3" | FileCheck %s --check-prefix=PTX

zqgpu.linear @l 200 x 1000
  weight f4E2M1FN group = 128 max_shift = 11
  activation f8E4M3FN input bf16 output bf16
  codes(dense<1> : tensor<200x500xi8>) shifts(dense<0> : tensor<200x8xi8>)
  row_scale(dense<1.0> : tensor<200xf32>)

// CHECK: llvm.func @gemm_e2m1_g128_e4m3_bf16_tokens16_stages4_promoted1024_split3(
// CHECK: nvvm.barrier0
// CHECK: nvvm.cluster.arrive
// CHECK: nvvm.setmaxregister increase
// CHECK: zqgpu.wgmma_commit
// All have begun. Then the sums of 8 tokens each, 16 bytes a thread, to the first CTA
// and to the second; the third has no tokens.
// CHECK: nvvm.cluster.wait
// CHECK: nvvm.mapa
// CHECK: llvm.store {{.*}} : vector<4xf32>, !llvm.ptr<7>
// CHECK: nvvm.mapa
// CHECK: llvm.store {{.*}} : vector<4xf32>, !llvm.ptr<7>
// CHECK-NOT: nvvm.mapa
// CHECK: nvvm.cluster.arrive
// CHECK-NEXT: nvvm.cluster.wait
// Who has tokens adds up what it got, in the order of K, and nobody touches another
// one's memory any more.
// CHECK: scf.if
// CHECK: %[[FIRST:.*]] = llvm.load {{.*}} : !llvm.ptr<3> -> vector<4xf32>
// CHECK: %[[SECOND:.*]] = llvm.load {{.*}} : !llvm.ptr<3> -> vector<4xf32>
// CHECK: %[[TWO:.*]] = arith.addf %[[FIRST]], %[[SECOND]] : vector<4xf32>
// CHECK: %[[THIRD:.*]] = llvm.load {{.*}} : !llvm.ptr<3> -> vector<4xf32>
// CHECK: arith.addf %[[TWO]], %[[THIRD]] : vector<4xf32>
// CHECK: nvvm.stmatrix
// CHECK-NOT: nvvm.cluster.arrive
// Producers: who has arrived waits.
// CHECK: nvvm.setmaxregister decrease
// CHECK: nvvm.cluster.wait

// Whole clusters, 3 CTAs for each of 2 tiles.
// CHECK-LABEL: zqgpu.linear @l
// CHECK-SAME: split = 3>
// CHECK-SAME: grid = <tokens = 16, ctas = 6, per_sm = 0>, block = 384, cluster = 3,

// PTX: gemm_e2m1_g128_e4m3_bf16_tokens16_stages4_promoted1024_split3(
// PTX: barrier.cluster.arrive
// PTX: barrier.cluster.wait
// PTX-COUNT-2: st.shared::cluster.v4.b32
// PTX: barrier.cluster.arrive
// PTX: barrier.cluster.wait
// PTX-COUNT-3: ld.shared.v4.b32
