// Products of a matrix and a vector: the vector is the input.
// RUN: zq-opt --zq-raise-linear %s | FileCheck %s

// CHECK-LABEL: @vecmat(
// CHECK-SAME: %[[X:.*]]: tensor<64xf32>, %[[W:.*]]: tensor<64x96xf32>
// CHECK: %[[WT:.*]] = linalg.transpose ins(%[[W]]
// CHECK: zq.linear %[[X]], %[[WT]] {{.*}} : (tensor<64xf32>, tensor<96x64xf32>) -> tensor<96xf32>
func.func @vecmat(%x: tensor<64xf32>, %w: tensor<64x96xf32>) -> tensor<96xf32> {
  %z = arith.constant dense<0.0> : tensor<96xf32>
  %y = linalg.vecmat ins(%x, %w : tensor<64xf32>, tensor<64x96xf32>) outs(%z : tensor<96xf32>) -> tensor<96xf32>
  return %y : tensor<96xf32>
}

// CHECK-LABEL: @matvec(
// CHECK-SAME: %[[X:.*]]: tensor<64xf32>, %[[W:.*]]: tensor<96x64xf32>
// CHECK: zq.linear %[[X]], %[[W]] {{.*}} : (tensor<64xf32>, tensor<96x64xf32>) -> tensor<96xf32>
func.func @matvec(%x: tensor<64xf32>, %w: tensor<96x64xf32>) -> tensor<96xf32> {
  %z = arith.constant dense<0.0> : tensor<96xf32>
  %y = linalg.matvec ins(%w, %x : tensor<96x64xf32>, tensor<64xf32>) outs(%z : tensor<96xf32>) -> tensor<96xf32>
  return %y : tensor<96xf32>
}

// CHECK-LABEL: @batch_vecmat(
// CHECK-SAME: %[[X:.*]]: tensor<8x64xf32>, %[[W:.*]]: tensor<64x96xf32>
// CHECK: %[[WT:.*]] = linalg.transpose ins(%[[W]]
// CHECK: zq.linear %[[X]], %[[WT]] {{.*}} : (tensor<8x64xf32>, tensor<96x64xf32>) -> tensor<8x96xf32>
func.func @batch_vecmat(%x: tensor<8x64xf32>, %w: tensor<64x96xf32>) -> tensor<8x96xf32> {
  %z = arith.constant dense<0.0> : tensor<8x96xf32>
  %e = tensor.empty() : tensor<8x64x96xf32>
  %b = linalg.broadcast ins(%w : tensor<64x96xf32>) outs(%e : tensor<8x64x96xf32>) dimensions = [0]
  %y = linalg.batch_vecmat ins(%x, %b : tensor<8x64xf32>, tensor<8x64x96xf32>) outs(%z : tensor<8x96xf32>) -> tensor<8x96xf32>
  return %y : tensor<8x96xf32>
}
