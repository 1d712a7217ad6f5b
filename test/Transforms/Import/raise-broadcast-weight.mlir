// A weight that is broadcast over two batch dimensions, which are then collapsed,
// is one weight.
// RUN: zq-opt --zq-raise-linear %s | FileCheck %s

// CHECK-LABEL: @broadcast_collapsed(
// CHECK-SAME: %[[X:.*]]: tensor<6x8x64xf32>
// CHECK-NEXT: %[[W:.*]] = arith.constant dense_resource<w>
// CHECK-NEXT: zq.linear %[[X]], %[[W]] {{.*}} : (tensor<6x8x64xf32>, tensor<96x64xf32>) -> tensor<6x8x96xf32>
func.func @broadcast_collapsed(%x: tensor<6x8x64xf32>) -> tensor<6x8x96xf32> {
  %w = arith.constant dense_resource<w> : tensor<96x64xf32>
  %e = tensor.empty() : tensor<2x3x96x64xf32>
  %b = linalg.broadcast ins(%w : tensor<96x64xf32>) outs(%e : tensor<2x3x96x64xf32>) dimensions = [0, 1]
  %c = tensor.collapse_shape %b [[0, 1], [2], [3]] : tensor<2x3x96x64xf32> into tensor<6x96x64xf32>
  %z = arith.constant dense<0.0> : tensor<6x8x96xf32>
  %y = linalg.batch_matmul indexing_maps = [affine_map<(b, m, n, k) -> (b, m, k)>, affine_map<(b, m, n, k) -> (b, n, k)>, affine_map<(b, m, n, k) -> (b, m, n)>] ins(%x, %c : tensor<6x8x64xf32>, tensor<6x96x64xf32>) outs(%z : tensor<6x8x96xf32>) -> tensor<6x8x96xf32>
  return %y : tensor<6x8x96xf32>
}
