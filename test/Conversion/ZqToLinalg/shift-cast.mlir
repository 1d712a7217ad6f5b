// RUN: zq-opt --zq-to-linalg --canonicalize %s | FileCheck %s

// The shift cast has integer operations only, and reads two codes a byte. The
// table is E2M1's magnitudes at 2^6 as E4M3 bytes (0 60 68 6C 70 74 78 7C).

// CHECK-DAG: #[[BYTES:.*]] = affine_map<(d0, d1) -> (d0, d1 floordiv 2)>
// CHECK-DAG: #[[GROUPS:.*]] = affine_map<(d0, d1) -> (d0, d1 floordiv 32)>
// CHECK-DAG: #[[ALL:.*]] = affine_map<(d0, d1) -> (d0, d1)>

// CHECK-LABEL: func.func @cast(
// CHECK-SAME:    %[[BYTES0:.*]]: tensor<8x24xi8>, %[[SHIFTS:.*]]: tensor<8x2xi8>)
// CHECK:         %c8969046684112281600_i64 = arith.constant
// CHECK:         linalg.generic {indexing_maps = [#[[BYTES]], #[[GROUPS]], #[[ALL]]]
// CHECK-SAME:      ins(%[[BYTES0]], %[[SHIFTS]] : tensor<8x24xi8>, tensor<8x2xi8>)
// CHECK-SAME:      outs(%{{.*}} : tensor<8x48xf8E4M3FN>)
// CHECK-NOT:       {{arith\.[a-z]*f }}
// CHECK:           arith.bitcast %{{.*}} : i8 to f8E4M3FN
// CHECK-NEXT:      linalg.yield
!q = !zq.quantized<f4E2M1FN : f32, blocks = 1x32, scale = #zq.pow2<anchor = row, max_shift = 11>>
func.func @cast(%bytes: tensor<8x24xi8>, %shifts: tensor<8x2xi8>) -> tensor<8x48xf8E4M3FN> {
  %q = zq.storage_cast %bytes : tensor<8x24xi8> -> tensor<8x48x!q>
  %w8 = zq.shift_cast %q by %shifts {exponent = 6 : i64} : tensor<8x48x!q>, tensor<8x2xi8> -> tensor<8x48xf8E4M3FN>
  return %w8 : tensor<8x48xf8E4M3FN>
}
