// RUN: zq-opt %s | zq-opt | FileCheck %s

// CHECK-LABEL: func.func @products
func.func @products(%smem: !llvm.ptr<3>, %acc: vector<32xf32>, %a: vector<4xi32>, %more: i1) -> vector<32xf32> {
  // CHECK: %[[B:.*]] = zqgpu.descriptor %{{.*}} {k = 32 : i64} : !llvm.ptr<3>
  %b = zqgpu.descriptor %smem {k = 32} : !llvm.ptr<3>
  // CHECK: %[[F:.*]]:2 = zqgpu.wgmma_fence %{{.*}}, %{{.*}} : vector<32xf32>, vector<4xi32>
  %f:2 = zqgpu.wgmma_fence %acc, %a : vector<32xf32>, vector<4xi32>
  // CHECK: %[[D:.*]] = zqgpu.wgmma %[[F]]#1, %[[B]], %[[F]]#0 if %{{.*}} {activation_format = f8E5M2} : vector<32xf32>
  %d = zqgpu.wgmma %f#1, %b, %f#0 if %more {activation_format = f8E5M2} : vector<32xf32>
  // CHECK: zqgpu.wgmma_commit
  zqgpu.wgmma_commit
  // CHECK: zqgpu.wgmma_wait %[[D]], %[[F]]#1 {pending = 0 : i64} : vector<32xf32>, vector<4xi32>
  %w:2 = zqgpu.wgmma_wait %d, %f#1 {pending = 0} : vector<32xf32>, vector<4xi32>
  return %w#0 : vector<32xf32>
}

// CHECK-LABEL: func.func @codes
func.func @codes(%word: i32, %shift: i32) -> (i32, i32) {
  // CHECK: %[[LOW:.*]], %[[HIGH:.*]] = zqgpu.shift_table %{{.*}} {max_shift = 11 : i64, weight_format = f4E2M1FN}
  %low, %high = zqgpu.shift_table %shift {weight_format = f4E2M1FN, max_shift = 11}
  // CHECK: zqgpu.expand_codes %{{.*}} by %[[LOW]], %[[HIGH]]
  %a, %b = zqgpu.expand_codes %word by %low, %high
  return %a, %b : i32, i32
}

// CHECK-LABEL: func.func @barrier
func.func @barrier(%full: !llvm.ptr<3>, %parity: i32) {
  // CHECK: zqgpu.barrier_wait %{{.*}}, %{{.*}} : !llvm.ptr<3>
  zqgpu.barrier_wait %full, %parity : !llvm.ptr<3>
  return
}
