// Stream-K: tiles of K are dealt out evenly; the CTA with a tile's first part adds
// what the others leave in the workspace, when their flags say that it is there.
//
// RUN: zq-opt %s --zqgpu-generate-kernels | FileCheck %s
// RUN: zq-opt %s --zqgpu-to-cubin="assemble=false" | FileCheck %s --check-prefix=PTX

zqgpu.linear @l 200 x 1000
  weight f4E2M1FN group = 128 max_shift = 11
  activation f8E4M3FN input bf16 output bf16
  codes(dense<1> : tensor<200x500xi8>) shifts(dense<0> : tensor<200x8xi8>)
  row_scale(dense<1.0> : tensor<200xf32>)
  schedules [#zqgpu.choice<m = 1 to 2147483647,
             schedule = <tokens = 16, stages = 4, accumulation = promoted, interval = 1024, stream_k, per_sm = 2>>]

// Whoever quantizes clears the flags, once it may touch the workspace.
// CHECK: llvm.func @quantize_bf16_e4m3_tokens8_warps16_held2_stages3_flags(
// CHECK: nvvm.griddepcontrol wait
// CHECK: llvm.store {{.*}} : i32, !llvm.ptr<1>

// Two CTAs share the registers of a multiprocessor.
// CHECK: llvm.func @gemm_e2m1_g128_e4m3_bf16_tokens16_stages4_promoted1024_stream_2persm(
// CHECK-SAME: nvvm.maxntid = array<i32: 384>, nvvm.minctasm = 2 : i32
// How tiles are shared is worked out once, in shared memory.
// CHECK: llvm.store {{.*}} : vector<4xi32>, !llvm.ptr<3>
// The kernel behind may start beside this one.
// CHECK: nvvm.barrier0
// CHECK-NEXT: nvvm.griddepcontrol launch_dependents
// CHECK: nvvm.setmaxregister increase 104
// CHECK: zqgpu.wgmma_wait
// Not the first part of a tile: sums of 2 times 8 tokens, then the flag.
// CHECK: scf.if
// CHECK-COUNT-2: llvm.store {{.*}} : vector<4xf32>, !llvm.ptr<1>
// CHECK: nvvm.bar.warp.sync
// CHECK: llvm.store {{.*}} atomic syncscope("device") release {{.*}} : i32, !llvm.ptr<1>
// The first: all flags, then the sums of up to 4 CTAs at once, in the order of K.
// CHECK: } else {
// CHECK: scf.while
// CHECK-NEXT: llvm.load {{.*}} atomic syncscope("device") acquire {{.*}} : !llvm.ptr<1> -> i32
// CHECK: nvvm.bar.warp.sync
// CHECK: scf.for
// CHECK-COUNT-8: llvm.load {{.*}} : !llvm.ptr<1> -> vector<4xf32>
// CHECK: nvvm.setmaxregister decrease 32

// CHECK-LABEL: zqgpu.linear @l
// CHECK-SAME: #zqgpu.workspace<"sums", bytes_per_token = 0, bytes = 1179648>, #zqgpu.workspace<"flags", bytes_per_token = 0, bytes = 4608>
// CHECK-SAME: #zqgpu.buffer<workspace "flags">, 1152 : i32, #zqgpu.tokens, 1000 : i32
// 2 tiles of 8 tiles of K: at least 2 of those for each CTA.
// CHECK-SAME: grid = <tokens = 16, ctas = 8, per_sm = 1>
// CHECK-SAME: #zqgpu.buffer<workspace "sums">, #zqgpu.buffer<workspace "flags">, #zqgpu.tokens

// PTX: gemm_e2m1_g128_e4m3_bf16_tokens16_stages4_promoted1024_stream_2persm(
// Weights that only one tile of tokens uses leave L2 first.
// PTX-DAG: st.release.gpu.global.b32
// PTX-DAG: ld.acquire.gpu.global.b32
// PTX-DAG: createpolicy.fractional.L2::evict_first.b64
// PTX-DAG: cp.async.bulk.shared::cta.global.mbarrier::complete_tx::bytes.L2::cache_hint
