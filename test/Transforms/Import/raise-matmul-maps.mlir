// A matmul may have its factors in any orientation.
// RUN: zq-opt --zq-raise-linear %s | FileCheck %s

// CHECK-LABEL: @rhs_nk(
// CHECK-SAME: %[[X:.*]]: tensor<8x64xf32>, %[[W:.*]]: tensor<96x64xf32>
// CHECK-NEXT: %[[Y:.*]] = zq.linear %[[X]], %[[W]] {{.*}} : (tensor<8x64xf32>, tensor<96x64xf32>) -> tensor<8x96xf32>
// CHECK-NEXT: return %[[Y]]
func.func @rhs_nk(%x: tensor<8x64xf32>, %w: tensor<96x64xf32>) -> tensor<8x96xf32> {
  %c = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<8x96xf32>
  %z = linalg.fill ins(%c : f32) outs(%e : tensor<8x96xf32>) -> tensor<8x96xf32>
  %y = linalg.matmul indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>] ins(%x, %w : tensor<8x64xf32>, tensor<96x64xf32>) outs(%z : tensor<8x96xf32>) -> tensor<8x96xf32>
  return %y : tensor<8x96xf32>
}

// CHECK-LABEL: @lhs_km(
// CHECK-SAME: %[[X:.*]]: tensor<64x?xf32>, %[[W:.*]]: tensor<64x96xf32>
// CHECK: %[[XT:.*]] = linalg.transpose ins(%[[X]] : tensor<64x?xf32>) outs({{.*}}) permutation = [1, 0]
// CHECK: %[[WT:.*]] = linalg.transpose ins(%[[W]] : tensor<64x96xf32>) outs({{.*}}) permutation = [1, 0]
// CHECK: zq.linear %[[XT]], %[[WT]] {{.*}} : (tensor<?x64xf32>, tensor<96x64xf32>) -> tensor<?x96xf32>
// CHECK-NOT: linalg.matmul
func.func @lhs_km(%x: tensor<64x?xf32>, %w: tensor<64x96xf32>, %m: index) -> tensor<?x96xf32> {
  %c = arith.constant 0.0 : f32
  %e = tensor.empty(%m) : tensor<?x96xf32>
  %z = linalg.fill ins(%c : f32) outs(%e : tensor<?x96xf32>) -> tensor<?x96xf32>
  %y = linalg.matmul indexing_maps = [affine_map<(m, n, k) -> (k, m)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>] ins(%x, %w : tensor<64x?xf32>, tensor<64x96xf32>) outs(%z : tensor<?x96xf32>) -> tensor<?x96xf32>
  return %y : tensor<?x96xf32>
}
