// A product of integers is quantized already, or no layer.
// RUN: zq-opt --zq-raise-linear --remarks-filter-missed=zq %s 2>&1 | FileCheck %s

// CHECK: remark: [Missed] zq-raise-linear {{.*}}Function=ints {{.*}}is no linear layer: it multiplies i8 by i8 into i32; linear layers are of f16, bf16 and f32
// CHECK-LABEL: @ints(
// CHECK-NOT: zq.linear
// CHECK: return
func.func @ints(%x: tensor<8x64xi8>, %k: tensor<64x96xi8>) -> tensor<8x96xi32> {
  %z = arith.constant dense<0> : tensor<8x96xi32>
  %y = linalg.matmul ins(%x, %k : tensor<8x64xi8>, tensor<64x96xi8>) outs(%z : tensor<8x96xi32>) -> tensor<8x96xi32>
  return %y : tensor<8x96xi32>
}
