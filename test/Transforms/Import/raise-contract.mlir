// linalg.contract, with a result of N x M.
// RUN: zq-opt --zq-raise-linear %s | FileCheck %s

// CHECK-LABEL: @contract_out_nm(
// CHECK-SAME: %[[X:.*]]: tensor<8x64xf32>, %[[W:.*]]: tensor<96x64xf32>
// CHECK: %[[Y:.*]] = zq.linear %[[X]], %[[W]]
// CHECK: %[[T:.*]] = linalg.transpose ins(%[[Y]] : tensor<8x96xf32>) outs({{.*}}) permutation = [1, 0]
// CHECK: return %[[T]]
func.func @contract_out_nm(%x: tensor<8x64xf32>, %w: tensor<96x64xf32>) -> tensor<96x8xf32> {
  %z = arith.constant dense<0.0> : tensor<96x8xf32>
  %y = linalg.contract indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (n, m)>] ins(%x, %w : tensor<8x64xf32>, tensor<96x64xf32>) outs(%z : tensor<96x8xf32>) -> tensor<96x8xf32>
  return %y : tensor<96x8xf32>
}
