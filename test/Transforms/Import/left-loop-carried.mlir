// What a loop carries is no weight, though it starts as a constant.
// RUN: zq-opt --zq-raise-linear --remarks-filter-analyse=zq %s 2>&1 | FileCheck %s

// CHECK: remark: [Analysis] zq-raise-linear {{.*}}the left factor changes inside 'scf.for', the right factor changes inside 'scf.for'
// CHECK-NOT: zq.linear
func.func @f(%x: tensor<4x8xf32>, %n: index) -> tensor<4x8xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %start = arith.constant dense<0.125> : tensor<8x8xf32>
  %z = arith.constant dense<0.0> : tensor<4x8xf32>
  %y, %last = scf.for %i = %c0 to %n step %c1 iter_args(%a = %x, %w = %start) -> (tensor<4x8xf32>, tensor<8x8xf32>) {
    %p = linalg.matmul ins(%a, %w : tensor<4x8xf32>, tensor<8x8xf32>) outs(%z : tensor<4x8xf32>) -> tensor<4x8xf32>
    %next = arith.addf %w, %w : tensor<8x8xf32>
    scf.yield %p, %next : tensor<4x8xf32>, tensor<8x8xf32>
  }
  return %y : tensor<4x8xf32>
}
