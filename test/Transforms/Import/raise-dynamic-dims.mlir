// Sizes of the product that a later op asks for are those of the input, so that
// they keep no reshape in place.
// RUN: zq-opt --zq-raise-linear %s | FileCheck %s

// CHECK-LABEL: @dims(
// CHECK-SAME: %[[X:[^ ]*]]: tensor<?x8x64xf32>, %[[W:.*]]: tensor<96x64xf32>
// CHECK: %[[Y:.*]] = zq.linear %[[X]], %[[W]] {{.*}} -> tensor<?x8x96xf32>
// CHECK: return %[[Y]], %{{.*}} : tensor<?x8x96xf32>, index
func.func @dims(%x: tensor<?x8x64xf32>, %w: tensor<96x64xf32>, %m: index) -> (tensor<?x8x96xf32>, index) {
  %zero = arith.constant 0.0 : f32
  %c0 = arith.constant 0 : index
  %c8 = arith.constant 8 : index
  %c = tensor.collapse_shape %x [[0, 1], [2]] : tensor<?x8x64xf32> into tensor<?x64xf32>
  %e = tensor.empty(%m) : tensor<?x96xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<?x96xf32>) -> tensor<?x96xf32>
  %y = linalg.matmul indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>]
    ins(%c, %w : tensor<?x64xf32>, tensor<96x64xf32>) outs(%z : tensor<?x96xf32>) -> tensor<?x96xf32>
  %d = tensor.dim %y, %c0 : tensor<?x96xf32>
  %b = arith.divui %d, %c8 : index
  %r = tensor.expand_shape %y [[0, 1], [2]] output_shape [%b, 8, 96] : tensor<?x96xf32> into tensor<?x8x96xf32>
  return %r, %d : tensor<?x8x96xf32>, index
}
