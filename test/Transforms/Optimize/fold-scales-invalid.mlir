// Constants that break what the type promises are errors: the cast would be
// wrong, not inexact.
// RUN: zq-opt %s --zq-fold-scales --split-input-file --verify-diagnostics

!q = !zq.quantized<f4E2M1FN : f32, blocks = 1x64, scale = #zq.pow2<anchor = row, max_shift = 11>>
func.func @shift(%x8: tensor<5x128xf8E4M3FN>, %sx: tensor<5xf32>, %bytes: tensor<2x64xi8>) -> tensor<5x2xf32> {
  %a = arith.constant dense<1.0> : tensor<2xf32>
  %t = arith.constant dense<[[0, 11], [3, 12]]> : tensor<2x2xi8>
  %q = zq.storage_cast %bytes : tensor<2x64xi8> -> tensor<2x128x!q>
  // expected-error @+1 {{shift of row 1, group 1 is 12, but #zq.pow2<anchor = row, max_shift = 11> wants 0 to 11}}
  %0 = zq.quantized_linear %x8 scale(%sx), %q scales(%a, %t)
    : tensor<5x128xf8E4M3FN>, tensor<5xf32>, tensor<2x128x!q>, tensor<2xf32>, tensor<2x2xi8> -> tensor<5x2xf32>
  return %0 : tensor<5x2xf32>
}

// -----

!q = !zq.quantized<f4E2M1FN : f32, blocks = 1x64, scale = #zq.step<max_shift = 10>>
func.func @multiplier(%x8: tensor<5x128xf8E4M3FN>, %sx: tensor<5xf32>, %bytes: tensor<2x64xi8>) -> tensor<5x2xf32> {
  %a = arith.constant dense<1.0> : tensor<2xf32>
  // 42 = 2 * 16 + 10 is the last step; 48 has no multiplier.
  %t = arith.constant dense<[[0, 42], [48, 0]]> : tensor<2x2xi8>
  %q = zq.storage_cast %bytes : tensor<2x64xi8> -> tensor<2x128x!q>
  // expected-error @+1 {{step of row 1, group 0 is 48, but #zq.step<max_shift = 10> wants a shift of 0 to 10 and 16 times the index of a multiplier, 0 to 2}}
  %0 = zq.quantized_linear %x8 scale(%sx), %q scales(%a, %t)
    : tensor<5x128xf8E4M3FN>, tensor<5xf32>, tensor<2x128x!q>, tensor<2xf32>, tensor<2x2xi8> -> tensor<5x2xf32>
  return %0 : tensor<5x2xf32>
}

// -----

!q = !zq.quantized<f4E2M1FN : f32, blocks = 1x64, scale = #zq.step<max_shift = 10>>
func.func @step_shift(%x8: tensor<5x128xf8E4M3FN>, %sx: tensor<5xf32>, %bytes: tensor<2x64xi8>) -> tensor<5x2xf32> {
  %a = arith.constant dense<1.0> : tensor<2xf32>
  %t = arith.constant dense<[[0, 27], [16, 32]]> : tensor<2x2xi8>
  %q = zq.storage_cast %bytes : tensor<2x64xi8> -> tensor<2x128x!q>
  // expected-error @+1 {{step of row 0, group 1 is 27, but #zq.step<max_shift = 10> wants a shift of 0 to 10}}
  %0 = zq.quantized_linear %x8 scale(%sx), %q scales(%a, %t)
    : tensor<5x128xf8E4M3FN>, tensor<5xf32>, tensor<2x128x!q>, tensor<2xf32>, tensor<2x2xi8> -> tensor<5x2xf32>
  return %0 : tensor<5x2xf32>
}

// -----

!q = !zq.quantized<f4E2M1FN : f32, blocks = 1x64, scale = #zq.pow2<anchor = pow2, max_shift = 11>>
func.func @anchor_of_m1(%x8: tensor<5x128xf8E4M3FN>, %sx: tensor<5xf32>, %bytes: tensor<2x64xi8>, %t: tensor<2x2xi8>) -> tensor<5x2xf32> {
  %a = arith.constant dense<[1.0, 3.0]> : tensor<2xf32>
  %q = zq.storage_cast %bytes : tensor<2x64xi8> -> tensor<2x128x!q>
  // expected-error @+1 {{anchor of row 1 is 3, but #zq.pow2<anchor = pow2, max_shift = 11> wants a power of two}}
  %0 = zq.quantized_linear %x8 scale(%sx), %q scales(%a, %t)
    : tensor<5x128xf8E4M3FN>, tensor<5xf32>, tensor<2x128x!q>, tensor<2xf32>, tensor<2x2xi8> -> tensor<5x2xf32>
  return %0 : tensor<5x2xf32>
}

// -----

!q = !zq.quantized<f4E2M1FN : f32, blocks = 1x64, scale = #zq.pow2<anchor = row, max_shift = 11>>
func.func @negative_anchor(%x8: tensor<5x128xf8E4M3FN>, %sx: tensor<5xf32>, %bytes: tensor<2x64xi8>, %t: tensor<2x2xi8>) -> tensor<5x2xf32> {
  %a = arith.constant dense<[-1.0, 3.0]> : tensor<2xf32>
  %q = zq.storage_cast %bytes : tensor<2x64xi8> -> tensor<2x128x!q>
  // expected-error @+1 {{anchor of row 0 is -1, but #zq.pow2<anchor = row, max_shift = 11> wants a positive number}}
  %0 = zq.quantized_linear %x8 scale(%sx), %q scales(%a, %t)
    : tensor<5x128xf8E4M3FN>, tensor<5xf32>, tensor<2x128x!q>, tensor<2xf32>, tensor<2x2xi8> -> tensor<5x2xf32>
  return %0 : tensor<5x2xf32>
}
