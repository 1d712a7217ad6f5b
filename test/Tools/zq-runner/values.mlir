// Results of every kind: tensors that alias an argument, several at once,
// scalars, rank 0, no elements. The call leaves its inputs as they are, so the
// second call of --repeat gives the same.

// RUN: zq-runner %s --inputs=random:3 --dims=2 --repeat=2 --print | FileCheck %s
// CHECK:      time: min {{.*}} ms, median {{.*}} ms, 2 calls
// CHECK-NEXT: result 0: 2x2xF32
// CHECK-NEXT:   [0.190824106, 0.150621668, 0.687954366, 1.32676959]
// CHECK-NEXT: result 1: 2x2xF32
// CHECK-NEXT:   [0, 0, 0, 0]
// CHECK-NEXT: result 2: I32
// CHECK-NEXT:   [42]
// CHECK-NEXT: result 3: F64
// CHECK-NEXT:   [0.1]
// CHECK-NEXT: result 4: 3xBF16
// CHECK-NEXT:   [1, -2, 0.100097656]
func.func @main(%x: tensor<?x2xf32>, %s: f32) -> (tensor<?x2xf32>, tensor<?x2xf32>, i32, tensor<f64>, tensor<3xbf16>) {
  %d = arith.subf %x, %x : tensor<?x2xf32>
  %i = arith.constant 42 : i32
  %f = arith.constant dense<0.1> : tensor<f64>
  %b = arith.constant dense<[1.0, -2.0, 0.1]> : tensor<3xbf16>
  return %x, %d, %i, %f, %b : tensor<?x2xf32>, tensor<?x2xf32>, i32, tensor<f64>, tensor<3xbf16>
}

// RUN: zq-runner %s --entry=scalar --inputs=zeros --print | FileCheck %s --check-prefix=SCALAR
// SCALAR: result 0: I64
// SCALAR:   [3]
func.func @scalar(%x: i64) -> i64 {
  %c3 = arith.constant 3 : i64
  %y = arith.addi %x, %c3 : i64
  return %y : i64
}

// RUN: zq-runner %s --entry=no_tokens --inputs=random --dims=0 --print | FileCheck %s --check-prefix=NO-TOKENS
// NO-TOKENS:      result 0: 0x4xF32
// NO-TOKENS-NEXT:   []
func.func @no_tokens(%x: tensor<?x8xf32>, %w: tensor<4x8xf32>) -> tensor<?x4xf32> {
  %y = zq.linear %x, %w : (tensor<?x8xf32>, tensor<4x8xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}
