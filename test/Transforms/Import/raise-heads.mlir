// N, K or M may be several dimensions: heads of an attention's projections, and
// packed layouts.
// RUN: zq-opt --zq-raise-linear %s | FileCheck %s

// CHECK-LABEL: @heads(
// CHECK-SAME: %[[X:.*]]: tensor<2x8x64xf32>
// CHECK: %[[W:.*]] = arith.constant dense_resource<wq>
// CHECK: %[[WT:.*]] = linalg.transpose ins(%[[W]] : {{.*}} permutation = [1, 2, 0]
// CHECK: %[[WC:.*]] = tensor.collapse_shape %[[WT]] {{\[\[}}0, 1], [2]]
// CHECK: %[[Y:.*]] = zq.linear %[[X]], %[[WC]] {{.*}} : (tensor<2x8x64xf32>, tensor<64x64xf32>) -> tensor<2x8x64xf32>
// CHECK: %[[E:.*]] = tensor.expand_shape %[[Y]] {{.*}} output_shape [2, 8, 4, 16]
// CHECK: linalg.transpose ins(%[[E]] : {{.*}} permutation = [0, 2, 1, 3]
func.func @heads(%x: tensor<2x8x64xf32>) -> tensor<2x4x8x16xf32> {
  %w = arith.constant dense_resource<wq> : tensor<64x4x16xf32>
  %z = arith.constant dense<0.0> : tensor<2x4x8x16xf32>
  %y = linalg.contract indexing_maps = [affine_map<(b, t, h, e, k) -> (b, t, k)>, affine_map<(b, t, h, e, k) -> (k, h, e)>, affine_map<(b, t, h, e, k) -> (b, h, t, e)>]
    ins(%x, %w : tensor<2x8x64xf32>, tensor<64x4x16xf32>) outs(%z : tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32>
  return %y : tensor<2x4x8x16xf32>
}

// CHECK-LABEL: @heads_out(
// CHECK-SAME: %[[X:.*]]: tensor<2x8x4x16xf32>
// CHECK: %[[W:.*]] = arith.constant dense_resource<wo>
// CHECK: %[[XC:.*]] = tensor.collapse_shape %[[X]] {{\[\[}}0], [1], [2, 3]]
// CHECK: %[[WT:.*]] = linalg.transpose ins(%[[W]] : {{.*}} permutation = [2, 0, 1]
// CHECK: %[[WC:.*]] = tensor.collapse_shape %[[WT]] {{\[\[}}0], [1, 2]]
// CHECK: zq.linear %[[XC]], %[[WC]] {{.*}} -> tensor<2x8x64xf32>
func.func @heads_out(%x: tensor<2x8x4x16xf32>) -> tensor<2x8x64xf32> {
  %w = arith.constant dense_resource<wo> : tensor<4x16x64xf32>
  %z = arith.constant dense<0.0> : tensor<2x8x64xf32>
  %y = linalg.contract indexing_maps = [affine_map<(b, t, h, e, n) -> (b, t, h, e)>, affine_map<(b, t, h, e, n) -> (h, e, n)>, affine_map<(b, t, h, e, n) -> (b, t, n)>]
    ins(%x, %w : tensor<2x8x4x16xf32>, tensor<4x16x64xf32>) outs(%z : tensor<2x8x64xf32>) -> tensor<2x8x64xf32>
  return %y : tensor<2x8x64xf32>
}

// CHECK-LABEL: @mmt4d(
// CHECK: zq.linear {{.*}} : (tensor<2x8x64xf32>, tensor<96x64xf32>) -> tensor<2x8x96xf32>
// CHECK-NOT: linalg.mmt4d
func.func @mmt4d(%x: tensor<2x4x8x16xf32>) -> tensor<2x6x8x16xf32> {
  %w = arith.constant dense_resource<wp> : tensor<6x4x16x16xf32>
  %z = arith.constant dense<0.0> : tensor<2x6x8x16xf32>
  %y = linalg.mmt4d ins(%x, %w : tensor<2x4x8x16xf32>, tensor<6x4x16x16xf32>) outs(%z : tensor<2x6x8x16xf32>) -> tensor<2x6x8x16xf32>
  return %y : tensor<2x6x8x16xf32>
}
