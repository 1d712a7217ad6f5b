// RUN: zq-opt --zq-to-linalg --canonicalize %s | FileCheck %s

// A scale is a group's own, or the row's anchor times a power of two that is
// made of its exponent bits.

// CHECK-DAG: #[[GROUP:.*]] = affine_map<(d0, d1) -> (d0, d1 floordiv 32)>
// CHECK-DAG: #[[ROW:.*]] = affine_map<(d0, d1) -> (d0)>
// CHECK-DAG: #[[BYTE:.*]] = affine_map<(d0, d1) -> (d0, d1 floordiv 2)>

// CHECK-LABEL: func.func @free(
// CHECK-SAME:    %[[Q:.*]]: tensor<8x17xi8>, %[[S:.*]]: tensor<8x2xf32>)
// CHECK:         linalg.generic {indexing_maps = [#[[BYTE]], #[[GROUP]],
// CHECK-SAME:      ins(%[[Q]], %[[S]] : tensor<8x17xi8>, tensor<8x2xf32>)
// CHECK-NEXT:    ^bb0(%{{.*}}: i8, %[[SCALE:.*]]: f32, %{{.*}}: bf16):
// CHECK:           %[[W:.*]] = arith.mulf %{{.*}}, %[[SCALE]] : f32
// CHECK-NEXT:      arith.truncf %[[W]] : f32 to bf16
!free = !zq.quantized<i4 : bf16, blocks = 1x32, scale = #zq.free>
func.func @free(%q: tensor<8x33x!free>, %s: tensor<8x2xf32>) -> tensor<8x33xbf16> {
  %w = zq.dequantize %q scales(%s) : tensor<8x33x!free>, tensor<8x2xf32> -> tensor<8x33xbf16>
  return %w : tensor<8x33xbf16>
}

// CHECK-LABEL: func.func @pow2(
// CHECK:         linalg.generic {indexing_maps = [#[[BYTE]], #[[ROW]], #[[GROUP]],
// CHECK:           %[[SHIFT:.*]] = arith.extui %{{.*}} : i8 to i32
// CHECK:           %[[E:.*]] = arith.subi %c127_i32, %[[SHIFT]] : i32
// CHECK:           %[[BITS:.*]] = arith.shli %[[E]], %c23_i32 : i32
// CHECK:           %[[POWER:.*]] = arith.bitcast %[[BITS]] : i32 to f32
// CHECK:           arith.mulf %{{.*}}, %[[POWER]] : f32
!pow2 = !zq.quantized<f4E2M1FN : f32, blocks = 1x32, scale = #zq.pow2<anchor = row, max_shift = 11>>
func.func @pow2(%q: tensor<8x33x!pow2>, %a: tensor<8xf32>, %s: tensor<8x2xi8>) -> tensor<8x33xf32> {
  %w = zq.dequantize %q scales(%a, %s) : tensor<8x33x!pow2>, tensor<8xf32>, tensor<8x2xi8> -> tensor<8x33xf32>
  return %w : tensor<8x33xf32>
}
