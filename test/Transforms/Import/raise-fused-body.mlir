// A bias add at the start of a larger body goes into the linear, the rest stays.
// RUN: zq-opt --zq-raise-linear %s | FileCheck %s

// CHECK-LABEL: @relu_in_body(
// CHECK-SAME: %[[X:.*]]: {{.*}}, %[[W:.*]]: {{.*}}, %[[B:.*]]: tensor<1x96xf32>
// CHECK: %[[BC:.*]] = tensor.collapse_shape %[[B]]
// CHECK: %[[Y:.*]] = zq.linear %[[X]], %{{.*}} bias(%[[BC]])
// CHECK: linalg.generic {{.*}} ins(%[[Y]] :
// CHECK-NEXT: ^bb0(%[[IN:.*]]: f32, %{{.*}}: f32):
// CHECK-NEXT: %[[R:.*]] = arith.maximumf %[[IN]],
// CHECK-NEXT: linalg.yield %[[R]]
func.func @relu_in_body(%x: tensor<8x64xf32>, %w: tensor<64x96xf32>, %b: tensor<1x96xf32>) -> tensor<8x96xf32> {
  %c = arith.constant 0.0 : f32
  %z = arith.constant dense<0.0> : tensor<8x96xf32>
  %y = linalg.matmul ins(%x, %w : tensor<8x64xf32>, tensor<64x96xf32>) outs(%z : tensor<8x96xf32>) -> tensor<8x96xf32>
  %e = tensor.empty() : tensor<8x96xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> (0, n)>, affine_map<(m, n) -> (m, n)>], iterator_types = ["parallel", "parallel"]} ins(%y, %b : tensor<8x96xf32>, tensor<1x96xf32>) outs(%e : tensor<8x96xf32>) {
  ^bb0(%p: f32, %q: f32, %o: f32):
    %s = arith.addf %q, %p : f32
    %t = arith.maximumf %s, %c : f32
    linalg.yield %t : f32
  } -> tensor<8x96xf32>
  return %r : tensor<8x96xf32>
}
