// A bias that is added onto the product's buffer.
// RUN: zq-opt --zq-raise-linear %s | FileCheck %s

// CHECK-LABEL: @in_place(
// CHECK-SAME: %[[X:.*]]: {{.*}}, %[[W:.*]]: {{.*}}, %[[B:.*]]: tensor<96xf32>
// CHECK: %[[Y:.*]] = zq.linear %[[X]], %{{.*}} bias(%[[B]])
// CHECK-NEXT: return %[[Y]]
func.func @in_place(%x: tensor<8x64xf32>, %w: tensor<64x96xf32>, %b: tensor<96xf32>) -> tensor<8x96xf32> {
  %z = arith.constant dense<0.0> : tensor<8x96xf32>
  %y = linalg.matmul ins(%x, %w : tensor<8x64xf32>, tensor<64x96xf32>) outs(%z : tensor<8x96xf32>) -> tensor<8x96xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(m, n) -> (n)>, affine_map<(m, n) -> (m, n)>], iterator_types = ["parallel", "parallel"]} ins(%b : tensor<96xf32>) outs(%y : tensor<8x96xf32>) {
  ^bb0(%p: f32, %o: f32):
    %s = arith.addf %p, %o : f32
    linalg.yield %s : f32
  } -> tensor<8x96xf32>
  return %r : tensor<8x96xf32>
}
