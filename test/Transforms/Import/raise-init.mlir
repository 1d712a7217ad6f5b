// What a product is added to: a bias, or something else behind the linear.
// RUN: zq-opt --zq-raise-linear %s | FileCheck %s

// CHECK-LABEL: @init_bias(
// CHECK-SAME: %[[X:.*]]: {{.*}}, %[[W:.*]]: {{.*}}, %[[B:.*]]: tensor<96xf32>
// CHECK: zq.linear %[[X]], %{{.*}} bias(%[[B]])
func.func @init_bias(%x: tensor<8x64xf32>, %w: tensor<64x96xf32>, %b: tensor<96xf32>) -> tensor<8x96xf32> {
  %e = tensor.empty() : tensor<8x96xf32>
  %z = linalg.broadcast ins(%b : tensor<96xf32>) outs(%e : tensor<8x96xf32>) dimensions = [0]
  %y = linalg.matmul ins(%x, %w : tensor<8x64xf32>, tensor<64x96xf32>) outs(%z : tensor<8x96xf32>) -> tensor<8x96xf32>
  return %y : tensor<8x96xf32>
}

// CHECK-LABEL: @init_other(
// CHECK-SAME: %[[X:.*]]: {{.*}}, %[[W:.*]]: {{.*}}, %[[Z:.*]]: tensor<8x96xf32>
// CHECK: %[[Y:.*]] = zq.linear %[[X]], %{{[^ ]*}} {name
// CHECK: linalg.add ins(%[[Y]], %[[Z]] :
func.func @init_other(%x: tensor<8x64xf32>, %w: tensor<64x96xf32>, %z: tensor<8x96xf32>) -> tensor<8x96xf32> {
  %y = linalg.matmul ins(%x, %w : tensor<8x64xf32>, tensor<64x96xf32>) outs(%z : tensor<8x96xf32>) -> tensor<8x96xf32>
  return %y : tensor<8x96xf32>
}
