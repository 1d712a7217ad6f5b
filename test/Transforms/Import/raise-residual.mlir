// With one row every addend looks like a bias; a residual stays an add.
// RUN: zq-opt --zq-raise-linear %s | FileCheck %s

// CHECK-LABEL: @residual_one_row(
// CHECK-SAME: %[[X:.*]]: tensor<1x64xf32>
// CHECK: %[[Y:.*]] = zq.linear %[[X]], %{{[^ ]*}} {name
// CHECK: linalg.add ins(%[[X]], %[[Y]] :
func.func @residual_one_row(%x: tensor<1x64xf32>, %w: tensor<64x64xf32>) -> tensor<1x64xf32> {
  %z = arith.constant dense<0.0> : tensor<1x64xf32>
  %y = linalg.matmul ins(%x, %w : tensor<1x64xf32>, tensor<64x64xf32>) outs(%z : tensor<1x64xf32>) -> tensor<1x64xf32>
  %e = tensor.empty() : tensor<1x64xf32>
  %r = linalg.add ins(%x, %y : tensor<1x64xf32>, tensor<1x64xf32>) outs(%e : tensor<1x64xf32>) -> tensor<1x64xf32>
  return %r : tensor<1x64xf32>
}
