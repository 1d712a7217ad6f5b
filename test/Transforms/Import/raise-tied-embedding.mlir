// One weight as an embedding's table, as the head's weight, and in the other
// orientation.
// RUN: zq-opt --zq-raise-linear %s | FileCheck %s

// CHECK-LABEL: @tied(
// CHECK-SAME: %{{.*}}, %[[W:[^ ]*]]: tensor<1000x64xf32>
// CHECK: tensor.extract %[[W]]
// CHECK: zq.linear %{{.*}}, %[[W]] {{.*}} -> tensor<8x1000xf32>
// CHECK: %[[WT:.*]] = linalg.transpose ins(%[[W]]
// CHECK: zq.linear %{{.*}}, %[[WT]] {{.*}} -> tensor<8x64xf32>
// CHECK: zq.linear %{{.*}}, %[[W]] {{.*}} -> tensor<8x1000xf32>
func.func @tied(%ids: tensor<8xi64>, %w: tensor<1000x64xf32>, %d: tensor<64x1000xf32>) -> tensor<8x1000xf32> {
  %c0 = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<8x64xf32>
  %x = linalg.generic {indexing_maps = [affine_map<(m, n) -> (m)>, affine_map<(m, n) -> (m, n)>], iterator_types = ["parallel", "parallel"]} ins(%ids : tensor<8xi64>) outs(%e : tensor<8x64xf32>) {
  ^bb0(%i: i64, %o: f32):
    %ii = arith.index_cast %i : i64 to index
    %k = linalg.index 1 : index
    %v = tensor.extract %w[%ii, %k] : tensor<1000x64xf32>
    linalg.yield %v : f32
  } -> tensor<8x64xf32>
  %et = tensor.empty() : tensor<64x1000xf32>
  %wt = linalg.transpose ins(%w : tensor<1000x64xf32>) outs(%et : tensor<64x1000xf32>) permutation = [1, 0]
  %z = arith.constant dense<0.0> : tensor<8x1000xf32>
  %y = linalg.matmul ins(%x, %wt : tensor<8x64xf32>, tensor<64x1000xf32>) outs(%z : tensor<8x1000xf32>) -> tensor<8x1000xf32>
  %z2 = arith.constant dense<0.0> : tensor<8x64xf32>
  %y2 = linalg.matmul ins(%y, %w : tensor<8x1000xf32>, tensor<1000x64xf32>) outs(%z2 : tensor<8x64xf32>) -> tensor<8x64xf32>
  %y3 = linalg.matmul ins(%y2, %wt : tensor<8x64xf32>, tensor<64x1000xf32>) outs(%z : tensor<8x1000xf32>) -> tensor<8x1000xf32>
  return %y3 : tensor<8x1000xf32>
}
