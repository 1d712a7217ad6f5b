// A vector is no weight.
// RUN: zq-opt --zq-raise-linear --remarks-filter-missed=zq %s 2>&1 | FileCheck %s

// CHECK: remark: [Missed] zq-raise-linear {{.*}}the left factor is a vector, not N x K, the right factor is a vector, not N x K
// CHECK: linalg.dot
func.func @dot(%x: tensor<64xf32>, %w: tensor<64xf32>) -> tensor<f32> {
  %z = arith.constant dense<0.0> : tensor<f32>
  %y = linalg.dot ins(%x, %w : tensor<64xf32>, tensor<64xf32>) outs(%z : tensor<f32>) -> tensor<f32>
  return %y : tensor<f32>
}
