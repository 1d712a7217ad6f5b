// RUN: zq-opt %s --zq-quantize-linear --split-input-file | FileCheck %s

// DOC-EXAMPLE: zq-quantize-linear
// CHECK-LABEL: func @two_dimensions
// CHECK-SAME:    %[[X:.*]]: tensor<?x256xbf16>
func.func @two_dimensions(%x: tensor<?x256xbf16>) -> tensor<?x48xbf16> {
  // CHECK: %[[W:.*]] = arith.constant
  %w = arith.constant dense<0.5> : tensor<48x256xbf16>
  // CHECK: %[[Q:.*]], %[[S:.*]] = zq.quantize_weight %[[W]] {name = "up_proj"}
  // CHECK-SAME: : tensor<48x256xbf16> -> tensor<48x256x!zq.quantized<f4E2M1FN : bf16, blocks = 1x128, scale = #zq.free>>, tensor<48x2xf32>
  // CHECK: %[[X8:.*]], %[[SX:.*]] = zq.quantize_activation %[[X]] : tensor<?x256xbf16> -> tensor<?x256xf8E4M3FN>, tensor<?xf32>
  // CHECK: %[[Y:.*]] = zq.quantized_linear %[[X8]] scale(%[[SX]]), %[[Q]] scales(%[[S]]) {name = "up_proj"}
  // CHECK-NOT: zq.linear
  // CHECK: return %[[Y]]
  %y = zq.linear %x, %w {name = "up_proj"} : (tensor<?x256xbf16>, tensor<48x256xbf16>) -> tensor<?x48xbf16>
  return %y : tensor<?x48xbf16>
}

// -----

// A bias stays in float, outer dimensions of the input become those of the
// scales, and the attributes of other tools stay on the layer.
// CHECK-LABEL: func @three_dimensions_and_bias
func.func @three_dimensions_and_bias(%x: tensor<2x?x128xf32>, %b: tensor<4xf32>) -> tensor<2x?x4xf32> {
  %w = arith.constant dense<0.5> : tensor<4x128xf32>
  // CHECK: zq.quantize_activation {{.*}} -> tensor<2x?x128xf8E4M3FN>, tensor<2x?xf32>
  // CHECK: zq.quantized_linear {{.*}} bias(%{{.*}}) {other.tool = 1 : i64} :
  // CHECK-SAME: -> tensor<2x?x4xf32>
  %y = zq.linear %x, %w bias(%b) {other.tool = 1} : (tensor<2x?x128xf32>, tensor<4x128xf32>, tensor<4xf32>) -> tensor<2x?x4xf32>
  return %y : tensor<2x?x4xf32>
}

// -----

// A single token without outer dimensions has one scale.
// CHECK-LABEL: func @one_token
func.func @one_token(%x: tensor<128xf32>) -> tensor<4xf32> {
  %w = arith.constant dense<0.5> : tensor<4x128xf32>
  // CHECK: zq.quantize_activation {{.*}} -> tensor<128xf8E4M3FN>, tensor<f32>
  %y = zq.linear %x, %w : (tensor<128xf32>, tensor<4x128xf32>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}
