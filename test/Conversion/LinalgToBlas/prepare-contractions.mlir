// RUN: zq-opt --zq-prepare-contractions --split-input-file %s | FileCheck %s

// Operands are widened once, in loops of their own.

// CHECK-LABEL: func.func @widen(
// CHECK-SAME:    %[[X:.*]]: tensor<?x64xf32>, %[[W:.*]]: tensor<32x64xbf16>
// CHECK:         %[[F:.*]] = linalg.generic {{.*}} ins(%[[W]] : tensor<32x64xbf16>) outs(%{{.*}} : tensor<32x64xf32>)
// CHECK:           arith.extf %{{.*}} : bf16 to f32
// CHECK:         linalg.generic {{.*}} ins(%[[X]], %[[F]] : tensor<?x64xf32>, tensor<32x64xf32>)
// CHECK-NOT:       arith.extf
// CHECK:         return
#a = affine_map<(m, n, k) -> (m, k)>
#b = affine_map<(m, n, k) -> (n, k)>
#c = affine_map<(m, n, k) -> (m, n)>
func.func @widen(%x: tensor<?x64xf32>, %w: tensor<32x64xbf16>, %y: tensor<?x32xf32>) -> tensor<?x32xf32> {
  %z = linalg.generic {indexing_maps = [#a, #b, #c], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<?x64xf32>, tensor<32x64xbf16>) outs(%y : tensor<?x32xf32>) {
  ^bb0(%p: f32, %q: bf16, %s: f32):
    %0 = arith.extf %q : bf16 to f32
    %1 = arith.mulf %p, %0 : f32
    %2 = arith.addf %s, %1 : f32
    linalg.yield %2 : f32
  } -> tensor<?x32xf32>
  return %z : tensor<?x32xf32>
}

// -----

// Each contraction starts from zeros of its own.

// CHECK-LABEL: func.func @zeros(
// CHECK:         %[[Z0:.*]] = linalg.fill
// CHECK-NEXT:    linalg.matmul {{.*}} outs(%[[Z0]] :
// CHECK:         %[[Z1:.*]] = linalg.fill
// CHECK-NEXT:    linalg.matmul {{.*}} outs(%[[Z1]] :
// CHECK-NOT:     linalg.fill
func.func @zeros(%x: tensor<8x16xf32>, %w: tensor<16x32xf32>, %v: tensor<16x32xf32>) -> (tensor<8x32xf32>, tensor<8x32xf32>) {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<8x32xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<8x32xf32>) -> tensor<8x32xf32>
  %a = linalg.matmul ins(%x, %w : tensor<8x16xf32>, tensor<16x32xf32>) outs(%z : tensor<8x32xf32>) -> tensor<8x32xf32>
  %b = linalg.matmul ins(%x, %v : tensor<8x16xf32>, tensor<16x32xf32>) outs(%z : tensor<8x32xf32>) -> tensor<8x32xf32>
  return %a, %b : tensor<8x32xf32>, tensor<8x32xf32>
}
