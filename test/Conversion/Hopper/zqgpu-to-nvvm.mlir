// RUN: zq-opt %s --pass-pipeline='builtin.module(gpu.module(zqgpu-to-nvvm,canonicalize,cse))' | FileCheck %s

gpu.module @kernels {
  // Accumulators are read and written in place; A registers, descriptor and the
  // choice to accumulate are read.
  // CHECK-LABEL: func.func @wgmma
  func.func @wgmma(%a: vector<4xi32>, %b: i64, %acc: vector<4xf32>, %more: i1) -> vector<4xf32> {
    // CHECK: %[[MORE:.*]] = arith.extui %{{.*}} : i1 to i32
    // CHECK: llvm.inline_asm has_side_effects
    // CHECK-SAME: setp.ne.b32 p, $13, 0;
    // CHECK-SAME: wgmma.mma_async.sync.aligned.m64n8k32.f32.e4m3.e5m2 {$0, $1, $2, $3}, {$8, $9, $10, $11}, $12, p, 1, 1;
    // CHECK-SAME: "=f,=f,=f,=f,0,1,2,3,r,r,r,r,l,r,~{memory}"
    // CHECK-SAME: %[[MORE]] :
    %d = zqgpu.wgmma %a, %b, %acc if %more {activation_format = f8E5M2} : vector<4xf32>
    return %d : vector<4xf32>
  }

  // Low-rank compensation: 8 columns, A in TF32 as well.
  // CHECK-LABEL: func.func @tf32
  func.func @tf32(%a: vector<4xi32>, %b: i64, %acc: vector<4xf32>, %more: i1) -> vector<4xf32> {
    // CHECK: wgmma.mma_async.sync.aligned.m64n8k8.f32.tf32.tf32 {$0, $1, $2, $3}, {$8, $9, $10, $11}, $12, p, 1, 1;
    %d = zqgpu.wgmma %a, %b, %acc if %more {activation_format = tf32} : vector<4xf32>
    return %d : vector<4xf32>
  }

  // CHECK-LABEL: func.func @tied
  func.func @tied(%acc: vector<4xf32>, %a: vector<4xi32>) -> (vector<4xf32>, vector<4xi32>) {
    // CHECK: %[[FENCE:.*]] = llvm.inline_asm has_side_effects
    // CHECK-SAME: "wgmma.fence.sync.aligned;", "=f,=f,=f,=f,=r,=r,=r,=r,0,1,2,3,4,5,6,7,~{memory}"
    %f:2 = zqgpu.wgmma_fence %acc, %a : vector<4xf32>, vector<4xi32>
    // CHECK: llvm.extractvalue %[[FENCE]][0]
    // CHECK: llvm.inline_asm has_side_effects {{.*}} "wgmma.commit_group.sync.aligned;", "~{memory}"
    zqgpu.wgmma_commit
    // CHECK: llvm.inline_asm has_side_effects
    // CHECK-SAME: "wgmma.wait_group.sync.aligned 1;", "=f,=f,=f,=f,=r,=r,=r,=r,0,1,2,3,4,5,6,7,~{memory}"
    %w:2 = zqgpu.wgmma_wait %f#0, %f#1 {pending = 1} : vector<4xf32>, vector<4xi32>
    return %w#0, %w#1 : vector<4xf32>, vector<4xi32>
  }

  // 2^62: swizzle of 128 bytes; 64 << 32: 1024 bytes between groups of 8 rows;
  // 1 << 16; and 2 units of 16 bytes for k = 32.
  // CHECK-LABEL: func.func @descriptor
  func.func @descriptor(%smem: !llvm.ptr<3>) -> i64 {
    // CHECK-DAG: %[[FIELDS:.*]] = llvm.mlir.constant(4611686293305360386 : i64) : i64
    // CHECK-DAG: %[[MASK:.*]] = llvm.mlir.constant(262143 : i32) : i32
    // CHECK-DAG: %[[FOUR:.*]] = llvm.mlir.constant(4 : i32) : i32
    // CHECK: %[[ADDRESS:.*]] = llvm.ptrtoint
    // CHECK: %[[INSIDE:.*]] = arith.andi %[[ADDRESS]], %[[MASK]] : i32
    // CHECK: %[[UNITS:.*]] = arith.shrui %[[INSIDE]], %[[FOUR]] : i32
    // CHECK: %[[WIDE:.*]] = arith.extui %[[UNITS]] : i32 to i64
    // CHECK: arith.addi %[[WIDE]], %[[FIELDS]] : i64
    %b = zqgpu.descriptor %smem {k = 32} : !llvm.ptr<3>
    return %b : i64
  }

  // CHECK-LABEL: func.func @expand
  func.func @expand(%word: i32, %low: i32, %high: i32) -> (i32, i32) {
    // CHECK-DAG: %[[SIGNS:.*]] = llvm.mlir.constant(-2139062144 : i32) : i32
    // CHECK-DAG: %[[MAGNITUDES:.*]] = llvm.mlir.constant(2004318071 : i32) : i32
    // CHECK: %[[SELECT:.*]] = arith.andi %[[WORD:.*]], %[[MAGNITUDES]]
    // CHECK: %[[A:.*]] = llvm.inline_asm asm_dialect = att "prmt.b32 $0, $1, $2, $3;", "=r,r,r,r" %{{.*}}, %{{.*}}, %[[SELECT]]
    // CHECK: %[[SA:.*]] = arith.andi %[[WORD]], %[[SIGNS]]
    // CHECK: arith.ori %[[A]], %[[SA]]
    // CHECK: %[[SELECT2:.*]] = arith.shrui %[[SELECT]]
    // CHECK: %[[SHIFTED:.*]] = arith.shli %[[WORD]]
    // CHECK: %[[B:.*]] = llvm.inline_asm {{.*}} "prmt.b32 {{.*}} %[[SELECT2]]
    // CHECK: %[[SB:.*]] = arith.andi %[[SHIFTED]], %[[SIGNS]]
    // CHECK: arith.ori %[[B]], %[[SB]]
    %a, %b = zqgpu.expand_codes %word by %low, %high
    return %a, %b : i32, i32
  }

  // CHECK-LABEL: func.func @wait
  func.func @wait(%full: !llvm.ptr<3>, %parity: i32) {
    // CHECK: llvm.inline_asm has_side_effects
    // CHECK-SAME: mbarrier.try_wait.parity.shared::cta.b64 complete, [$0], $1;
    // CHECK-SAME: @complete bra done;
    // CHECK-SAME: "r,r,~{memory}"
    zqgpu.barrier_wait %full, %parity : !llvm.ptr<3>
    return
  }
}
