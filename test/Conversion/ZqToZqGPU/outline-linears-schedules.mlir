// Schedules that a user wrote for a layer go along.
//
// RUN: zq-opt %s --zq-outline-linears | FileCheck %s

// CHECK: zqgpu.linear @l 3 x 64
// CHECK-SAME: schedules [#zqgpu.choice<m = 1 to 2147483647, schedule = <tokens = 24, stages = 3, accumulation = fast>>]
!e2m1 = !zq.quantized<f4E2M1FN : bf16, blocks = 1x32, scale = #zq.pow2<anchor = row, max_shift = 11>>

func.func @f(%x: tensor<?x64xbf16>) -> tensor<?x3xbf16> {
  %bytes = arith.constant dense<17> : tensor<3x32xi8>
  %shifts = arith.constant dense<0> : tensor<3x2xi8>
  %anchors = arith.constant dense<1.0> : tensor<3xf32>
  %x8, %s = zq.quantize_activation %x : tensor<?x64xbf16> -> tensor<?x64xf8E4M3FN>, tensor<?xf32>
  %q = zq.storage_cast %bytes : tensor<3x32xi8> -> tensor<3x64x!e2m1>
  %w8 = zq.shift_cast %q by %shifts {exponent = 6 : i64} : tensor<3x64x!e2m1>, tensor<3x2xi8> -> tensor<3x64xf8E4M3FN>
  %y = zq.quantized_linear %x8 scale(%s), %w8 scales(%anchors)
    {name = "l", zqgpu.schedules = [#zqgpu.choice<m = 1 to 2147483647, schedule = <tokens = 24, stages = 3, accumulation = fast>>]}
    : tensor<?x64xf8E4M3FN>, tensor<?xf32>, tensor<3x64xf8E4M3FN>, tensor<3xf32> -> tensor<?x3xbf16>
  return %y : tensor<?x3xbf16>
}
