// RUN: zq-opt --zq-to-linalg %s | FileCheck %s

// Quantized tensors are their bytes, in signatures, calls and branches too; an
// odd K has half a byte to spare. FP8 tensors keep their type.

!q = !zq.quantized<!zq.e3m0 : f32, blocks = 1x32, scale = #zq.free>

// CHECK-LABEL: func.func private @callee(tensor<8x17xi8>) -> tensor<8x17xi8>
func.func private @callee(tensor<8x33x!q>) -> tensor<8x33x!q>

// CHECK-LABEL: func.func @caller(
// CHECK-SAME:    %[[C:.*]]: i1, %[[A:.*]]: tensor<8x17xi8>, %[[F8:.*]]: tensor<4xf8E5M2>) -> (tensor<8x17xi8>, tensor<4xf8E5M2>)
// CHECK:         %[[R:.*]] = scf.if %[[C]] -> (tensor<8x17xi8>)
// CHECK:           %[[S:.*]] = func.call @callee(%[[A]]) : (tensor<8x17xi8>) -> tensor<8x17xi8>
// CHECK:           scf.yield %[[S]] : tensor<8x17xi8>
// CHECK:         return %[[R]], %[[F8]]
func.func @caller(%c: i1, %a: tensor<8x33x!q>, %f8: tensor<4xf8E5M2>) -> (tensor<8x33x!q>, tensor<4xf8E5M2>) {
  %r = scf.if %c -> tensor<8x33x!q> {
    %s = func.call @callee(%a) : (tensor<8x33x!q>) -> tensor<8x33x!q>
    scf.yield %s : tensor<8x33x!q>
  } else {
    scf.yield %a : tensor<8x33x!q>
  }
  return %r, %f8 : tensor<8x33x!q>, tensor<4xf8E5M2>
}
