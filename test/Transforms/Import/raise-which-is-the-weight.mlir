// Between two factors that could be weights: the constant, then the matrix, then
// the right-hand side.
// RUN: zq-opt --zq-raise-linear %s | FileCheck %s

#xk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>

// CHECK-LABEL: @constant_left(
// CHECK: %[[W:.*]] = arith.constant dense_resource<w>
// CHECK: zq.linear %{{[^ ]*}}, %[[W]] {{.*}} -> tensor<8x8xf32>
func.func @constant_left(%x: tensor<8x64xf32>) -> tensor<8x8xf32> {
  %z = arith.constant dense<0.0> : tensor<8x8xf32>
  %w = arith.constant dense_resource<w> : tensor<8x64xf32>
  %y = linalg.matmul indexing_maps = [#xk, #nk, #mn] ins(%w, %x : tensor<8x64xf32>, tensor<8x64xf32>) outs(%z : tensor<8x8xf32>) -> tensor<8x8xf32>
  return %y : tensor<8x8xf32>
}

// CHECK-LABEL: @matrix_left(
// CHECK-SAME: %[[W:[^ ]*]]: tensor<96x64xf32>, %[[X:.*]]: tensor<2x4x64xf32>
// CHECK: %[[C:.*]] = tensor.collapse_shape %[[X]]
// CHECK: zq.linear %[[C]], %[[W]] {{.*}} -> tensor<8x96xf32>
func.func @matrix_left(%w: tensor<96x64xf32>, %x: tensor<2x4x64xf32>) -> tensor<96x8xf32> {
  %z = arith.constant dense<0.0> : tensor<96x8xf32>
  %c = tensor.collapse_shape %x [[0, 1], [2]] : tensor<2x4x64xf32> into tensor<8x64xf32>
  %y = linalg.matmul indexing_maps = [#xk, #nk, #mn] ins(%w, %c : tensor<96x64xf32>, tensor<8x64xf32>) outs(%z : tensor<96x8xf32>) -> tensor<96x8xf32>
  return %y : tensor<96x8xf32>
}

// CHECK-LABEL: @tie(
// CHECK-SAME: %[[A:[^ ]*]]: tensor<8x64xf32>, %[[B:.*]]: tensor<8x64xf32>
// CHECK: zq.linear %[[A]], %[[B]]
func.func @tie(%a: tensor<8x64xf32>, %b: tensor<8x64xf32>) -> tensor<8x8xf32> {
  %z = arith.constant dense<0.0> : tensor<8x8xf32>
  %y = linalg.matmul indexing_maps = [#xk, #nk, #mn] ins(%a, %b : tensor<8x64xf32>, tensor<8x64xf32>) outs(%z : tensor<8x8xf32>) -> tensor<8x8xf32>
  return %y : tensor<8x8xf32>
}

// A dynamic dimension is no N.
// CHECK-LABEL: @dynamic_right(
// CHECK-SAME: %[[W:[^ ]*]]: tensor<96x64xf32>, %[[X:.*]]: tensor<?x64xf32>
// CHECK: zq.linear %[[X]], %[[W]] {{.*}} -> tensor<?x96xf32>
func.func @dynamic_right(%w: tensor<96x64xf32>, %x: tensor<?x64xf32>, %init: tensor<96x?xf32>) -> tensor<96x?xf32> {
  %y = linalg.matmul indexing_maps = [#xk, #nk, #mn] ins(%w, %x : tensor<96x64xf32>, tensor<?x64xf32>) outs(%init : tensor<96x?xf32>) -> tensor<96x?xf32>
  return %y : tensor<96x?xf32>
}

// CHECK-LABEL: @marked_left(
// CHECK-SAME: %[[W:[^ ]*]]: tensor<96x64xf32>
// CHECK: zq.linear %{{[^ ]*}}, %[[W]] {name = "marked"}
func.func @marked_left(%w: tensor<96x64xf32> {zq.weight = "marked.weight"}) -> tensor<96x8xf32> {
  %z = arith.constant dense<0.0> : tensor<96x8xf32>
  %x = arith.constant dense<1.0> : tensor<8x64xf32>
  %y = linalg.matmul indexing_maps = [#xk, #nk, #mn] ins(%w, %x : tensor<96x64xf32>, tensor<8x64xf32>) outs(%z : tensor<96x8xf32>) -> tensor<96x8xf32>
  return %y : tensor<96x8xf32>
}
