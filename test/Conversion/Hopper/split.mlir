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
// CHECK: nvvm.setmaxregister increase
// CHECK: zqgpu.wgmma_commit
// The sums lie where the ring was: all consumers have read it.
// CHECK: nvvm.barrier id
// The sums of 2 times 8 tokens, 16 bytes a thread each.
// CHECK-COUNT-2: llvm.store {{.*}} : vector<4xf32>, !llvm.ptr<3>
// CHECK: nvvm.cluster.arrive
// CHECK-NEXT: nvvm.cluster.wait
// CHECK: nvvm.mapa
// CHECK: %[[FIRST:.*]] = llvm.load {{.*}} : !llvm.ptr<7> -> vector<4xf32>
// CHECK: nvvm.mapa
// CHECK: %[[SECOND:.*]] = llvm.load {{.*}} : !llvm.ptr<7> -> vector<4xf32>
// CHECK: %[[TWO:.*]] = arith.addf %[[FIRST]], %[[SECOND]] : vector<4xf32>
// CHECK: nvvm.mapa
// CHECK: %[[THIRD:.*]] = llvm.load {{.*}} : !llvm.ptr<7> -> vector<4xf32>
// CHECK: arith.addf %[[TWO]], %[[THIRD]] : vector<4xf32>
// CHECK: llvm.store {{.*}} : bf16, !llvm.ptr<1>
// Nobody ends while others read its shared memory.
// CHECK: nvvm.cluster.arrive
// CHECK-NEXT: nvvm.cluster.wait

// Whole clusters, 3 CTAs for each of 2 tiles.
// CHECK-LABEL: zqgpu.linear @l
// CHECK-SAME: split = 3>
// CHECK-SAME: grid = <tokens = 16, ctas = 6, per_sm = 0>, block = 384, cluster = 3,

// PTX: gemm_e2m1_g128_e4m3_bf16_tokens16_stages4_promoted1024_split3(
// PTX-COUNT-2: st.shared.v4.b32
// PTX: barrier.cluster.arrive
// PTX: barrier.cluster.wait
// PTX-COUNT-3: ld.shared::cluster.v4.b32
