// RUN: zq-opt %s --zq-outline-linears --remarks-filter-missed=zq 2>&1 >%t | FileCheck %s
// RUN: FileCheck %s --check-prefix=IR < %t

!e2m1 = !zq.quantized<f4E2M1FN : bf16, blocks = 1x64, scale = #zq.pow2<anchor = row, max_shift = 11>>

// CHECK: Layer=argument, Reason="its weight is no zq.shift_cast"
// CHECK: Layer=codes, Reason="its codes are no constant: run zq-materialize-weights"
// CHECK: Layer=shifts, Reason="its scales are no constants"
// CHECK: Layer=activations, Reason="its activations are not quantized by zq.quantize_activation"
// CHECK: Layer=bias, Reason="its bias is not known:
// IR-COUNT-5: zq.quantized_linear
// IR-NOT: zqgpu.linear
func.func @f(%x: tensor<?x64xbf16>, %p8: tensor<?x64xf8E4M3FN>, %w: tensor<3x64xf8E4M3FN>,
             %codes: tensor<3x32xi8>, %t: tensor<3x1xi8>, %b: tensor<3xbf16>)
    -> (tensor<?x3xbf16>, tensor<?x3xbf16>, tensor<?x3xbf16>, tensor<?x3xbf16>, tensor<?x3xbf16>) {
  %bytes = arith.constant dense<17> : tensor<3x32xi8>
  %shifts = arith.constant dense<0> : tensor<3x1xi8>
  %anchors = arith.constant dense<1.0> : tensor<3xf32>
  %x8, %s = zq.quantize_activation %x : tensor<?x64xbf16> -> tensor<?x64xf8E4M3FN>, tensor<?xf32>
  %0 = zq.quantized_linear %x8 scale(%s), %w scales(%anchors) {name = "argument"}
    : tensor<?x64xf8E4M3FN>, tensor<?xf32>, tensor<3x64xf8E4M3FN>, tensor<3xf32> -> tensor<?x3xbf16>
  %q1 = zq.storage_cast %codes : tensor<3x32xi8> -> tensor<3x64x!e2m1>
  %w1 = zq.shift_cast %q1 by %shifts {exponent = 6 : i64} : tensor<3x64x!e2m1>, tensor<3x1xi8> -> tensor<3x64xf8E4M3FN>
  %1 = zq.quantized_linear %x8 scale(%s), %w1 scales(%anchors) {name = "codes"}
    : tensor<?x64xf8E4M3FN>, tensor<?xf32>, tensor<3x64xf8E4M3FN>, tensor<3xf32> -> tensor<?x3xbf16>
  %q = zq.storage_cast %bytes : tensor<3x32xi8> -> tensor<3x64x!e2m1>
  %w2 = zq.shift_cast %q by %t {exponent = 6 : i64} : tensor<3x64x!e2m1>, tensor<3x1xi8> -> tensor<3x64xf8E4M3FN>
  %2 = zq.quantized_linear %x8 scale(%s), %w2 scales(%anchors) {name = "shifts"}
    : tensor<?x64xf8E4M3FN>, tensor<?xf32>, tensor<3x64xf8E4M3FN>, tensor<3xf32> -> tensor<?x3xbf16>
  %w3 = zq.shift_cast %q by %shifts {exponent = 6 : i64} : tensor<3x64x!e2m1>, tensor<3x1xi8> -> tensor<3x64xf8E4M3FN>
  %3 = zq.quantized_linear %p8 scale(%s), %w3 scales(%anchors) {name = "activations"}
    : tensor<?x64xf8E4M3FN>, tensor<?xf32>, tensor<3x64xf8E4M3FN>, tensor<3xf32> -> tensor<?x3xbf16>
  %4 = zq.quantized_linear %x8 scale(%s), %w3 scales(%anchors) bias(%b) {name = "bias"}
    : tensor<?x64xf8E4M3FN>, tensor<?xf32>, tensor<3x64xf8E4M3FN>, tensor<3xf32> bias tensor<3xbf16> -> tensor<?x3xbf16>
  return %0, %1, %2, %3, %4 : tensor<?x3xbf16>, tensor<?x3xbf16>, tensor<?x3xbf16>, tensor<?x3xbf16>, tensor<?x3xbf16>
}
