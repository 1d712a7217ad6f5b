// Another weight for each batch is no linear layer.
// RUN: zq-opt --zq-raise-linear --remarks-filter-missed=zq %s 2>&1 | FileCheck %s

// CHECK: remark: [Missed] zq-raise-linear {{.*}}Function=experts {{.*}}is no linear layer: it has no weight: the left factor is another matrix for each batch, the right factor is another matrix for each batch
// CHECK-LABEL: @experts(
// CHECK-NOT: zq.linear
// CHECK: return
func.func @experts(%x: tensor<4x8x64xf32>, %w: tensor<4x64x96xf32>) -> tensor<4x8x96xf32> {
  %z = arith.constant dense<0.0> : tensor<4x8x96xf32>
  %y = linalg.batch_matmul ins(%x, %w : tensor<4x8x64xf32>, tensor<4x64x96xf32>) outs(%z : tensor<4x8x96xf32>) -> tensor<4x8x96xf32>
  return %y : tensor<4x8x96xf32>
}
