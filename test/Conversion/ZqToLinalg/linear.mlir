// RUN: zq-opt --zq-to-linalg --canonicalize %s | FileCheck %s

// A float linear: tokens flattened, K innermost, FP32 sum, one rounding.

// CHECK-DAG: #[[X:.*]] = affine_map<(d0, d1, d2) -> (d1, d2)>
// CHECK-DAG: #[[W:.*]] = affine_map<(d0, d1, d2) -> (d0, d2)>
// CHECK-DAG: #[[Y:.*]] = affine_map<(d0, d1, d2) -> (d1, d0)>

// CHECK-LABEL: func.func @bias(
// CHECK-SAME:    %[[X0:.*]]: tensor<?x16x64xbf16>, %[[W0:.*]]: tensor<32x64xbf16>, %[[B:.*]]: tensor<32xbf16>)
// CHECK:         %[[M:.*]] = tensor.collapse_shape %[[X0]] {{\[\[}}0, 1], [2]] : tensor<?x16x64xbf16> into tensor<?x64xbf16>
// CHECK:         %[[SUM:.*]] = linalg.generic {indexing_maps = [#[[X]], #[[W]], #[[Y]]], iterator_types = ["parallel", "parallel", "reduction"]}
// CHECK-SAME:      ins(%[[M]], %[[W0]] : tensor<?x64xbf16>, tensor<32x64xbf16>)
// CHECK:           %[[XF:.*]] = arith.extf %{{.*}} : bf16 to f32
// CHECK:           %[[WF:.*]] = arith.extf %{{.*}} : bf16 to f32
// CHECK:           %[[P:.*]] = arith.mulf %[[XF]], %[[WF]] fastmath<reassoc,contract> : f32
// CHECK:           arith.addf %{{.*}}, %[[P]] fastmath<reassoc,contract> : f32
// CHECK:         %[[R:.*]] = linalg.generic {{.*}} ins(%[[SUM]], %[[B]] : tensor<?x32xf32>, tensor<32xbf16>)
// CHECK:           %[[BF:.*]] = arith.extf
// CHECK:           %[[Z:.*]] = arith.addf %{{.*}}, %[[BF]] : f32
// CHECK:           arith.truncf %[[Z]] : f32 to bf16
// CHECK:         tensor.expand_shape %[[R]] {{\[\[}}0, 1], [2]] output_shape [%{{.*}}, 16, 32]
func.func @bias(%x: tensor<?x16x64xbf16>, %w: tensor<32x64xbf16>, %b: tensor<32xbf16>) -> tensor<?x16x32xbf16> {
  %y = zq.linear %x, %w bias(%b) : (tensor<?x16x64xbf16>, tensor<32x64xbf16>, tensor<32xbf16>) -> tensor<?x16x32xbf16>
  return %y : tensor<?x16x32xbf16>
}

// One token without a leading dimension.
// CHECK-LABEL: func.func @vector(
// CHECK:         tensor.expand_shape %{{.*}} {{\[\[}}0, 1]] output_shape [1, 64]
// CHECK:         linalg.generic {{.*}} "reduction"
// CHECK-NOT:     linalg.generic
// CHECK:         tensor.collapse_shape %{{.*}} {{\[\[}}0, 1]] : tensor<1x32xf32> into tensor<32xf32>
func.func @vector(%x: tensor<64xf32>, %w: tensor<32x64xf32>) -> tensor<32xf32> {
  %y = zq.linear %x, %w : (tensor<64xf32>, tensor<32x64xf32>) -> tensor<32xf32>
  return %y : tensor<32xf32>
}

// A K that only the weight knows is checked when the code runs.
// CHECK-LABEL: func.func @unknown_k(
// CHECK:         %[[K:.*]] = tensor.dim %{{.*}}, %c1
// CHECK:         %[[OK:.*]] = arith.cmpi eq, %[[K]], %c64
// CHECK:         cf.assert %[[OK]], "the last dimension of an input of a zq linear is not 64, the K of its weight"
// CHECK:         tensor.cast %{{.*}} : tensor<?x32xf32> to tensor<?x?xf32>
func.func @unknown_k(%x: tensor<?x?xf32>, %w: tensor<32x64xf32>) -> tensor<?x?xf32> {
  %y = zq.linear %x, %w : (tensor<?x?xf32>, tensor<32x64xf32>) -> tensor<?x?xf32>
  return %y : tensor<?x?xf32>
}
