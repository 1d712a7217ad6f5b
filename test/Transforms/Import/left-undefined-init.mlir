// A sum onto a tensor without a value is a mistake of whoever wrote it.
// RUN: zq-opt --zq-raise-linear --remarks-filter-missed=zq %s 2>&1 | FileCheck %s

// CHECK: remark: [Missed] zq-raise-linear {{.*}}Function=init_undefined {{.*}}is no linear layer: it adds to a tensor.empty, which has no value
// CHECK-LABEL: @init_undefined(
// CHECK-NOT: zq.linear
// CHECK: return
func.func @init_undefined(%x: tensor<8x64xf32>, %w: tensor<64x96xf32>) -> tensor<8x96xf32> {
  %z = tensor.empty() : tensor<8x96xf32>
  %y = linalg.matmul ins(%x, %w : tensor<8x64xf32>, tensor<64x96xf32>) outs(%z : tensor<8x96xf32>) -> tensor<8x96xf32>
  return %y : tensor<8x96xf32>
}
