// A residual is the second argument of the call, M x N. With a compensation the call
// takes the place of the sum, whichever of both the residual is added to.
//
// RUN: zq-opt %s --zq-outline-linears | FileCheck %s

!e2m1 = !zq.quantized<f4E2M1FN : bf16, blocks = 1x32, scale = #zq.pow2<anchor = row, max_shift = 11>>

// CHECK-LABEL: func.func @down_proj
// CHECK-SAME: (%[[X:.*]]: tensor<2x?x64xbf16>, %[[H:.*]]: tensor<2x?x3xf16>)
// CHECK-DAG: %[[XF:.*]] = tensor.collapse_shape %[[X]] {{.*}} into tensor<?x64xbf16>
// CHECK-DAG: %[[HF:.*]] = tensor.collapse_shape %[[H]] {{.*}} into tensor<?x3xf16>
// CHECK: %[[Y:.*]] = call @zq_down(%[[XF]], %[[HF]]) : (tensor<?x64xbf16>, tensor<?x3xf16>) -> tensor<?x3xf16>
// CHECK: %[[Z:.*]] = tensor.expand_shape %[[Y]]
// CHECK-NEXT: return %[[Z]]
func.func @down_proj(%x: tensor<2x?x64xbf16>, %h: tensor<2x?x3xf16>) -> tensor<2x?x3xf16> {
  %bytes = arith.constant dense<17> : tensor<3x32xi8>
  %shifts = arith.constant dense<0> : tensor<3x2xi8>
  %anchors = arith.constant dense<1.0> : tensor<3xf32>
  %down = arith.constant dense<0.5> : tensor<1x64xbf16>
  %up = arith.constant dense<0.5> : tensor<3x1xbf16>
  %x8, %s = zq.quantize_activation %x : tensor<2x?x64xbf16> -> tensor<2x?x64xf8E4M3FN>, tensor<2x?xf32>
  %q = zq.storage_cast %bytes : tensor<3x32xi8> -> tensor<3x64x!e2m1>
  %w8 = zq.shift_cast %q by %shifts {exponent = 6 : i64} : tensor<3x64x!e2m1>, tensor<3x2xi8> -> tensor<3x64xf8E4M3FN>
  %y = zq.quantized_linear %x8 scale(%s), %w8 scales(%anchors) residual(%h) {name = "down"}
    : tensor<2x?x64xf8E4M3FN>, tensor<2x?xf32>, tensor<3x64xf8E4M3FN>, tensor<3xf32> residual tensor<2x?x3xf16> -> tensor<2x?x3xf16>
  %t = zq.linear %x, %down : (tensor<2x?x64xbf16>, tensor<1x64xbf16>) -> tensor<2x?x1xf16>
  %c = zq.linear %t, %up : (tensor<2x?x1xf16>, tensor<3x1xbf16>) -> tensor<2x?x3xf16>
  %z = arith.addf %y, %c : tensor<2x?x3xf16>
  return %z : tensor<2x?x3xf16>
}

// CHECK: zqgpu.linear @down 3 x 64 {{.*}} input bf16 output f16
// CHECK-SAME: down({{.*}}) up({{.*}}) residual
// CHECK: func.func private @zq_down(tensor<?x64xbf16>, tensor<?x3xf16>) -> tensor<?x3xf16> attributes {{{.*}}zq.compiled = @down}
