// Reshapes around the product vanish though no row dimension is static.
// RUN: zq-opt --zq-raise-linear %s | FileCheck %s

// CHECK-LABEL: @all_dynamic(
// CHECK-SAME: %[[X:.*]]: tensor<?x?x64xf32>, %[[W:.*]]: tensor<96x64xf32>
// CHECK-NEXT: %[[Y:.*]] = zq.linear %[[X]], %[[W]] {{.*}} -> tensor<?x?x96xf32>
// CHECK-NEXT: return %[[Y]]
func.func @all_dynamic(%x: tensor<?x?x64xf32>, %w: tensor<96x64xf32>) -> tensor<?x?x96xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f32
  %b = tensor.dim %x, %c0 : tensor<?x?x64xf32>
  %t = tensor.dim %x, %c1 : tensor<?x?x64xf32>
  %m = arith.muli %b, %t : index
  %c = tensor.collapse_shape %x [[0, 1], [2]] : tensor<?x?x64xf32> into tensor<?x64xf32>
  %e = tensor.empty(%m) : tensor<?x96xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<?x96xf32>) -> tensor<?x96xf32>
  %y = linalg.matmul indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>] ins(%c, %w : tensor<?x64xf32>, tensor<96x64xf32>) outs(%z : tensor<?x96xf32>) -> tensor<?x96xf32>
  %r = tensor.expand_shape %y [[0, 1], [2]] output_shape [%b, %t, 96] : tensor<?x96xf32> into tensor<?x?x96xf32>
  return %r : tensor<?x?x96xf32>
}

// Where input and result know different sizes, the reshape stays where it is.
// CHECK-LABEL: @result_knows_more(
// CHECK: zq.linear
// CHECK: tensor.expand_shape
func.func @result_knows_more(%x: tensor<?x64xf32>, %w: tensor<96x64xf32>) -> tensor<2x3x96xf32> {
  %y = zq.linear %x, %w : (tensor<?x64xf32>, tensor<96x64xf32>) -> tensor<6x96xf32>
  %r = tensor.expand_shape %y [[0, 1], [2]] output_shape [2, 3, 96] : tensor<6x96xf32> into tensor<2x3x96xf32>
  return %r : tensor<2x3x96xf32>
}
// CHECK-LABEL: @input_knows_more(
// CHECK: zq.linear
// CHECK: tensor.collapse_shape
func.func @input_knows_more(%x: tensor<2x3x64xf32>, %w: tensor<96x64xf32>) -> tensor<?x96xf32> {
  %y = zq.linear %x, %w : (tensor<2x3x64xf32>, tensor<96x64xf32>) -> tensor<2x?x96xf32>
  %r = tensor.collapse_shape %y [[0, 1], [2]] : tensor<2x?x96xf32> into tensor<?x96xf32>
  return %r : tensor<?x96xf32>
}
