// Every op and type prints as it is written, and parses back.
// RUN: zq-opt %s | FileCheck %s
// RUN: zq-opt %s | zq-opt | FileCheck %s
// RUN: zq-opt %s --mlir-print-op-generic | zq-opt | FileCheck %s

!free = !zq.quantized<f4E2M1FN : f32, blocks = 1x128, scale = #zq.free>
!m1 = !zq.quantized<!zq.e3m0 : bf16, blocks = 1x64, scale = #zq.pow2<anchor = pow2, max_shift = 3>>
!m2 = !zq.quantized<f4E2M1FN : bf16, blocks = 1x128, scale = #zq.pow2<anchor = row, max_shift = 11>>

!m3 = !zq.quantized<f4E2M1FN : bf16, blocks = 1x128, scale = #zq.step<max_shift = 10>>
!w8 = !zq.quantized<f8E4M3FN : bf16, blocks = 1x256, scale = #zq.free>

// CHECK-LABEL: func.func private @types
// CHECK-SAME: tensor<8x200x!zq.quantized<f4E2M1FN : f32, blocks = 1x128, scale = #zq.free>>
// CHECK-SAME: tensor<8x64x!zq.quantized<!zq.e3m0 : bf16, blocks = 1x64, scale = #zq.pow2<anchor = pow2, max_shift = 3>>>
// CHECK-SAME: tensor<8x64x!zq.quantized<!zq.e1m2 : f16, blocks = 1x32, scale = #zq.free>>
// CHECK-SAME: tensor<8x64x!zq.quantized<i4 : f16, blocks = 1x64, scale = #zq.free>>
// CHECK-SAME: tensor<8x64x!zq.quantized<f4E2M1FN : bf16, blocks = 1x128, scale = #zq.step<max_shift = 10>>>
// CHECK-SAME: tensor<8x64x!zq.quantized<!zq.e3m0 : bf16, blocks = 1x64, scale = #zq.step<max_shift = 9>>>
// CHECK-SAME: tensor<8x64x!zq.quantized<f8E4M3FN : bf16, blocks = 1x256, scale = #zq.free>>
// CHECK-SAME: tensor<8x64x!zq.quantized<f8E5M2 : f32, blocks = 1x64, scale = #zq.free>>
// CHECK-SAME: tensor<8x64x!zq.quantized<i8 : f32, blocks = 1x64, scale = #zq.free>>
func.func private @types(tensor<8x200x!free>, tensor<8x64x!m1>,
    tensor<8x64x!zq.quantized<!zq.e1m2 : f16, blocks = 1x32, scale = #zq.free>>,
    tensor<8x64x!zq.quantized<i4 : f16, blocks = 1x64, scale = #zq.free>>,
    tensor<8x64x!m3>,
    tensor<8x64x!zq.quantized<!zq.e3m0 : bf16, blocks = 1x64, scale = #zq.step<max_shift = 9>>>,
    tensor<8x64x!w8>,
    tensor<8x64x!zq.quantized<f8E5M2 : f32, blocks = 1x64, scale = #zq.free>>,
    tensor<8x64x!zq.quantized<i8 : f32, blocks = 1x64, scale = #zq.free>>)

// CHECK-LABEL: func @linear
func.func @linear(%x: tensor<?x16x256xbf16>, %b: tensor<96xbf16>) -> tensor<?x16x96xbf16> {
  // CHECK: %[[W:.*]] = zq.weight "mlp.up_proj.weight" from "model.safetensors" : tensor<96x256xbf16>
  %w = zq.weight "mlp.up_proj.weight" from "model.safetensors" : tensor<96x256xbf16>
  // CHECK: zq.linear %{{.*}}, %[[W]] {name = "mlp.up_proj"} : (tensor<?x16x256xbf16>, tensor<96x256xbf16>) -> tensor<?x16x96xbf16>
  %0 = zq.linear %x, %w {name = "mlp.up_proj"} : (tensor<?x16x256xbf16>, tensor<96x256xbf16>) -> tensor<?x16x96xbf16>
  // CHECK: zq.linear %{{.*}}, %[[W]] bias(%{{.*}}) : (tensor<?x16x256xbf16>, tensor<96x256xbf16>, tensor<96xbf16>)
  %1 = zq.linear %x, %w bias(%b) : (tensor<?x16x256xbf16>, tensor<96x256xbf16>, tensor<96xbf16>) -> tensor<?x16x96xbf16>
  %2 = arith.addf %0, %1 : tensor<?x16x96xbf16>
  return %2 : tensor<?x16x96xbf16>
}

// CHECK-LABEL: func @decide
func.func @decide(%w: tensor<96x256xbf16>) -> (tensor<8x256xbf16>, tensor<96x8xbf16>) {
  // CHECK: zq.quantize_weight %{{.*}} {anchor_search, clip = "search", shift = "mse"} : tensor<96x256xbf16> -> tensor<96x256x!zq.quantized<{{.*}}>>, tensor<96xf32>, tensor<96x2xi8>
  %q, %a, %s = zq.quantize_weight %w {clip = "search", shift = "mse", anchor_search} : tensor<96x256xbf16> -> tensor<96x256x!m2>, tensor<96xf32>, tensor<96x2xi8>
  // CHECK: zq.low_rank_compensation %{{.*}}, %{{.*}} scales(%{{.*}}, %{{.*}}) {rank = 8 : i64}
  %down, %up = zq.low_rank_compensation %w, %q scales(%a, %s) {rank = 8 : i64} : tensor<96x256xbf16>, tensor<96x256x!m2>, tensor<96xf32>, tensor<96x2xi8> -> tensor<8x256xbf16>, tensor<96x8xbf16>
  return %down, %up : tensor<8x256xbf16>, tensor<96x8xbf16>
}

// CHECK-LABEL: func @values
func.func @values(%bytes: tensor<96x128xi8>, %a: tensor<96xf32>, %s: tensor<96x2xi8>, %x: tensor<?x256xf16>, %b: tensor<96xf16>) -> tensor<?x96xf16> {
  // CHECK: %[[Q:.*]] = zq.storage_cast %{{.*}} : tensor<96x128xi8> -> tensor<96x256x!zq.quantized<
  %q = zq.storage_cast %bytes : tensor<96x128xi8> -> tensor<96x256x!m2>
  // CHECK: zq.dequantize %[[Q]] scales(%{{.*}}, %{{.*}}) : {{.*}} -> tensor<96x256xf32>
  %w = zq.dequantize %q scales(%a, %s) : tensor<96x256x!m2>, tensor<96xf32>, tensor<96x2xi8> -> tensor<96x256xf32>
  // CHECK: zq.shift_cast %[[Q]] by %{{.*}} {exponent = 6 : i64} : {{.*}} -> tensor<96x256xf8E4M3FN>
  %w8 = zq.shift_cast %q by %s {exponent = 6 : i64} : tensor<96x256x!m2>, tensor<96x2xi8> -> tensor<96x256xf8E4M3FN>
  // CHECK: zq.quantize_activation %{{.*}} : tensor<?x256xf16> -> tensor<?x256xf8E5M2>, tensor<?xf32>
  %x8, %sx = zq.quantize_activation %x : tensor<?x256xf16> -> tensor<?x256xf8E5M2>, tensor<?xf32>
  // CHECK: zq.quantized_linear %{{.*}} scale(%{{.*}}), %{{.*}} scales(%{{.*}}) bias(%{{.*}}) {name = "up"}
  %y = zq.quantized_linear %x8 scale(%sx), %w8 scales(%a) bias(%b) {name = "up"} : tensor<?x256xf8E5M2>, tensor<?xf32>, tensor<96x256xf8E4M3FN>, tensor<96xf32> bias tensor<96xf16> -> tensor<?x96xf16>
  // CHECK: zq.quantized_linear %{{.*}} scale(%{{.*}}), %[[Q]] scales(%{{.*}}, %{{.*}}) :
  %z = zq.quantized_linear %x8 scale(%sx), %q scales(%a, %s) : tensor<?x256xf8E5M2>, tensor<?xf32>, tensor<96x256x!m2>, tensor<96xf32>, tensor<96x2xi8> -> tensor<?x96xf16>
  // CHECK: zq.quantized_linear %{{.*}} bias(%{{.*}}) residual(%{{.*}}) : tensor<?x256xf8E5M2>, {{.*}} bias tensor<96xf16> residual tensor<?x96xf16> -> tensor<?x96xf16>
  %r = zq.quantized_linear %x8 scale(%sx), %w8 scales(%a) bias(%b) residual(%y) : tensor<?x256xf8E5M2>, tensor<?xf32>, tensor<96x256xf8E4M3FN>, tensor<96xf32> bias tensor<96xf16> residual tensor<?x96xf16> -> tensor<?x96xf16>
  %v = arith.addf %r, %z : tensor<?x96xf16>
  return %v : tensor<?x96xf16>
}

// CHECK-LABEL: func @steps
func.func @steps(%w: tensor<96x256xbf16>, %x8: tensor<?x256xf8E4M3FN>, %sx: tensor<?xf32>) -> (tensor<96x256xf8E4M3FN>, tensor<?x96xbf16>) {
  // CHECK: zq.quantize_weight %{{.*}} {anchor_search, shift = "mse"} : tensor<96x256xbf16> -> tensor<96x256x!zq.quantized<{{.*}}#zq.step<max_shift = 10>>>, tensor<96xf32>, tensor<96x2xi8>
  %q, %a, %s = zq.quantize_weight %w {shift = "mse", anchor_search} : tensor<96x256xbf16> -> tensor<96x256x!m3>, tensor<96xf32>, tensor<96x2xi8>
  // CHECK: zq.shift_cast %{{.*}} by %{{.*}} {exponent = 5 : i64} : {{.*}} -> tensor<96x256xf8E4M3FN>
  %w8 = zq.shift_cast %q by %s {exponent = 5 : i64} : tensor<96x256x!m3>, tensor<96x2xi8> -> tensor<96x256xf8E4M3FN>
  // CHECK: zq.quantized_linear %{{.*}} scale(%{{.*}}), %{{.*}} scales(%{{.*}}, %{{.*}}) :
  %y = zq.quantized_linear %x8 scale(%sx), %q scales(%a, %s) : tensor<?x256xf8E4M3FN>, tensor<?xf32>, tensor<96x256x!m3>, tensor<96xf32>, tensor<96x2xi8> -> tensor<?x96xbf16>
  return %w8, %y : tensor<96x256xf8E4M3FN>, tensor<?x96xbf16>
}

// Storage of 8-bit codes is N x K; a float weight has no scales.
// CHECK-LABEL: func @eight_bits
func.func @eight_bits(%bytes: tensor<96x256xi8>, %s: tensor<96x1xf32>, %x8: tensor<?x256xi8>, %sx: tensor<?xf32>, %w: tensor<96x256xbf16>, %b: tensor<96xbf16>) -> (tensor<?x96xbf16>, tensor<?x96xbf16>, tensor<?x96xbf16>) {
  // CHECK: zq.storage_cast %{{.*}} : tensor<96x256xi8> -> tensor<96x256x!zq.quantized<f8E4M3FN : bf16, blocks = 1x256, scale = #zq.free>>
  %q = zq.storage_cast %bytes : tensor<96x256xi8> -> tensor<96x256x!w8>
  %0 = zq.quantized_linear %x8 scale(%sx), %q scales(%s) : tensor<?x256xi8>, tensor<?xf32>, tensor<96x256x!w8>, tensor<96x1xf32> -> tensor<?x96xbf16>
  // CHECK: zq.quantized_linear %{{.*}} scale(%{{.*}}), %{{[^ ]*}} : tensor<?x256xi8>, tensor<?xf32>, tensor<96x256xbf16> -> tensor<?x96xbf16>
  %1 = zq.quantized_linear %x8 scale(%sx), %w : tensor<?x256xi8>, tensor<?xf32>, tensor<96x256xbf16> -> tensor<?x96xbf16>
  // CHECK: zq.quantized_linear %{{.*}} scale(%{{.*}}), %{{.*}} bias(%{{.*}}) {name = "up"} : tensor<?x256xi8>, tensor<?xf32>, tensor<96x256xbf16> bias tensor<96xbf16> -> tensor<?x96xbf16>
  %2 = zq.quantized_linear %x8 scale(%sx), %w bias(%b) {name = "up"} : tensor<?x256xi8>, tensor<?xf32>, tensor<96x256xbf16> bias tensor<96xbf16> -> tensor<?x96xbf16>
  return %0, %1, %2 : tensor<?x96xbf16>, tensor<?x96xbf16>, tensor<?x96xbf16>
}
