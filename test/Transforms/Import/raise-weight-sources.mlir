// A weight may be a slice of a fused one, a constant global, or defined outside of
// a loop.
// RUN: zq-opt --zq-raise-linear %s | FileCheck %s

// CHECK-LABEL: @slice(
// CHECK-SAME: %[[X:[^ ]*]]: tensor<8x64xf32>, %[[W:.*]]: tensor<192x64xf32>
// CHECK: %[[S:.*]] = tensor.extract_slice %[[W]][64, 0] [64, 64] [1, 1]
// CHECK: zq.linear %[[X]], %[[S]]
func.func @slice(%x: tensor<8x64xf32>, %w: tensor<192x64xf32>) -> tensor<8x64xf32> {
  %z = arith.constant dense<0.0> : tensor<8x64xf32>
  %s = tensor.extract_slice %w[64, 0] [64, 64] [1, 1] : tensor<192x64xf32> to tensor<64x64xf32>
  %y = linalg.matmul indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>] ins(%x, %s : tensor<8x64xf32>, tensor<64x64xf32>) outs(%z : tensor<8x64xf32>) -> tensor<8x64xf32>
  return %y : tensor<8x64xf32>
}

ml_program.global private @up_proj(dense<1.0> : tensor<64x96xf32>) : tensor<64x96xf32>
// CHECK-LABEL: @global(
// CHECK: %[[W:.*]] = ml_program.global_load_const @up_proj
// CHECK: %[[WT:.*]] = linalg.transpose ins(%[[W]]
// CHECK: zq.linear %{{[^ ]*}}, %[[WT]] {name = "up_proj"}
func.func @global(%x: tensor<8x64xf32>) -> tensor<8x96xf32> {
  %z = arith.constant dense<0.0> : tensor<8x96xf32>
  %w = ml_program.global_load_const @up_proj : tensor<64x96xf32>
  %y = linalg.matmul ins(%x, %w : tensor<8x64xf32>, tensor<64x96xf32>) outs(%z : tensor<8x96xf32>) -> tensor<8x96xf32>
  return %y : tensor<8x96xf32>
}

// CHECK-LABEL: @loop(
// CHECK: scf.for {{.*}} iter_args(%[[A:.*]] =
// CHECK: zq.linear %[[A]],
func.func @loop(%x: tensor<8x64xf32>, %w: tensor<64x64xf32>, %n: index) -> tensor<8x64xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %z = arith.constant dense<0.0> : tensor<8x64xf32>
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%a = %x) -> tensor<8x64xf32> {
    %y = linalg.matmul ins(%a, %w : tensor<8x64xf32>, tensor<64x64xf32>) outs(%z : tensor<8x64xf32>) -> tensor<8x64xf32>
    scf.yield %y : tensor<8x64xf32>
  }
  return %r : tensor<8x64xf32>
}
