// K = 1, as rotary embeddings have it.
// RUN: zq-opt --zq-raise-linear --remarks-filter-missed=zq %s 2>&1 | FileCheck %s

// CHECK: remark: [Missed] zq-raise-linear {{.*}}Function=outer {{.*}}is no linear layer: it is an outer product (K = 1)
// CHECK-LABEL: @outer(
// CHECK-NOT: zq.linear
// CHECK: return
func.func @outer(%x: tensor<8x1xf32>, %w: tensor<1x96xf32>) -> tensor<8x96xf32> {
  %z = arith.constant dense<0.0> : tensor<8x96xf32>
  %y = linalg.matmul ins(%x, %w : tensor<8x1xf32>, tensor<1x96xf32>) outs(%z : tensor<8x96xf32>) -> tensor<8x96xf32>
  return %y : tensor<8x96xf32>
}
