// A function that marks one weight has said that the other arguments are none.
// RUN: zq-opt --zq-raise-linear --remarks-filter-analyse=zq %s 2>&1 | FileCheck %s

// CHECK: remark: [Analysis] zq-raise-linear {{.*}}the right factor is an argument that is not marked zq.weight, as others are
// CHECK-LABEL: @marked(
// CHECK-SAME: %[[X:[^ ]*]]: tensor<8x64xf32>, %[[K:.*]]: tensor<64x96xf32>, %[[W:.*]]: tensor<96x32xf32> {zq.weight}
// CHECK: %[[Y:.*]] = linalg.matmul ins(%[[X]], %[[K]]
// CHECK: %[[WT:.*]] = linalg.transpose ins(%[[W]]
// CHECK: zq.linear %[[Y]], %[[WT]]
func.func @marked(%x: tensor<8x64xf32>, %k: tensor<64x96xf32>, %w: tensor<96x32xf32> {zq.weight}) -> tensor<8x32xf32> {
  %z = arith.constant dense<0.0> : tensor<8x96xf32>
  %y = linalg.matmul ins(%x, %k : tensor<8x64xf32>, tensor<64x96xf32>) outs(%z : tensor<8x96xf32>) -> tensor<8x96xf32>
  %z2 = arith.constant dense<0.0> : tensor<8x32xf32>
  %y2 = linalg.matmul ins(%y, %w : tensor<8x96xf32>, tensor<96x32xf32>) outs(%z2 : tensor<8x32xf32>) -> tensor<8x32xf32>
  return %y2 : tensor<8x32xf32>
}
