// A product that is summed over the batch as well has K = batch * k.
// RUN: zq-opt --zq-raise-linear %s | FileCheck %s

// CHECK-LABEL: @batch_reduce(
// CHECK-SAME: %[[X:.*]]: tensor<4x8x16xf32>, %[[W:.*]]: tensor<4x16x96xf32>
// CHECK: %[[XT:.*]] = linalg.transpose ins(%[[X]] : {{.*}} permutation = [1, 0, 2]
// CHECK: %[[XC:.*]] = tensor.collapse_shape %[[XT]] {{\[\[}}0], [1, 2]]
// CHECK: %[[WT:.*]] = linalg.transpose ins(%[[W]] : {{.*}} permutation = [2, 0, 1]
// CHECK: %[[WC:.*]] = tensor.collapse_shape %[[WT]] {{\[\[}}0], [1, 2]]
// CHECK: zq.linear %[[XC]], %[[WC]] {{.*}} : (tensor<8x64xf32>, tensor<96x64xf32>) -> tensor<8x96xf32>
func.func @batch_reduce(%x: tensor<4x8x16xf32>, %w: tensor<4x16x96xf32>) -> tensor<8x96xf32> {
  %z = arith.constant dense<0.0> : tensor<8x96xf32>
  %y = linalg.batch_reduce_matmul ins(%x, %w : tensor<4x8x16xf32>, tensor<4x16x96xf32>) outs(%z : tensor<8x96xf32>) -> tensor<8x96xf32>
  return %y : tensor<8x96xf32>
}
