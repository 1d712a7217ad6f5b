// Quantization of activations with low-rank compensation: of few tokens in clusters,
// of many in persistent CTAs.
//
// RUN: zq-opt %s --zqgpu-generate-kernels="tokens=64,128 stages=2 split=1" -o %t.mlir
// RUN: FileCheck %s --check-prefix=FEW < %t.mlir
// RUN: FileCheck %s --check-prefix=MANY < %t.mlir
// RUN: FileCheck %s --check-prefix=PLAIN < %t.mlir
// RUN: FileCheck %s --check-prefix=LAUNCH < %t.mlir

zqgpu.linear @lorc 128 x 8192
  weight f4E2M1FN group = 128 max_shift = 11
  activation f8E4M3FN input bf16 output bf16
  codes(dense<1> : tensor<128x4096xi8>) shifts(dense<0> : tensor<128x64xi8>)
  row_scale(dense<1.0> : tensor<128xf32>)
  down(dense<1.0> : tensor<24x8192xbf16>) up(dense<1.0> : tensor<128x24xbf16>)
zqgpu.linear @plain 128 x 28672
  weight f4E2M1FN group = 128 max_shift = 11
  activation f8E4M3FN input bf16 output bf16
  codes(dense<1> : tensor<128x14336xi8>) shifts(dense<0> : tensor<128x224xi8>)
  row_scale(dense<1.0> : tensor<128xf32>)
zqgpu.linear @f32 128 x 512
  weight f4E2M1FN group = 128 max_shift = 11
  activation f8E4M3FN input f32 output f32
  codes(dense<1> : tensor<128x256xi8>) shifts(dense<0> : tensor<128x4xi8>)
  row_scale(dense<1.0> : tensor<128xf32>)
  down(dense<1.0> : tensor<24x512xbf16>) up(dense<1.0> : tensor<128x24xbf16>)

zqgpu.linear @long 128 x 28672
  weight f4E2M1FN group = 128 max_shift = 11
  activation f8E4M3FN input f32 output f32
  codes(dense<1> : tensor<128x14336xi8>) shifts(dense<0> : tensor<128x224xi8>)
  row_scale(dense<1.0> : tensor<128xf32>)
  down(dense<1.0> : tensor<16x28672xf32>) up(dense<1.0> : tensor<128x16xf32>)

// FEW: llvm.func @quantize_bf16_e4m3_lorc_bf16_tokens8_warps8_held4_parts8(
// FEW: nvvm.griddepcontrol launch_dependents
// FEW: nvvm.cluster.arrive
// The CTA's part of the down factor comes before the kernel in front has ended.
// FEW: nvvm.mbarrier.init
// FEW: nvvm.cp.async.bulk.shared.cluster.global
// FEW: nvvm.griddepcontrol wait
// All that a thread has of a token is on its way at once: 4 times 8 numbers.
// FEW-COUNT-4: llvm.load {{.*}} : !llvm.ptr<1> -> vector<4xi32>
// FEW-NOT: !llvm.ptr<1> -> vector<4xi32>
// FEW: nvvm.cluster.wait
// FEW: zqgpu.barrier_wait
// The largest of pairs of magnitudes; products of the numbers as they are. Chains of
// sums do not wait for each other.
// FEW: arith.maxui {{.*}} : vector<2xi16>
// FEW-COUNT-2: llvm.load {{.*}} : !llvm.ptr<3> -> vector<4xi32>
// FEW-COUNT-8: nvvm.mma.sync {{.*}} multiplicandAPtxType = #nvvm.mma_type<bf16>, multiplicandBPtxType = #nvvm.mma_type<bf16>, shape = #nvvm.shape<m = 16, n = 8, k = 16>
// One barrier of the CTA, one of the cluster, which has written to each other's
// shared memory.
// FEW: nvvm.barrier0
// FEW: llvm.store {{.*}} : f32, !llvm.ptr<7>
// FEW: llvm.store {{.*}} : vector<4xf32>, !llvm.ptr<7>
// FEW: nvvm.cluster.arrive
// FEW-NEXT: nvvm.cluster.wait
// FEW-NOT: !llvm.ptr<1> -> vector<4xi32>
// The quotient by a reciprocal and a remainder.
// FEW: arith.divf
// FEW: math.fma
// FEW: math.fma
// FEW: nvvm.convert.f32x2.to.f8x2
// FEW: llvm.store {{.*}} : vector<2xi32>, !llvm.ptr<1>
// Ranks beyond 16.
// FEW: scf.for
// FEW: nvvm.mma.sync

// MANY: llvm.func @quantize_bf16_e4m3_lorc_bf16_tokens8_warps8_held16_parts2_stages3(
// Rank rows of the part of the factor stay in registers.
// MANY: nvvm.mbarrier.init
// MANY-COUNT-32: llvm.load {{.*}} : !llvm.ptr<1> -> vector<4xi32>
// MANY: nvvm.griddepcontrol wait
// Three stages, then one for each tile of 8 tokens.
// MANY-COUNT-3: nvvm.cp.async.bulk.shared.cluster.global
// MANY: scf.for
// MANY: zqgpu.barrier_wait
// MANY-COUNT-16: nvvm.mma.sync
// MANY: nvvm.barrier0
// MANY: nvvm.cp.async.bulk.shared.cluster.global
// MANY: nvvm.cluster.arrive
// MANY: nvvm.convert.f32x2.to.f8x2

// A stage is a token of 56 KB: no cluster.
// PLAIN: llvm.func @quantize_bf16_e4m3_tokens1_warps16_held7_stages3(
// PLAIN-NOT: nvvm.cluster
// PLAIN-NOT: nvvm.mma.sync
// PLAIN: nvvm.cp.async.bulk.shared.cluster.global
// PLAIN: llvm.func @gemm

// LAUNCH-LABEL: zqgpu.linear @lorc
// LAUNCH-SAME: m = 1 to 64,
// LAUNCH-SAME: @quantize_bf16_e4m3_lorc_bf16_tokens8_warps8_held4_parts8, grid = <tokens = 8, ctas = 8, per_sm = 0>, block = 256, cluster = 8, shared = 73728
// LAUNCH-SAME: m = 65 to 2147483647,
// LAUNCH-SAME: @quantize_bf16_e4m3_lorc_bf16_tokens8_warps8_held16_parts2_stages3, grid = <tokens = 8, ctas = 2, per_sm = 1>, block = 256, cluster = 2, shared = 199168
// FP32 and what it is multiplied by: TF32.
// LAUNCH-LABEL: zqgpu.linear @f32
// LAUNCH-SAME: @quantize_f32_e4m3_lorc_bf16_tokens8_warps8_held2,
// 16 rows of 14 KB are too much for shared memory.
// LAUNCH-LABEL: zqgpu.linear @long
// LAUNCH-SAME: @quantize_f32_e4m3_lorc_f32_tokens8_warps8_held2_parts8_unstaged, grid = <tokens = 8, ctas = 8, per_sm = 0>, block = 256, cluster = 8, shared = 73728
