// RUN: zq-opt --zq-to-linalg --split-input-file %s | FileCheck %s

// A layer, its low-rank compensation and its residual are summed in FP32 and rounded
// once; what comes between the factors is rounded, as that of any linear.
// CHECK-LABEL: func.func @bf16(
// CHECK-SAME:    %[[H:[a-z0-9]*]]: tensor<2x4xbf16>)
// CHECK:         arith.truncf {{.*}} : f32 to bf16
// CHECK:         } -> tensor<2x1xbf16>
// CHECK-NOT:     arith.truncf
// CHECK:         %[[S:.*]] = arith.addf %{{.*}}, %{{.*}} : tensor<2x4xf32>
// CHECK-NEXT:    %[[R:.*]] = arith.extf %[[H]] : tensor<2x4xbf16> to tensor<2x4xf32>
// CHECK-NEXT:    %[[W:.*]] = arith.addf %[[S]], %[[R]] : tensor<2x4xf32>
// CHECK-NEXT:    %[[Z:.*]] = arith.truncf %[[W]] : tensor<2x4xf32> to tensor<2x4xbf16>
// CHECK-NEXT:    return %[[Z]]
func.func @bf16(%x: tensor<2x8xbf16>, %w: tensor<4x8xi8>, %s: tensor<4xf32>, %down: tensor<1x8xbf16>, %up: tensor<4x1xbf16>, %h: tensor<2x4xbf16>) -> tensor<2x4xbf16> {
  %x8, %sx = zq.quantize_activation %x : tensor<2x8xbf16> -> tensor<2x8xi8>, tensor<2xf32>
  %y = zq.quantized_linear %x8 scale(%sx), %w scales(%s) residual(%h) : tensor<2x8xi8>, tensor<2xf32>, tensor<4x8xi8>, tensor<4xf32> residual tensor<2x4xbf16> -> tensor<2x4xbf16>
  %t = zq.linear %x, %down : (tensor<2x8xbf16>, tensor<1x8xbf16>) -> tensor<2x1xbf16>
  %c = zq.linear %t, %up : (tensor<2x1xbf16>, tensor<4x1xbf16>) -> tensor<2x4xbf16>
  %z = arith.addf %c, %y : tensor<2x4xbf16>
  return %z : tensor<2x4xbf16>
}

// -----

// In FP32 there is nothing to round: the residual is in the epilogue.
// CHECK-LABEL: func.func @f32(
// CHECK-SAME:    %[[H:[a-z0-9]*]]: tensor<2x4xf32>)
// CHECK:         linalg.generic {{.*}} ins({{.*}}, %[[H]] :
// CHECK:         %[[Z:.*]] = arith.addf %{{.*}}, %{{.*}} : tensor<2x4xf32>
// CHECK-NEXT:    return %[[Z]]
func.func @f32(%x: tensor<2x8xf32>, %w: tensor<4x8xi8>, %s: tensor<4xf32>, %down: tensor<1x8xf32>, %up: tensor<4x1xf32>, %h: tensor<2x4xf32>) -> tensor<2x4xf32> {
  %x8, %sx = zq.quantize_activation %x : tensor<2x8xf32> -> tensor<2x8xi8>, tensor<2xf32>
  %y = zq.quantized_linear %x8 scale(%sx), %w scales(%s) residual(%h) : tensor<2x8xi8>, tensor<2xf32>, tensor<4x8xi8>, tensor<4xf32> residual tensor<2x4xf32> -> tensor<2x4xf32>
  %t = zq.linear %x, %down : (tensor<2x8xf32>, tensor<1x8xf32>) -> tensor<2x1xf32>
  %c = zq.linear %t, %up : (tensor<2x1xf32>, tensor<4x1xf32>) -> tensor<2x4xf32>
  %z = arith.addf %y, %c : tensor<2x4xf32>
  return %z : tensor<2x4xf32>
}
