// RUN: zq-opt %s --zq-outline-linears | FileCheck %s

// DOC-EXAMPLE: zq-outline-linears
!e2m1 = !zq.quantized<f4E2M1FN : bf16, blocks = 1x4, scale = #zq.pow2<anchor = row, max_shift = 11>>
// CHECK-LABEL: func.func @main
// CHECK: call @zq_mlp_up
func.func @main(%x: tensor<?x16x4xbf16>) -> tensor<?x16x3xbf16> {
  %bytes = arith.constant dense<[[16, 50], [84, 118], [-104, -70]]> : tensor<3x2xi8>
  %shifts = arith.constant dense<[[0], [2], [11]]> : tensor<3x1xi8>
  %anchors = arith.constant dense<[1.0, 0.5, 0.25]> : tensor<3xf32>
  %x8, %s = zq.quantize_activation %x : tensor<?x16x4xbf16> -> tensor<?x16x4xf8E4M3FN>, tensor<?x16xf32>
  %q = zq.storage_cast %bytes : tensor<3x2xi8> -> tensor<3x4x!e2m1>
  %w8 = zq.shift_cast %q by %shifts {exponent = 6 : i64} : tensor<3x4x!e2m1>, tensor<3x1xi8> -> tensor<3x4xf8E4M3FN>
  %y = zq.quantized_linear %x8 scale(%s), %w8 scales(%anchors) {name = "mlp.up"}
    : tensor<?x16x4xf8E4M3FN>, tensor<?x16xf32>, tensor<3x4xf8E4M3FN>, tensor<3xf32> -> tensor<?x16x3xbf16>
  return %y : tensor<?x16x3xbf16>
}
// CHECK: zqgpu.linear @mlp.up 3 x 4
