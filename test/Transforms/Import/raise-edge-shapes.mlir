// N = 1 is a layer, as is one without rows; a weight without elements is none.
// RUN: zq-opt --zq-raise-linear --remarks-filter-missed=zq %s 2>&1 | FileCheck %s

// CHECK: remark: [Missed] zq-raise-linear {{.*}}Function=empty_n {{.*}}its weight has no elements
// CHECK-LABEL: @head1(
// CHECK: zq.linear {{.*}} : (tensor<8x64xf32>, tensor<1x64xf32>) -> tensor<8x1xf32>
func.func @head1(%x: tensor<8x64xf32>, %w: tensor<64x1xf32>) -> tensor<8x1xf32> {
  %z = arith.constant dense<0.0> : tensor<8x1xf32>
  %y = linalg.matmul ins(%x, %w : tensor<8x64xf32>, tensor<64x1xf32>) outs(%z : tensor<8x1xf32>) -> tensor<8x1xf32>
  return %y : tensor<8x1xf32>
}

// CHECK-LABEL: @empty_rows(
// CHECK: zq.linear {{.*}} : (tensor<0x64xf32>, tensor<96x64xf32>) -> tensor<0x96xf32>
func.func @empty_rows(%x: tensor<0x64xf32>, %w: tensor<64x96xf32>) -> tensor<0x96xf32> {
  %z = arith.constant dense<0.0> : tensor<0x96xf32>
  %y = linalg.matmul ins(%x, %w : tensor<0x64xf32>, tensor<64x96xf32>) outs(%z : tensor<0x96xf32>) -> tensor<0x96xf32>
  return %y : tensor<0x96xf32>
}

// CHECK-LABEL: @empty_n(
// CHECK: linalg.matmul
func.func @empty_n(%x: tensor<8x64xf32>, %w: tensor<64x0xf32>) -> tensor<8x0xf32> {
  %z = arith.constant dense<0.0> : tensor<8x0xf32>
  %y = linalg.matmul ins(%x, %w : tensor<8x64xf32>, tensor<64x0xf32>) outs(%z : tensor<8x0xf32>) -> tensor<8x0xf32>
  return %y : tensor<8x0xf32>
}
