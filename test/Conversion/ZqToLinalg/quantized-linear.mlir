// RUN: zq-opt --zq-to-linalg --canonicalize %s | FileCheck %s

// Weights are decoded once, before the sum. Scales of groups are inside the
// sum, the scale of a row outside of it.

// CHECK-LABEL: func.func @codes(
// CHECK-SAME:    %[[X:.*]]: tensor<?x64xf8E4M3FN>, %[[SX:.*]]: tensor<?xf32>, %[[Q:.*]]: tensor<8x32xi8>, %[[S:.*]]: tensor<8x2xf32>, %[[B:.*]]: tensor<8xbf16>)
// CHECK:         %[[XF:.*]] = linalg.generic {{.*}} ins(%[[X]]
// CHECK:         %[[WF:.*]] = linalg.generic {{.*}} ins(%[[Q]], %[[S]] : tensor<8x32xi8>, tensor<8x2xf32>) outs(%{{.*}} : tensor<8x64xf32>)
// CHECK:         %[[SUM:.*]] = linalg.generic {{.*}}["parallel", "parallel", "reduction"]} ins(%[[XF]], %[[WF]]
// CHECK:         linalg.generic {{.*}} ins(%[[SUM]], %[[SX]], %[[B]] : tensor<?x8xf32>, tensor<?xf32>, tensor<8xbf16>)
// CHECK:           %[[Y:.*]] = arith.mulf
// CHECK:           %[[BF:.*]] = arith.extf
// CHECK:           %[[Z:.*]] = arith.addf %[[Y]], %[[BF]] : f32
// CHECK:           arith.truncf %[[Z]] : f32 to bf16
!q = !zq.quantized<f4E2M1FN : bf16, blocks = 1x32, scale = #zq.free>
func.func @codes(%x: tensor<?x64xf8E4M3FN>, %sx: tensor<?xf32>, %q: tensor<8x64x!q>, %s: tensor<8x2xf32>, %b: tensor<8xbf16>) -> tensor<?x8xbf16> {
  %y = zq.quantized_linear %x scale(%sx), %q scales(%s) bias(%b)
     : tensor<?x64xf8E4M3FN>, tensor<?xf32>, tensor<8x64x!q>, tensor<8x2xf32> bias tensor<8xbf16> -> tensor<?x8xbf16>
  return %y : tensor<?x8xbf16>
}

// CHECK-LABEL: func.func @fp8(
// CHECK-SAME:    %[[X:.*]]: tensor<?x64xi8>, %[[SX:.*]]: tensor<?xf32>, %[[W:.*]]: tensor<8x64xf8E5M2>, %[[SW:.*]]: tensor<8xf32>)
// CHECK:         linalg.generic {{.*}} ins(%[[X]]
// CHECK:           arith.sitofp
// CHECK:         linalg.generic {{.*}} ins(%[[W]]
// CHECK:           arith.bitcast %{{.*}} : f8E5M2 to i8
// CHECK:         %[[SUM:.*]] = linalg.generic {{.*}}["parallel", "parallel", "reduction"]}
// CHECK:         linalg.generic {{.*}} ins(%[[SUM]], %[[SX]], %[[SW]]
// CHECK-NEXT:    ^bb0(%[[Y:.*]]: f32, %[[SXE:.*]]: f32, %[[SWE:.*]]: f32, %{{.*}}: f32):
// CHECK-NEXT:      %[[S:.*]] = arith.mulf %[[SWE]], %[[SXE]] : f32
// CHECK-NEXT:      arith.mulf %[[Y]], %[[S]] : f32
func.func @fp8(%x: tensor<?x64xi8>, %sx: tensor<?xf32>, %w: tensor<8x64xf8E5M2>, %sw: tensor<8xf32>) -> tensor<?x8xf32> {
  %y = zq.quantized_linear %x scale(%sx), %w scales(%sw)
     : tensor<?x64xi8>, tensor<?xf32>, tensor<8x64xf8E5M2>, tensor<8xf32> -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// The residual is added before the one rounding, token by token.
// CHECK-LABEL: func.func @residual(
// CHECK-SAME:    %{{.*}}: tensor<2x?x64xf8E4M3FN>, %{{.*}}: tensor<2x?xf32>, %{{.*}}: tensor<8x64xf8E4M3FN>, %{{.*}}: tensor<8xf32>, %[[B:.*]]: tensor<8xbf16>, %[[R:.*]]: tensor<2x?x8xbf16>)
// CHECK:         %[[FLAT:.*]] = tensor.collapse_shape %[[R]] {{\[\[}}0, 1], [2]] : tensor<2x?x8xbf16> into tensor<?x8xbf16>
// CHECK:         linalg.generic {{.*}} ins(%{{.*}}, %{{.*}}, %{{.*}}, %[[B]], %[[FLAT]] : tensor<?x8xf32>, tensor<?xf32>, tensor<8xf32>, tensor<8xbf16>, tensor<?x8xbf16>)
// CHECK-NEXT:    ^bb0(%[[Y:.*]]: f32, %[[SXE:.*]]: f32, %[[SWE:.*]]: f32, %[[BE:.*]]: bf16, %[[RE:.*]]: bf16, %{{.*}}: bf16):
// CHECK:           %[[BF:.*]] = arith.extf %[[BE]]
// CHECK-NEXT:      %[[YB:.*]] = arith.addf %{{.*}}, %[[BF]] : f32
// CHECK-NEXT:      %[[RF:.*]] = arith.extf %[[RE]]
// CHECK-NEXT:      %[[YR:.*]] = arith.addf %[[YB]], %[[RF]] : f32
// CHECK-NEXT:      arith.truncf %[[YR]] : f32 to bf16
func.func @residual(%x: tensor<2x?x64xf8E4M3FN>, %sx: tensor<2x?xf32>, %w: tensor<8x64xf8E4M3FN>, %sw: tensor<8xf32>, %b: tensor<8xbf16>, %r: tensor<2x?x8xbf16>) -> tensor<2x?x8xbf16> {
  %y = zq.quantized_linear %x scale(%sx), %w scales(%sw) bias(%b) residual(%r)
     : tensor<2x?x64xf8E4M3FN>, tensor<2x?xf32>, tensor<8x64xf8E4M3FN>, tensor<8xf32> bias tensor<8xbf16> residual tensor<2x?x8xbf16> -> tensor<2x?x8xbf16>
  return %y : tensor<2x?x8xbf16>
}
