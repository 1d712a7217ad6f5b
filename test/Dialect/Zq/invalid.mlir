// Each diagnostic cites its constraint of dialects/Zq/Specification.md.
// RUN: zq-opt %s --split-input-file --verify-diagnostics

// expected-error @below {{[quantized-c1] format is 'f8E3M4', want f4E2M1FN, !zq.e3m0, !zq.e1m2, i4, f8E4M3FN, f8E5M2 or i8}}
func.func private @format(tensor<8x64x!zq.quantized<f8E3M4 : f32, blocks = 1x64, scale = #zq.free>>)

// -----

// expected-error @below {{[quantized-c2] expressed type is 'f64', want f16, bf16 or f32}}
func.func private @expressed(tensor<8x64x!zq.quantized<f4E2M1FN : f64, blocks = 1x64, scale = #zq.free>>)

// -----

// expected-error @below {{[quantized-c3] blocks must be 1 x G}}
func.func private @blocks(tensor<8x64x!zq.quantized<f4E2M1FN : f32, blocks = 2x64, scale = #zq.free>>)

// -----

// expected-error @below {{[quantized-c4] scale is 3 : i64, want a scale constraint}}
func.func private @scale(tensor<8x64x!zq.quantized<f4E2M1FN : f32, blocks = 1x64, scale = 3>>)

// -----

// E2M1 times a power of two is in E4M3 for 15 shifts.
// expected-error @below {{[quantized-c5] max_shift is 15, but 'f4E2M1FN' is exact in f8E4M3FN only for shifts up to 14}}
func.func private @window(tensor<8x64x!zq.quantized<f4E2M1FN : f32, blocks = 1x64, scale = #zq.pow2<anchor = row, max_shift = 15>>>)

// -----

// Times 1.25 the smallest magnitude needs a finer place: 12 shifts.
// expected-error @below {{[quantized-c5] max_shift is 12, but 'f4E2M1FN' times 1, 1.25 and 1.5 is exact in f8E4M3FN only for shifts up to 11}}
func.func private @step_window(tensor<8x64x!zq.quantized<f4E2M1FN : f32, blocks = 1x64, scale = #zq.step<max_shift = 12>>>)

// -----

// expected-error @below {{[quantized-c6] scales of 'f8E4M3FN' are #zq.pow2<anchor = row, max_shift = 0>, want #zq.free: only 4-bit codes are cast to FP8}}
func.func private @constrained_8bit(tensor<8x64x!zq.quantized<f8E4M3FN : f32, blocks = 1x64, scale = #zq.pow2<anchor = row, max_shift = 0>>>)

// -----

// 7 times 1.25 has six significant bits.
// expected-error @below {{[quantized-c7] scale is #zq.step<max_shift = 3>, but 'i4' times 1.25 or 1.5 is not exact in f8E4M3FN: want f4E2M1FN or !zq.e3m0, or #zq.pow2<...>}}
func.func private @steps_of_int4(tensor<8x64x!zq.quantized<i4 : f32, blocks = 1x64, scale = #zq.step<max_shift = 3>>>)

// -----

// expected-error @below {{[scale-c1] max_shift is 32, want at most 31}}
func.func private @max_shift() attributes {a = #zq.pow2<anchor = row, max_shift = 32>}

// -----

// expected-error @below {{[scale-c2] max_shift is 16, want at most 15, what the four bits of a step hold}}
func.func private @step_max_shift() attributes {a = #zq.step<max_shift = 16>}

// -----

func.func @linear_weight(%x: tensor<4x32xf32>, %w: tensor<8x?xf32>) -> tensor<4x8xf32> {
  // expected-error @below {{[linear-c1] weight is 'tensor<8x?xf32>', want a static N x K}}
  %0 = zq.linear %x, %w : (tensor<4x32xf32>, tensor<8x?xf32>) -> tensor<4x8xf32>
  return %0 : tensor<4x8xf32>
}

// -----

func.func @linear_rank(%x: tensor<4x32xf32>, %w: tensor<8x32xf32>) -> tensor<1x4x8xf32> {
  // expected-error @below {{[linear-c2] input is 'tensor<4x32xf32>' and output 'tensor<1x4x8xf32>', want one rank}}
  %0 = zq.linear %x, %w : (tensor<4x32xf32>, tensor<8x32xf32>) -> tensor<1x4x8xf32>
  return %0 : tensor<1x4x8xf32>
}

// -----

func.func @linear_k(%x: tensor<4x31xf32>, %w: tensor<8x32xf32>) -> tensor<4x8xf32> {
  // expected-error @below {{[linear-c3] input has K = 31, weight has K = 32}}
  %0 = zq.linear %x, %w : (tensor<4x31xf32>, tensor<8x32xf32>) -> tensor<4x8xf32>
  return %0 : tensor<4x8xf32>
}

// -----

func.func @linear_n(%x: tensor<4x32xf32>, %w: tensor<8x32xf32>) -> tensor<4x9xf32> {
  // expected-error @below {{[linear-c4] output has N = 9, weight has N = 8}}
  %0 = zq.linear %x, %w : (tensor<4x32xf32>, tensor<8x32xf32>) -> tensor<4x9xf32>
  return %0 : tensor<4x9xf32>
}

// -----

func.func @linear_leading(%x: tensor<4x32xf32>, %w: tensor<8x32xf32>) -> tensor<5x8xf32> {
  // expected-error @below {{[linear-c5] dimension 0 is 4 in the input and 5 in the output}}
  %0 = zq.linear %x, %w : (tensor<4x32xf32>, tensor<8x32xf32>) -> tensor<5x8xf32>
  return %0 : tensor<5x8xf32>
}

// -----

func.func @linear_bias(%x: tensor<4x32xf32>, %w: tensor<8x32xf32>, %b: tensor<1x8xf32>) -> tensor<4x8xf32> {
  // expected-error @below {{[linear-c6] bias is 'tensor<1x8xf32>', want one dimension of N = 8}}
  %0 = zq.linear %x, %w bias(%b) : (tensor<4x32xf32>, tensor<8x32xf32>, tensor<1x8xf32>) -> tensor<4x8xf32>
  return %0 : tensor<4x8xf32>
}

// -----

func.func @weight_name() -> tensor<8x32xf32> {
  // expected-error @below {{[weight-c1] tensor and file must have names}}
  %0 = zq.weight "" from "model.safetensors" : tensor<8x32xf32>
  return %0 : tensor<8x32xf32>
}

// -----

func.func @weight_shape() -> tensor<?x32xf32> {
  // expected-error @below {{[weight-c2] result is 'tensor<?x32xf32>', want a static shape}}
  %0 = zq.weight "w" from "model.safetensors" : tensor<?x32xf32>
  return %0 : tensor<?x32xf32>
}

// -----

!q = !zq.quantized<f4E2M1FN : f32, blocks = 1x64, scale = #zq.free>
func.func @scale_count(%w: tensor<8x128xf32>) -> tensor<8x128x!q> {
  // expected-error @below {{[scales-c1] scale values are ('tensor<8x1xf32>'), but #zq.free wants ('tensor<8x2xf32>')}}
  %q, %s = zq.quantize_weight %w : tensor<8x128xf32> -> tensor<8x128x!q>, tensor<8x1xf32>
  return %q : tensor<8x128x!q>
}

// -----

!q = !zq.quantized<f4E2M1FN : f32, blocks = 1x64, scale = #zq.free>
func.func @shape(%w: tensor<8x128xf32>) -> tensor<8x64x!q> {
  // expected-error @below {{[quantize_weight-c2] weight is 'tensor<8x128xf32>', but the result is}}
  %q, %s = zq.quantize_weight %w : tensor<8x128xf32> -> tensor<8x64x!q>, tensor<8x1xf32>
  return %q : tensor<8x64x!q>
}

// -----

!q = !zq.quantized<f4E2M1FN : bf16, blocks = 1x64, scale = #zq.free>
func.func @expresses(%w: tensor<8x64xf32>) -> tensor<8x64x!q> {
  // expected-error @below {{[quantize_weight-c3] the result expresses 'bf16', but the weight is 'f32'}}
  %q, %s = zq.quantize_weight %w : tensor<8x64xf32> -> tensor<8x64x!q>, tensor<8x1xf32>
  return %q : tensor<8x64x!q>
}

// -----

!q = !zq.quantized<f4E2M1FN : f32, blocks = 1x64, scale = #zq.free>
func.func @clip(%w: tensor<8x64xf32>) -> tensor<8x64x!q> {
  // expected-error @below {{[quantize_weight-c4] clip is "best", want "absmax" or "search"}}
  %q, %s = zq.quantize_weight %w {clip = "best"} : tensor<8x64xf32> -> tensor<8x64x!q>, tensor<8x1xf32>
  return %q : tensor<8x64x!q>
}

// -----

!q = !zq.quantized<f4E2M1FN : f32, blocks = 1x64, scale = #zq.pow2<anchor = row, max_shift = 11>>
func.func @shift_missing(%w: tensor<8x64xf32>) -> tensor<8x64x!q> {
  // expected-error @below {{[quantize_weight-c5] shift is missing, but scales are constrained}}
  %q, %a, %s = zq.quantize_weight %w : tensor<8x64xf32> -> tensor<8x64x!q>, tensor<8xf32>, tensor<8x1xi8>
  return %q : tensor<8x64x!q>
}

// -----

!q = !zq.quantized<f4E2M1FN : f32, blocks = 1x64, scale = #zq.pow2<anchor = row, max_shift = 11>>
func.func @shift_name(%w: tensor<8x64xf32>) -> tensor<8x64x!q> {
  // expected-error @below {{[quantize_weight-c6] shift is "up", want ceil, floor, nearest or mse}}
  %q, %a, %s = zq.quantize_weight %w {shift = "up"} : tensor<8x64xf32> -> tensor<8x64x!q>, tensor<8xf32>, tensor<8x1xi8>
  return %q : tensor<8x64x!q>
}

// -----

!q = !zq.quantized<f4E2M1FN : f32, blocks = 1x64, scale = #zq.pow2<anchor = pow2, max_shift = 11>>
func.func @anchor_search(%w: tensor<8x64xf32>) -> tensor<8x64x!q> {
  // expected-error @below {{[quantize_weight-c7] anchor_search needs the constraint #zq.pow2<anchor = row, ...> or #zq.step<...>, not #zq.pow2<anchor = pow2, max_shift = 11>}}
  %q, %a, %s = zq.quantize_weight %w {shift = "mse", anchor_search} : tensor<8x64xf32> -> tensor<8x64x!q>, tensor<8xf32>, tensor<8x1xi8>
  return %q : tensor<8x64x!q>
}

// -----

!q = !zq.quantized<f4E2M1FN : f32, blocks = 1x64, scale = #zq.free>
func.func @rank(%w: tensor<8x64xf32>, %q: tensor<8x64x!q>, %s: tensor<8x1xf32>) -> tensor<9x64xf32> {
  // expected-error @below {{[low_rank-c3] rank is 9, want 1 to 8}}
  %d, %u = zq.low_rank_compensation %w, %q scales(%s) {rank = 9 : i64} : tensor<8x64xf32>, tensor<8x64x!q>, tensor<8x1xf32> -> tensor<9x64xf32>, tensor<8x9xf32>
  return %d : tensor<9x64xf32>
}

// -----

!q = !zq.quantized<f4E2M1FN : f32, blocks = 1x64, scale = #zq.free>
func.func @factors(%w: tensor<8x64xf32>, %q: tensor<8x64x!q>, %s: tensor<8x1xf32>) -> tensor<4x64xf32> {
  // expected-error @below {{[low_rank-c4] factors are 'tensor<4x64xf32>' and 'tensor<4x8xf32>', want 4 x 64 and 8 x 4}}
  %d, %u = zq.low_rank_compensation %w, %q scales(%s) {rank = 4 : i64} : tensor<8x64xf32>, tensor<8x64x!q>, tensor<8x1xf32> -> tensor<4x64xf32>, tensor<4x8xf32>
  return %d : tensor<4x64xf32>
}

// -----

!q = !zq.quantized<f4E2M1FN : f32, blocks = 1x64, scale = #zq.free>
func.func @storage(%b: tensor<8x64xi8>) -> tensor<8x65x!q> {
  // expected-error @below {{[storage_cast-c2] storage is 'tensor<8x64xi8>', want 8 x 33 (two codes to a byte)}}
  %q = zq.storage_cast %b : tensor<8x64xi8> -> tensor<8x65x!q>
  return %q : tensor<8x65x!q>
}

// -----

!q = !zq.quantized<i8 : f32, blocks = 1x64, scale = #zq.free>
func.func @storage_8bit(%b: tensor<8x32xi8>) -> tensor<8x64x!q> {
  // expected-error @below {{[storage_cast-c2] storage is 'tensor<8x32xi8>', want 8 x 64 (one code to a byte)}}
  %q = zq.storage_cast %b : tensor<8x32xi8> -> tensor<8x64x!q>
  return %q : tensor<8x64x!q>
}

// -----

!q = !zq.quantized<f4E2M1FN : f32, blocks = 1x64, scale = #zq.free>
func.func @dequantize(%q: tensor<8x64x!q>, %s: tensor<8x1xf32>) -> tensor<64x8xf32> {
  // expected-error @below {{[dequantize-c2] result is 'tensor<64x8xf32>', want the shape of}}
  %w = zq.dequantize %q scales(%s) : tensor<8x64x!q>, tensor<8x1xf32> -> tensor<64x8xf32>
  return %w : tensor<64x8xf32>
}

// -----

!q = !zq.quantized<f4E2M1FN : f32, blocks = 1x64, scale = #zq.free>
func.func @cast_free(%q: tensor<8x64x!q>, %s: tensor<8x1xi8>) -> tensor<8x64xf8E4M3FN> {
  // expected-error @below {{[shift_cast-c2] scales are #zq.free, want #zq.pow2<...> or #zq.step<...>: run zq-constrain-scales first}}
  %w = zq.shift_cast %q by %s {exponent = 6 : i64} : tensor<8x64x!q>, tensor<8x1xi8> -> tensor<8x64xf8E4M3FN>
  return %w : tensor<8x64xf8E4M3FN>
}

// -----

!q = !zq.quantized<f4E2M1FN : f32, blocks = 1x64, scale = #zq.pow2<anchor = row, max_shift = 11>>
func.func @cast_exponent(%q: tensor<8x64x!q>, %s: tensor<8x1xi8>) -> tensor<8x64xf8E4M3FN> {
  // expected-error @below {{[shift_cast-c5] exponent is 7, want 6 for 'f4E2M1FN' in 'f8E4M3FN'}}
  %w = zq.shift_cast %q by %s {exponent = 7 : i64} : tensor<8x64x!q>, tensor<8x1xi8> -> tensor<8x64xf8E4M3FN>
  return %w : tensor<8x64xf8E4M3FN>
}

// -----

func.func @activation_scale(%x: tensor<4x32xf32>) -> tensor<4x32xf8E4M3FN> {
  // expected-error @below {{[quantize_activation-c3] scale is 'tensor<4x1xf32>', want one for each token}}
  %q, %s = zq.quantize_activation %x : tensor<4x32xf32> -> tensor<4x32xf8E4M3FN>, tensor<4x1xf32>
  return %q : tensor<4x32xf8E4M3FN>
}

// -----

func.func @activation_format(%x: tensor<4x32xf32>) {
  // expected-error @below {{must be ranked tensor of f8E4M3FN, f8E5M2 or i8 values}}
  %q, %s = zq.quantize_activation %x : tensor<4x32xf32> -> tensor<4x32xf8E3M4>, tensor<4xf32>
  return
}

// -----

func.func @linear_scale(%x: tensor<4x32xf8E4M3FN>, %s: tensor<f32>, %w: tensor<8x32xf8E4M3FN>, %r: tensor<8xf32>) -> tensor<4x8xf32> {
  // expected-error @below {{[quantized_linear-c7] input scale is 'tensor<f32>', want one for each token}}
  %y = zq.quantized_linear %x scale(%s), %w scales(%r) : tensor<4x32xf8E4M3FN>, tensor<f32>, tensor<8x32xf8E4M3FN>, tensor<8xf32> -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}

// -----

!q = !zq.quantized<f4E2M1FN : f32, blocks = 1x64, scale = #zq.step<max_shift = 10>>
func.func @cast_step_exponent(%q: tensor<8x64x!q>, %s: tensor<8x1xi8>) -> tensor<8x64xf8E4M3FN> {
  // expected-error @below {{[shift_cast-c5] exponent is 6, want 5 for 'f4E2M1FN' in 'f8E4M3FN'}}
  %w = zq.shift_cast %q by %s {exponent = 6 : i64} : tensor<8x64x!q>, tensor<8x1xi8> -> tensor<8x64xf8E4M3FN>
  return %w : tensor<8x64xf8E4M3FN>
}

// -----

!q = !zq.quantized<f4E2M1FN : f32, blocks = 1x64, scale = #zq.step<max_shift = 10>>
func.func @cast_steps_to_e5m2(%q: tensor<8x64x!q>, %s: tensor<8x1xi8>) -> tensor<8x64xf8E5M2> {
  // expected-error @below {{[shift_cast-c6] result is 'f8E5M2', in which 'f4E2M1FN' times 1.25 or 1.5 is not exact: want f8E4M3FN}}
  %w = zq.shift_cast %q by %s {exponent = 13 : i64} : tensor<8x64x!q>, tensor<8x1xi8> -> tensor<8x64xf8E5M2>
  return %w : tensor<8x64xf8E5M2>
}

// -----

func.func @float_scales(%x: tensor<4x32xf8E4M3FN>, %s: tensor<4xf32>, %w: tensor<8x32xbf16>, %r: tensor<8xf32>) -> tensor<4x8xf32> {
  // expected-error @below {{[quantized_linear-c9] scales of a float weight are ('tensor<8xf32>'), want none}}
  %y = zq.quantized_linear %x scale(%s), %w scales(%r) : tensor<4x32xf8E4M3FN>, tensor<4xf32>, tensor<8x32xbf16>, tensor<8xf32> -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}

// -----

func.func @row_scales(%x: tensor<4x32xf8E4M3FN>, %s: tensor<4xf32>, %w: tensor<8x32xf8E4M3FN>, %r: tensor<8x1xf32>) -> tensor<4x8xf32> {
  // expected-error @below {{[quantized_linear-c8] scales of an 8-bit weight are ('tensor<8x1xf32>'), want ('tensor<8xf32>')}}
  %y = zq.quantized_linear %x scale(%s), %w scales(%r) : tensor<4x32xf8E4M3FN>, tensor<4xf32>, tensor<8x32xf8E4M3FN>, tensor<8x1xf32> -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}

// -----

func.func @observe_scalar(%x: tensor<f32>) {
  // expected-error @below {{[observe-c1] input is 'tensor<f32>', want at least one dimension}}
  zq.observe %x for ["up"] : tensor<f32>
  return
}

// -----

func.func @observe_none(%x: tensor<4xf32>) {
  // expected-error @below {{[observe-c2] is for no layer, want at least one}}
  zq.observe %x for [] : tensor<4xf32>
  return
}

// -----

func.func @observe_twice(%x: tensor<4xf32>) {
  // expected-error @below {{[observe-c2] layer 'up' is named twice}}
  zq.observe %x for ["up", "up"] : tensor<4xf32>
  return
}

// -----

func.func @quantized_linear_residual(%x: tensor<4x32xf8E4M3FN>, %s: tensor<4xf32>, %w: tensor<8x32xf8E4M3FN>, %r: tensor<8xf32>, %h: tensor<4x8xbf16>) {
  // expected-error @below {{[quantized_linear-c10] residual is 'tensor<4x8xbf16>', want the output's type 'tensor<4x8xf32>'}}
  %y = zq.quantized_linear %x scale(%s), %w scales(%r) residual(%h) : tensor<4x32xf8E4M3FN>, tensor<4xf32>, tensor<8x32xf8E4M3FN>, tensor<8xf32> residual tensor<4x8xbf16> -> tensor<4x8xf32>
  return
}
