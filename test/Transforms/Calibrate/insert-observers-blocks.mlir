// RUN: zq-opt --zq-insert-observers %s | FileCheck %s

// A branch that is not taken reads nothing: each block has an observer of its
// own, where its layers are.
// CHECK-LABEL: func.func @branch(
// CHECK-SAME:    %[[X:.*]]: tensor<4x8xf32>,
// CHECK-NOT:     zq.observe
// CHECK:         scf.if
// CHECK-NEXT:      zq.observe %[[X]] for ["expert0"]
// CHECK:         else
// CHECK-NEXT:      zq.observe %[[X]] for ["expert1"]
func.func @branch(%x: tensor<4x8xf32>, %w: tensor<2x8xf32>, %v: tensor<2x8xf32>, %c: i1) -> tensor<4x2xf32> {
  %y = scf.if %c -> tensor<4x2xf32> {
    %a = zq.linear %x, %w {name = "expert0"} : (tensor<4x8xf32>, tensor<2x8xf32>) -> tensor<4x2xf32>
    scf.yield %a : tensor<4x2xf32>
  } else {
    %b = zq.linear %x, %v {name = "expert1"} : (tensor<4x8xf32>, tensor<2x8xf32>) -> tensor<4x2xf32>
    scf.yield %b : tensor<4x2xf32>
  }
  return %y : tensor<4x2xf32>
}

// The inputs of a layer that is quantized already are the float ones.
// CHECK-LABEL: func.func @quantized(
// CHECK-SAME:    %[[X:.*]]: tensor<4x8xf32>,
// CHECK:         zq.observe %[[X]] for ["down"]
// CHECK-NEXT:    zq.quantized_linear
func.func @quantized(%x: tensor<4x8xf32>, %w: tensor<2x8xf8E4M3FN>, %s: tensor<2xf32>) -> tensor<4x2xf32> {
  %x8, %sx = zq.quantize_activation %x : tensor<4x8xf32> -> tensor<4x8xf8E4M3FN>, tensor<4xf32>
  %y = zq.quantized_linear %x8 scale(%sx), %w scales(%s) {name = "down"} : tensor<4x8xf8E4M3FN>, tensor<4xf32>, tensor<2x8xf8E4M3FN>, tensor<2xf32> -> tensor<4x2xf32>
  return %y : tensor<4x2xf32>
}
