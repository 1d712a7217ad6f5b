// A product that a front end adds up in bf16 is added up in FP32, and rounded
// once, behind the bias.
// RUN: zq-opt --zq-raise-linear %s | FileCheck %s

// CHECK-LABEL: @bf16(
// CHECK-SAME: %[[X:[^ ]*]]: tensor<2x8x64xbf16>, %[[W:.*]]: tensor<64x96xbf16>, %[[B:.*]]: tensor<96xbf16>
// CHECK: %[[WT:.*]] = linalg.transpose ins(%[[W]]
// CHECK: %[[Y:.*]] = zq.linear %[[X]], %[[WT]] bias(%[[B]]) {{.*}} -> tensor<2x8x96xbf16>
// CHECK-NEXT: return %[[Y]]
func.func @bf16(%x: tensor<2x8x64xbf16>, %w: tensor<64x96xbf16>, %b: tensor<96xbf16>) -> tensor<2x8x96xbf16> {
  %z = arith.constant dense<0.0> : tensor<2x8x96xbf16>
  %p = linalg.generic {indexing_maps = [affine_map<(b, m, n, k) -> (b, m, k)>, affine_map<(b, m, n, k) -> (k, n)>, affine_map<(b, m, n, k) -> (b, m, n)>],
      iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<2x8x64xbf16>, tensor<64x96xbf16>) outs(%z : tensor<2x8x96xbf16>) {
  ^bb0(%i: bf16, %j: bf16, %o: bf16):
    %m = arith.mulf %i, %j : bf16
    %s = arith.addf %m, %o : bf16
    linalg.yield %s : bf16
  } -> tensor<2x8x96xbf16>
  %e = tensor.empty() : tensor<2x8x96xbf16>
  %y = linalg.generic {indexing_maps = [affine_map<(b, m, n) -> (b, m, n)>, affine_map<(b, m, n) -> (n)>, affine_map<(b, m, n) -> (b, m, n)>],
      iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%p, %b : tensor<2x8x96xbf16>, tensor<96xbf16>) outs(%e : tensor<2x8x96xbf16>) {
  ^bb0(%i: bf16, %j: bf16, %o: bf16):
    %s = arith.addf %i, %j : bf16
    linalg.yield %s : bf16
  } -> tensor<2x8x96xbf16>
  return %y : tensor<2x8x96xbf16>
}

// A truncation of a factor changes the factor: it stays in front.
// CHECK-LABEL: @rounded_input(
// CHECK-SAME: %[[X:[^ ]*]]: tensor<8x64xf32>
// CHECK: %[[T:.*]] = arith.truncf %[[X]]
// CHECK: zq.linear %[[T]]
func.func @rounded_input(%x: tensor<8x64xf32>, %w: tensor<64x96xbf16>) -> tensor<8x96xf32> {
  %z = arith.constant dense<0.0> : tensor<8x96xf32>
  %t = arith.truncf %x : tensor<8x64xf32> to tensor<8x64xbf16>
  %p = linalg.matmul ins(%t, %w : tensor<8x64xbf16>, tensor<64x96xbf16>) outs(%z : tensor<8x96xf32>) -> tensor<8x96xf32>
  return %p : tensor<8x96xf32>
}
