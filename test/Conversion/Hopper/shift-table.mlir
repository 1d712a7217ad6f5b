// The table of every shift of a window, by constant folding. Expected words are
// written from the formats' definitions: E4M3 has 3 bits of mantissa and bias 7, so
// 6 * 2^6 = 384 = 2^8 * 1.5 is 0 1111 100 = 0x7C.
//
// RUN: zq-opt %s --pass-pipeline='builtin.module(gpu.module(zqgpu-to-nvvm,sccp,canonicalize))' | FileCheck %s

gpu.module @kernels {
  // Magnitudes 0 .5 1 1.5 | 2 3 4 6 at 2^6: bytes 00 60 68 6C | 70 74 78 7C.
  // CHECK-LABEL: func.func @e2m1_0
  // CHECK-DAG: constant{{.*}}1818779648 : i32
  // CHECK-DAG: constant{{.*}}2088268912 : i32
  func.func @e2m1_0() -> (i32, i32) {
    %s = llvm.mlir.constant(0 : i32) : i32
    %low, %high = zqgpu.shift_table %s {weight_format = f4E2M1FN, max_shift = 14}
    return %low, %high : i32, i32
  }
  // Shift 11, the last with normal numbers: .5 * 2^-5 = 2^-6 is 08.
  // 00 08 10 14 | 18 1C 20 24.
  // CHECK-LABEL: func.func @e2m1_11
  // CHECK-DAG: constant{{.*}}336594944 : i32
  // CHECK-DAG: constant{{.*}}606084120 : i32
  func.func @e2m1_11() -> (i32, i32) {
    %s = llvm.mlir.constant(11 : i32) : i32
    %low, %high = zqgpu.shift_table %s {weight_format = f4E2M1FN, max_shift = 14}
    return %low, %high : i32, i32
  }
  // Shift 12: .5 * 2^-6 = 4 * 2^-9 is subnormal 04; 1.5 * 2^-6 is 0C.
  // 00 04 08 0C | 10 14 18 1C.
  // CHECK-LABEL: func.func @e2m1_12
  // CHECK-DAG: constant{{.*}}201851904 : i32
  // CHECK-DAG: constant{{.*}}471340048 : i32
  func.func @e2m1_12() -> (i32, i32) {
    %s = llvm.mlir.constant(12 : i32) : i32
    %low, %high = zqgpu.shift_table %s {weight_format = f4E2M1FN, max_shift = 14}
    return %low, %high : i32, i32
  }
  // Shift 14: multiples of 2^-9: .5 * 2^-8 is 01, 6 * 2^-8 = 12 * 2^-9 is 0C.
  // 00 01 02 03 | 04 06 08 0C.
  // CHECK-LABEL: func.func @e2m1_14
  // CHECK-DAG: constant{{.*}}50462976 : i32
  // CHECK-DAG: constant{{.*}}201852420 : i32
  func.func @e2m1_14() -> (i32, i32) {
    %s = llvm.mlir.constant(14 : i32) : i32
    %low, %high = zqgpu.shift_table %s {weight_format = f4E2M1FN, max_shift = 14}
    return %low, %high : i32, i32
  }
  // 0 .25 .5 1 | 2 4 8 16 at 2^4: 00 48 50 58 | 60 68 70 78.
  // CHECK-LABEL: func.func @e3m0_0
  // CHECK-DAG: constant{{.*}}1481656320 : i32
  // CHECK-DAG: constant{{.*}}2020632672 : i32
  func.func @e3m0_0() -> (i32, i32) {
    %s = llvm.mlir.constant(0 : i32) : i32
    %low, %high = zqgpu.shift_table %s {weight_format = !zq.e3m0, max_shift = 8}
    return %low, %high : i32, i32
  }
  // 0 1 2 3 | 4 5 6 7 at 2^6, shift 15: the multiples of 2^-9 themselves.
  // CHECK-LABEL: func.func @int4_15
  // CHECK-DAG: constant{{.*}}50462976 : i32
  // CHECK-DAG: constant{{.*}}117835012 : i32
  func.func @int4_15() -> (i32, i32) {
    %s = llvm.mlir.constant(15 : i32) : i32
    %low, %high = zqgpu.shift_table %s {weight_format = i4, max_shift = 15}
    return %low, %high : i32, i32
  }
  // Only shift 0: nothing is selected.
  // CHECK-LABEL: func.func @e1m2_only_0
  // CHECK-NOT: arith.select
  // CHECK: return
  func.func @e1m2_only_0(%s: i32) -> (i32, i32) {
    %low, %high = zqgpu.shift_table %s {weight_format = !zq.e1m2, max_shift = 0}
    return %low, %high : i32, i32
  }

  // A kernel's name says nothing of windows of normal numbers, so that layers of
  // all of them share it: the code must not depend on max_shift.
  // CHECK-LABEL: func.func @e2m1_window_0
  // CHECK: %[[BY:.*]] = arith.muli %{{.*}}, %[[STEP:.*]] : i32
  // CHECK: arith.subi %{{.*}}, %[[BY]] : i32
  func.func @e2m1_window_0(%s: i32) -> (i32, i32) {
    %low, %high = zqgpu.shift_table %s {weight_format = f4E2M1FN, max_shift = 0}
    return %low, %high : i32, i32
  }
  // Up to shift 10 a step costs a choice of two words and one subtraction.
  // CHECK-LABEL: func.func @e2m1_multipliers
  // CHECK-COUNT-4: arith.select
  // CHECK-NOT: arith.select
  // CHECK: return
  func.func @e2m1_multipliers(%s: i32) -> (i32, i32) {
    %low, %high = zqgpu.shift_table %s {weight_format = f4E2M1FN, max_shift = 10, multipliers}
    return %low, %high : i32, i32
  }
}
