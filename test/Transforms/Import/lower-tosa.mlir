// TOSA is lowered wherever it is, in nested modules as well; functions without
// it stay as they are.
// RUN: zq-opt --zq-lower-tosa %s | FileCheck %s

// CHECK: module @nested
// CHECK: @inner
// CHECK-NOT: tosa.
// CHECK: linalg.generic
// CHECK: math.exp
module @nested {
  func.func @inner(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
    %0 = tosa.exp %x : (tensor<4x8xf32>) -> tensor<4x8xf32>
    return %0 : tensor<4x8xf32>
  }
}

// CHECK-LABEL: @no_tosa
// CHECK: arith.constant dense<1.0{{.*}}> : tensor<4xf32>
// CHECK: arith.addf
func.func @no_tosa() -> tensor<4xf32> {
  %c = arith.constant dense<1.0> : tensor<4xf32>
  %0 = arith.addf %c, %c : tensor<4xf32>
  return %0 : tensor<4xf32>
}
