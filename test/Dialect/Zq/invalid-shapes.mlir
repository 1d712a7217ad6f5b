// Shapes that do not fit: each diagnostic cites its constraint of
// dialects/Zq/Specification.md. The rest is in invalid.mlir.
// RUN: zq-opt %s --split-input-file --verify-diagnostics

!q = !zq.quantized<f4E2M1FN : f32, blocks = 1x64, scale = #zq.free>
func.func @f(%w: tensor<1x8x64xf32>) {
  // expected-error @below {{[quantize_weight-c1] weight is 'tensor<1x8x64xf32>', want a static N x K}}
  %q, %s = zq.quantize_weight %w : tensor<1x8x64xf32> -> tensor<8x64x!q>, tensor<8x1xf32>
  return
}

// -----

!q = !zq.quantized<f4E2M1FN : f32, blocks = 1x64, scale = #zq.free>
func.func @f(%w: tensor<8x?xf32>, %q: tensor<8x64x!q>, %s: tensor<8x1xf32>) {
  // expected-error @below {{[low_rank-c1] weight is 'tensor<8x?xf32>', want a static N x K}}
  %d, %u = zq.low_rank_compensation %w, %q scales(%s) {rank = 1} : tensor<8x?xf32>, tensor<8x64x!q>, tensor<8x1xf32> -> tensor<1x64xf32>, tensor<8x1xf32>
  return
}

// -----

!q = !zq.quantized<f4E2M1FN : f32, blocks = 1x64, scale = #zq.free>
func.func @f(%w: tensor<8x64xf32>, %q: tensor<8x128x!q>, %s: tensor<8x2xf32>) {
  // expected-error @below {{[low_rank-c2] weight is 'tensor<8x64xf32>', but its quantized form is}}
  %d, %u = zq.low_rank_compensation %w, %q scales(%s) {rank = 1} : tensor<8x64xf32>, tensor<8x128x!q>, tensor<8x2xf32> -> tensor<1x64xf32>, tensor<8x1xf32>
  return
}

// -----

!q = !zq.quantized<f4E2M1FN : f32, blocks = 1x64, scale = #zq.free>
func.func @f(%b: tensor<8xi8>) {
  // expected-error @below {{[storage_cast-c1] weight is 'tensor<8x!zq.quantized}}
  %q = zq.storage_cast %b : tensor<8xi8> -> tensor<8x!q>
  return
}

// -----

!q = !zq.quantized<f4E2M1FN : f32, blocks = 1x64, scale = #zq.free>
func.func @f(%q: tensor<0x64x!q>, %s: tensor<0x1xf32>) {
  // expected-error @below {{[dequantize-c1] weight is 'tensor<0x64x!zq.quantized}}
  %w = zq.dequantize %q scales(%s) : tensor<0x64x!q>, tensor<0x1xf32> -> tensor<0x64xf32>
  return
}

// -----

!q = !zq.quantized<f4E2M1FN : f32, blocks = 1x64, scale = #zq.pow2<anchor = row, max_shift = 11>>
func.func @f(%q: tensor<8x?x!q>, %s: tensor<8x1xi8>) {
  // expected-error @below {{[shift_cast-c1] weight is 'tensor<8x?x!zq.quantized}}
  %w = zq.shift_cast %q by %s {exponent = 6 : i64} : tensor<8x?x!q>, tensor<8x1xi8> -> tensor<8x64xf8E4M3FN>
  return
}

// -----

!q = !zq.quantized<f4E2M1FN : f32, blocks = 1x64, scale = #zq.pow2<anchor = row, max_shift = 11>>
func.func @f(%q: tensor<8x64x!q>, %s: tensor<8x2xi8>) {
  // expected-error @below {{[shift_cast-c3] shifts are 'tensor<8x2xi8>', want 'tensor<8x1xi8>'}}
  %w = zq.shift_cast %q by %s {exponent = 6 : i64} : tensor<8x64x!q>, tensor<8x2xi8> -> tensor<8x64xf8E4M3FN>
  return
}

// -----

!q = !zq.quantized<f4E2M1FN : f32, blocks = 1x64, scale = #zq.pow2<anchor = row, max_shift = 11>>
func.func @f(%q: tensor<8x64x!q>, %s: tensor<8x1xi8>) {
  // expected-error @below {{[shift_cast-c4] result is 'tensor<8x32xf8E4M3FN>', want the shape of}}
  %w = zq.shift_cast %q by %s {exponent = 6 : i64} : tensor<8x64x!q>, tensor<8x1xi8> -> tensor<8x32xf8E4M3FN>
  return
}

// -----

func.func @f(%x: tensor<f32>) {
  // expected-error @below {{[quantize_activation-c1] input is 'tensor<f32>', want a rank of at least 1}}
  %q, %s = zq.quantize_activation %x : tensor<f32> -> tensor<f8E4M3FN>, tensor<f32>
  return
}

// -----

func.func @f(%x: tensor<4x64xf32>) {
  // expected-error @below {{[quantize_activation-c2] quantized is 'tensor<4x32xf8E4M3FN>', want the shape of 'tensor<4x64xf32>'}}
  %q, %s = zq.quantize_activation %x : tensor<4x64xf32> -> tensor<4x32xf8E4M3FN>, tensor<4xf32>
  return
}

// -----

func.func @f(%x: tensor<4x64xf8E4M3FN>, %sx: tensor<4xf32>, %w: tensor<8x64x1xf8E4M3FN>, %s: tensor<8xf32>, %b: tensor<8xf32>) {
  // expected-error @below {{[quantized_linear-c1] weight is 'tensor<8x64x1xf8E4M3FN>', want a static N x K}}
  %y = zq.quantized_linear %x scale(%sx), %w scales(%s) bias(%b) : tensor<4x64xf8E4M3FN>, tensor<4xf32>, tensor<8x64x1xf8E4M3FN>, tensor<8xf32> bias tensor<8xf32> -> tensor<4x8xf32>
  return
}

// -----

func.func @f(%x: tensor<4x64xf8E4M3FN>, %sx: tensor<4xf32>, %w: tensor<8x64xf8E4M3FN>, %s: tensor<8xf32>, %b: tensor<8xf32>) {
  // expected-error @below {{[quantized_linear-c2] input is 'tensor<4x64xf8E4M3FN>' and output 'tensor<4x1x8xf32>', want one rank}}
  %y = zq.quantized_linear %x scale(%sx), %w scales(%s) bias(%b) : tensor<4x64xf8E4M3FN>, tensor<4xf32>, tensor<8x64xf8E4M3FN>, tensor<8xf32> bias tensor<8xf32> -> tensor<4x1x8xf32>
  return
}

// -----

func.func @f(%x: tensor<4x32xf8E4M3FN>, %sx: tensor<4xf32>, %w: tensor<8x64xf8E4M3FN>, %s: tensor<8xf32>, %b: tensor<8xf32>) {
  // expected-error @below {{[quantized_linear-c3] input has K = 32, weight has K = 64}}
  %y = zq.quantized_linear %x scale(%sx), %w scales(%s) bias(%b) : tensor<4x32xf8E4M3FN>, tensor<4xf32>, tensor<8x64xf8E4M3FN>, tensor<8xf32> bias tensor<8xf32> -> tensor<4x8xf32>
  return
}

// -----

func.func @f(%x: tensor<4x64xf8E4M3FN>, %sx: tensor<4xf32>, %w: tensor<8x64xf8E4M3FN>, %s: tensor<8xf32>, %b: tensor<8xf32>) {
  // expected-error @below {{[quantized_linear-c4] output has N = 9, weight has N = 8}}
  %y = zq.quantized_linear %x scale(%sx), %w scales(%s) bias(%b) : tensor<4x64xf8E4M3FN>, tensor<4xf32>, tensor<8x64xf8E4M3FN>, tensor<8xf32> bias tensor<8xf32> -> tensor<4x9xf32>
  return
}

// -----

func.func @f(%x: tensor<4x64xf8E4M3FN>, %sx: tensor<4xf32>, %w: tensor<8x64xf8E4M3FN>, %s: tensor<8xf32>, %b: tensor<8xf32>) {
  // expected-error @below {{[quantized_linear-c5] dimension 0 is 4 in the input and 5 in the output}}
  %y = zq.quantized_linear %x scale(%sx), %w scales(%s) bias(%b) : tensor<4x64xf8E4M3FN>, tensor<4xf32>, tensor<8x64xf8E4M3FN>, tensor<8xf32> bias tensor<8xf32> -> tensor<5x8xf32>
  return
}

// -----

func.func @f(%x: tensor<4x64xf8E4M3FN>, %sx: tensor<4xf32>, %w: tensor<8x64xf8E4M3FN>, %s: tensor<8xf32>, %b: tensor<7xf32>) {
  // expected-error @below {{[quantized_linear-c6] bias is 'tensor<7xf32>', want one dimension of N = 8}}
  %y = zq.quantized_linear %x scale(%sx), %w scales(%s) bias(%b) : tensor<4x64xf8E4M3FN>, tensor<4xf32>, tensor<8x64xf8E4M3FN>, tensor<8xf32> bias tensor<7xf32> -> tensor<4x8xf32>
  return
}
