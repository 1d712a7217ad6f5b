// w x^T + b[:, None], transposed back: all the transposes go.
// RUN: zq-opt --zq-raise-linear %s | FileCheck %s

// CHECK-LABEL: @weight_left(
// CHECK-SAME: %[[X:.*]]: tensor<8x64xf32>, %[[B:.*]]: tensor<96xf32>
// CHECK-NEXT: %[[W:.*]] = arith.constant dense_resource<w>
// CHECK-NEXT: %[[Y:.*]] = zq.linear %[[X]], %[[W]] bias(%[[B]]) {name = "w"}
// CHECK-NEXT: return %[[Y]]
func.func @weight_left(%x: tensor<8x64xf32>, %b: tensor<96xf32>) -> tensor<8x96xf32> {
  %w = arith.constant dense_resource<w> : tensor<96x64xf32>
  %z = arith.constant dense<0.0> : tensor<96x8xf32>
  %e = tensor.empty() : tensor<64x8xf32>
  %xt = linalg.transpose ins(%x : tensor<8x64xf32>) outs(%e : tensor<64x8xf32>) permutation = [1, 0]
  %y = linalg.matmul ins(%w, %xt : tensor<96x64xf32>, tensor<64x8xf32>) outs(%z : tensor<96x8xf32>) -> tensor<96x8xf32>
  %e2 = tensor.empty() : tensor<96x8xf32>
  %bb = linalg.broadcast ins(%b : tensor<96xf32>) outs(%e2 : tensor<96x8xf32>) dimensions = [1]
  %s = linalg.add ins(%y, %bb : tensor<96x8xf32>, tensor<96x8xf32>) outs(%e2 : tensor<96x8xf32>) -> tensor<96x8xf32>
  %e3 = tensor.empty() : tensor<8x96xf32>
  %yt = linalg.transpose ins(%s : tensor<96x8xf32>) outs(%e3 : tensor<8x96xf32>) permutation = [1, 0]
  return %yt : tensor<8x96xf32>
}
