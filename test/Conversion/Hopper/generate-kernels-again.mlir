// A linear that has variants keeps them; a module without linears is left alone.
//
// RUN: zq-opt %s --zqgpu-generate-kernels="tokens=8 split=1" --zqgpu-generate-kernels=tokens=64 | FileCheck %s
// RUN: zq-opt %S/Inputs/empty.mlir --zqgpu-generate-kernels | FileCheck %s --check-prefix=EMPTY

// CHECK-COUNT-2: llvm.func
// CHECK-NOT: llvm.func
// CHECK: variants [#zqgpu.variant<m = 1 to 2147483647, schedule = <tokens = 8,
// CHECK-NOT: tokens = 64

// EMPTY: module {
// EMPTY-NEXT: }

zqgpu.linear @l 2 x 3
  weight f4E2M1FN group = 128 max_shift = 11
  activation f8E4M3FN input bf16 output bf16
  codes(dense<1> : tensor<2x2xi8>) shifts(dense<0> : tensor<2x1xi8>)
  row_scale(dense<1.0> : tensor<2xf32>)
