// RUN: zq-opt %s --zq-fuse-residual --split-input-file | FileCheck %s

// DOC-EXAMPLE: zq-fuse-residual
// The add of an attention block, as front ends write it.
// CHECK-LABEL: func @o_proj
// CHECK-SAME:    %[[X8:.*]]: tensor<?x16x8xf8E4M3FN>, %[[SX:.*]]: tensor<?x16xf32>, %[[W:.*]]: tensor<4x8xf8E4M3FN>, %[[S:.*]]: tensor<4xf32>, %[[H:.*]]: tensor<?x16x4xbf16>, %[[INIT:.*]]: tensor<?x16x4xbf16>)
#map = affine_map<(b, t, n) -> (b, t, n)>
func.func @o_proj(%x8: tensor<?x16x8xf8E4M3FN>, %sx: tensor<?x16xf32>, %w: tensor<4x8xf8E4M3FN>, %s: tensor<4xf32>, %h: tensor<?x16x4xbf16>, %init: tensor<?x16x4xbf16>) -> tensor<?x16x4xbf16> {
  // CHECK-NEXT: %[[Y:.*]] = zq.quantized_linear %[[X8]] scale(%[[SX]]), %[[W]] scales(%[[S]]) residual(%[[H]]) {name = "o_proj"}
  // CHECK-SAME: residual tensor<?x16x4xbf16> -> tensor<?x16x4xbf16>
  // CHECK-NEXT: return %[[Y]]
  %y = zq.quantized_linear %x8 scale(%sx), %w scales(%s) {name = "o_proj"}
    : tensor<?x16x8xf8E4M3FN>, tensor<?x16xf32>, tensor<4x8xf8E4M3FN>, tensor<4xf32> -> tensor<?x16x4xbf16>
  %z = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%h, %y : tensor<?x16x4xbf16>, tensor<?x16x4xbf16>) outs(%init : tensor<?x16x4xbf16>) {
  ^bb0(%a: bf16, %b: bf16, %o: bf16):
    %sum = arith.addf %a, %b : bf16
    linalg.yield %sum : bf16
  } -> tensor<?x16x4xbf16>
  return %z : tensor<?x16x4xbf16>
}

// -----

// Other ways to write it: arith on tensors, the named op, an add in place.
// CHECK-LABEL: func @spellings
// CHECK-SAME:    %[[H:[a-z0-9]*]]: tensor<2x4xf32>)
// CHECK: %[[A:.*]] = zq.quantized_linear {{.*}} residual(%[[H]]) {name = "arith"}
// CHECK: %[[B:.*]] = zq.quantized_linear {{.*}} residual(%[[H]]) {name = "named"}
// CHECK: %[[C:.*]] = zq.quantized_linear {{.*}} residual(%[[H]]) {name = "in_place"}
// CHECK-NOT: linalg
// CHECK: return %[[A]], %[[B]], %[[C]]
#map = affine_map<(m, n) -> (m, n)>
func.func @spellings(%x8: tensor<2x8xi8>, %sx: tensor<2xf32>, %w: tensor<4x8xi8>, %s: tensor<4xf32>, %h: tensor<2x4xf32>) -> (tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>) {
  %y0 = zq.quantized_linear %x8 scale(%sx), %w scales(%s) {name = "arith"} : tensor<2x8xi8>, tensor<2xf32>, tensor<4x8xi8>, tensor<4xf32> -> tensor<2x4xf32>
  %z0 = arith.addf %y0, %h : tensor<2x4xf32>
  %y1 = zq.quantized_linear %x8 scale(%sx), %w scales(%s) {name = "named"} : tensor<2x8xi8>, tensor<2xf32>, tensor<4x8xi8>, tensor<4xf32> -> tensor<2x4xf32>
  %empty = tensor.empty() : tensor<2x4xf32>
  %z1 = linalg.add ins(%h, %y1 : tensor<2x4xf32>, tensor<2x4xf32>) outs(%empty : tensor<2x4xf32>) -> tensor<2x4xf32>
  %y2 = zq.quantized_linear %x8 scale(%sx), %w scales(%s) {name = "in_place"} : tensor<2x8xi8>, tensor<2xf32>, tensor<4x8xi8>, tensor<4xf32> -> tensor<2x4xf32>
  %z2 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel"]}
      ins(%h : tensor<2x4xf32>) outs(%y2 : tensor<2x4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %sum = arith.addf %o, %a : f32
    linalg.yield %sum : f32
  } -> tensor<2x4xf32>
  return %z0, %z1, %z2 : tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>
}

// -----

// With a low-rank compensation: what is left is the layer and that. The residual comes
// last here, so the layer moves down to it.
// CHECK-LABEL: func @lorc
// CHECK: %[[T:.*]] = zq.linear
// CHECK: %[[C:.*]] = zq.linear %[[T]]
// CHECK: %[[R:.*]] = math.exp
// CHECK: %[[Y:.*]] = zq.quantized_linear {{.*}} residual(%[[R]])
// CHECK: %[[Z:.*]] = arith.addf %[[Y]], %[[C]]
// CHECK: return %[[Z]]
func.func @lorc(%x: tensor<2x8xf32>, %w: tensor<4x8xi8>, %s: tensor<4xf32>, %down: tensor<1x8xf32>, %up: tensor<4x1xf32>, %h: tensor<2x4xf32>) -> tensor<2x4xf32> {
  %x8, %sx = zq.quantize_activation %x : tensor<2x8xf32> -> tensor<2x8xi8>, tensor<2xf32>
  %y = zq.quantized_linear %x8 scale(%sx), %w scales(%s) : tensor<2x8xi8>, tensor<2xf32>, tensor<4x8xi8>, tensor<4xf32> -> tensor<2x4xf32>
  %t = zq.linear %x, %down : (tensor<2x8xf32>, tensor<1x8xf32>) -> tensor<2x1xf32>
  %c = zq.linear %t, %up : (tensor<2x1xf32>, tensor<4x1xf32>) -> tensor<2x4xf32>
  %z = arith.addf %y, %c : tensor<2x4xf32>
  %r = math.exp %h : tensor<2x4xf32>
  %sum = arith.addf %r, %z : tensor<2x4xf32>
  return %sum : tensor<2x4xf32>
}

// -----

// The sum of two linears: the first has the second as its residual.
// CHECK-LABEL: func @two
// CHECK: %[[B:.*]] = zq.quantized_linear {{.*}} {name = "second"}
// CHECK: %[[A:.*]] = zq.quantized_linear {{.*}} residual(%[[B]]) {name = "first"}
// CHECK: return %[[A]]
func.func @two(%x8: tensor<2x8xi8>, %sx: tensor<2xf32>, %w: tensor<4x8xi8>, %s: tensor<4xf32>) -> tensor<2x4xf32> {
  %a = zq.quantized_linear %x8 scale(%sx), %w scales(%s) {name = "first"} : tensor<2x8xi8>, tensor<2xf32>, tensor<4x8xi8>, tensor<4xf32> -> tensor<2x4xf32>
  %b = zq.quantized_linear %x8 scale(%sx), %w scales(%s) {name = "second"} : tensor<2x8xi8>, tensor<2xf32>, tensor<4x8xi8>, tensor<4xf32> -> tensor<2x4xf32>
  %z = arith.addf %a, %b : tensor<2x4xf32>
  return %z : tensor<2x4xf32>
}
