// RUN: zq-reduce %s -reduction-tree='traversal-mode=0 test=%S/Inputs/has-linear.sh' | FileCheck %s

// CHECK-NOT: func @unrelated
func.func @unrelated() {
  return
}

// CHECK: zq.linear
func.func @keeps(%x: tensor<4x32xf32>, %w: tensor<8x32xf32>) -> tensor<4x8xf32> {
  %0 = zq.linear %x, %w : (tensor<4x32xf32>, tensor<8x32xf32>) -> tensor<4x8xf32>
  return %0 : tensor<4x8xf32>
}
