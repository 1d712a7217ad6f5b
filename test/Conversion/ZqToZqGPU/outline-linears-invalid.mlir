// RUN: zq-opt %s --zq-outline-linears --split-input-file --verify-diagnostics

!free = !zq.quantized<f4E2M1FN : bf16, blocks = 1x32, scale = #zq.free>

func.func @free_scales(%x8: tensor<?x64xf8E4M3FN>, %s: tensor<?xf32>, %q: tensor<3x64x!free>, %scales: tensor<3x2xf32>) -> tensor<?x3xbf16> {
  // expected-error @below {{'zq.quantized_linear' op its scales are free, which is refused on Hopper: run zq-constrain-scales before zq-materialize-weights, or run the layer on the CPU}}
  %y = zq.quantized_linear %x8 scale(%s), %q scales(%scales)
    : tensor<?x64xf8E4M3FN>, tensor<?xf32>, tensor<3x64x!free>, tensor<3x2xf32> -> tensor<?x3xbf16>
  return %y : tensor<?x3xbf16>
}

// -----

!e2m1 = !zq.quantized<f4E2M1FN : bf16, blocks = 1x32, scale = #zq.pow2<anchor = row, max_shift = 11>>

func.func @not_folded(%x8: tensor<?x64xf8E4M3FN>, %s: tensor<?xf32>, %q: tensor<3x64x!e2m1>, %anchors: tensor<3xf32>, %shifts: tensor<3x2xi8>) -> tensor<?x3xbf16> {
  // expected-error @below {{its scales are not folded: run zq-fold-scales, whose remarks say why it leaves a layer}}
  %y = zq.quantized_linear %x8 scale(%s), %q scales(%anchors, %shifts)
    : tensor<?x64xf8E4M3FN>, tensor<?xf32>, tensor<3x64x!e2m1>, tensor<3xf32>, tensor<3x2xi8> -> tensor<?x3xbf16>
  return %y : tensor<?x3xbf16>
}

// -----

func.func @int8(%x8: tensor<?x64xi8>, %s: tensor<?xf32>, %w8: tensor<3x64xf8E4M3FN>, %anchors: tensor<3xf32>) -> tensor<?x3xbf16> {
  // expected-error @below {{its activations are INT8, which is refused on Hopper: wgmma multiplies FP8 by FP8 only; quantize them to e4m3 or e5m2, or run the layer on the CPU}}
  %y = zq.quantized_linear %x8 scale(%s), %w8 scales(%anchors)
    : tensor<?x64xi8>, tensor<?xf32>, tensor<3x64xf8E4M3FN>, tensor<3xf32> -> tensor<?x3xbf16>
  return %y : tensor<?x3xbf16>
}

// -----

!odd = !zq.quantized<f4E2M1FN : bf16, blocks = 1x48, scale = #zq.pow2<anchor = row, max_shift = 11>>

func.func @group(%x: tensor<?x64xbf16>) -> tensor<?x3xbf16> {
  %bytes = arith.constant dense<17> : tensor<3x32xi8>
  %shifts = arith.constant dense<0> : tensor<3x2xi8>
  %anchors = arith.constant dense<1.0> : tensor<3xf32>
  %x8, %s = zq.quantize_activation %x : tensor<?x64xbf16> -> tensor<?x64xf8E4M3FN>, tensor<?xf32>
  %q = zq.storage_cast %bytes : tensor<3x32xi8> -> tensor<3x64x!odd>
  %w8 = zq.shift_cast %q by %shifts {exponent = 6 : i64} : tensor<3x64x!odd>, tensor<3x2xi8> -> tensor<3x64xf8E4M3FN>
  // expected-error @below {{its groups have 48 elements, which is refused on Hopper: wanted a multiple of 32, or one group for a row}}
  %y = zq.quantized_linear %x8 scale(%s), %w8 scales(%anchors)
    : tensor<?x64xf8E4M3FN>, tensor<?xf32>, tensor<3x64xf8E4M3FN>, tensor<3xf32> -> tensor<?x3xbf16>
  return %y : tensor<?x3xbf16>
}

// -----

!e2m1 = !zq.quantized<f4E2M1FN : bf16, blocks = 1x32, scale = #zq.pow2<anchor = row, max_shift = 11>>

func.func @schedules(%x: tensor<?x64xbf16>) -> tensor<?x3xbf16> {
  %bytes = arith.constant dense<17> : tensor<3x32xi8>
  %shifts = arith.constant dense<0> : tensor<3x2xi8>
  %anchors = arith.constant dense<1.0> : tensor<3xf32>
  %x8, %s = zq.quantize_activation %x : tensor<?x64xbf16> -> tensor<?x64xf8E4M3FN>, tensor<?xf32>
  %q = zq.storage_cast %bytes : tensor<3x32xi8> -> tensor<3x64x!e2m1>
  %w8 = zq.shift_cast %q by %shifts {exponent = 6 : i64} : tensor<3x64x!e2m1>, tensor<3x2xi8> -> tensor<3x64xf8E4M3FN>
  // expected-error @below {{zqgpu.schedules wants to be an array of #zqgpu.choice}}
  %y = zq.quantized_linear %x8 scale(%s), %w8 scales(%anchors) {zqgpu.schedules = "fast"}
    : tensor<?x64xf8E4M3FN>, tensor<?xf32>, tensor<3x64xf8E4M3FN>, tensor<3xf32> -> tensor<?x3xbf16>
  return %y : tensor<?x3xbf16>
}

// -----

!w8 = !zq.quantized<f8E4M3FN : bf16, blocks = 1x64, scale = #zq.free>

func.func @eight_bits(%x8: tensor<?x64xf8E4M3FN>, %s: tensor<?xf32>, %q: tensor<3x64x!w8>, %scales: tensor<3x1xf32>) -> tensor<?x3xbf16> {
  // expected-error @below {{its weight is f8E4M3FN, which is refused on Hopper: kernels expand 4-bit codes; quantize it to e2m1 (weight-format), or run the layer on the CPU}}
  %y = zq.quantized_linear %x8 scale(%s), %q scales(%scales)
    : tensor<?x64xf8E4M3FN>, tensor<?xf32>, tensor<3x64x!w8>, tensor<3x1xf32> -> tensor<?x3xbf16>
  return %y : tensor<?x3xbf16>
}

// -----

func.func @float_weight(%x8: tensor<?x64xf8E4M3FN>, %s: tensor<?xf32>, %w: tensor<3x64xbf16>) -> tensor<?x3xbf16> {
  // expected-error @below {{its weight is bf16, which is refused on Hopper: kernels expand 4-bit codes; quantize it as well (weight-format), or run the layer on the CPU}}
  %y = zq.quantized_linear %x8 scale(%s), %w : tensor<?x64xf8E4M3FN>, tensor<?xf32>, tensor<3x64xbf16> -> tensor<?x3xbf16>
  return %y : tensor<?x3xbf16>
}
