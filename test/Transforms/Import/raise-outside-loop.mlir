// A layer before a loop is not moved into it by what the loop does to its
// result.
// RUN: zq-opt --zq-raise-linear %s | FileCheck %s

// CHECK-LABEL: @bias(
// CHECK: zq.linear {{%[^ ]*, %[^ ]*}} {
// CHECK: scf.for
// CHECK-NOT: zq.linear
// CHECK: return
func.func @bias(%x: tensor<4x8xf32>, %w: tensor<6x8xf32>, %b: tensor<6xf32>, %n: index) -> tensor<4x6xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %start = tensor.empty() : tensor<4x6xf32>
  %y = zq.linear %x, %w : (tensor<4x8xf32>, tensor<6x8xf32>) -> tensor<4x6xf32>
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%a = %start) -> tensor<4x6xf32> {
    %e = tensor.empty() : tensor<4x6xf32>
    %wide = linalg.broadcast ins(%b : tensor<6xf32>) outs(%e : tensor<4x6xf32>) dimensions = [0]
    %s = linalg.add ins(%y, %wide : tensor<4x6xf32>, tensor<4x6xf32>) outs(%e : tensor<4x6xf32>) -> tensor<4x6xf32>
    scf.yield %s : tensor<4x6xf32>
  }
  return %r : tensor<4x6xf32>
}

// CHECK-LABEL: @truncation(
// CHECK: zq.linear
// CHECK: scf.for
// CHECK-NOT: zq.linear
// CHECK: return
func.func @truncation(%x: tensor<4x8xf32>, %w: tensor<6x8xf32>, %n: index) -> tensor<4x6xbf16> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %start = tensor.empty() : tensor<4x6xbf16>
  %y = zq.linear %x, %w : (tensor<4x8xf32>, tensor<6x8xf32>) -> tensor<4x6xf32>
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%a = %start) -> tensor<4x6xbf16> {
    %t = arith.truncf %y : tensor<4x6xf32> to tensor<4x6xbf16>
    scf.yield %t : tensor<4x6xbf16>
  }
  return %r : tensor<4x6xbf16>
}

// CHECK-LABEL: @reshape(
// CHECK: zq.linear
// CHECK: scf.for
// CHECK-NOT: zq.linear
// CHECK: return
func.func @reshape(%x: tensor<4x8xf32>, %w: tensor<6x8xf32>, %n: index) -> tensor<2x2x6xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %start = tensor.empty() : tensor<2x2x6xf32>
  %y = zq.linear %x, %w : (tensor<4x8xf32>, tensor<6x8xf32>) -> tensor<4x6xf32>
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%a = %start) -> tensor<2x2x6xf32> {
    %t = tensor.expand_shape %y [[0, 1], [2]] output_shape [2, 2, 6] : tensor<4x6xf32> into tensor<2x2x6xf32>
    scf.yield %t : tensor<2x2x6xf32>
  }
  return %r : tensor<2x2x6xf32>
}
