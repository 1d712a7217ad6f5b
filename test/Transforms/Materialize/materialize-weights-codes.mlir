// Codes by hand. Row 0 has scale 1 (6 is E2M1's largest), so its values are read
// off the thresholds, ties to even; row 1 is zeros with scale 1; row 2 has scale 2
// and is negated, so codes have the sign bit 8.
//   6 -> 7, 0.25 (tie of 0 and 0.5) -> 0, 0.75 (tie) -> 2 (that is 1.0), 2.5 (tie)
//   -> 4 (2.0), 1.4 -> 3 (1.5); the odd fifth code is alone in its byte.
//   -12/2 = -6 -> F, -0.5/2 = -0.25 (tie) -> 8 (-0), -1/2 -> 9, -7/2 = -3.5 (tie)
//   -> E (-4), -10/2 = -5 (tie of 4 and 6) -> E.
// RUN: zq-opt %s --zq-quantize-linear --zq-materialize-weights | FileCheck %s

// CHECK: %[[CODES:.*]] = arith.constant dense_resource<layer> : tensor<3x3xi8>
// CHECK: %[[Q:.*]] = zq.storage_cast %[[CODES]]
// CHECK: %[[S:.*]] = arith.constant dense<{{\[}}[1.000000e+00], [1.000000e+00], [2.000000e+00]]> : tensor<3x1xf32>
// CHECK: zq.quantized_linear {{.*}}, %[[Q]] scales(%[[S]]) {name = "layer"}
// CHECK-NOT: zq.quantize_weight
// Alignment 16, then 07 42 03 | 00 00 00 | 8F E9 0E.
// CHECK: layer: "0x10000000{{074203}}{{000000}}{{8FE90E}}"
func.func @f(%x: tensor<?x5xf32>) -> tensor<?x3xf32> {
  %w = arith.constant dense<[[6.0, 0.25, 0.75, 2.5, 1.4],
                             [0.0, 0.0, 0.0, 0.0, 0.0],
                             [-12.0, -0.5, -1.0, -7.0, -10.0]]> : tensor<3x5xf32>
  %y = zq.linear %x, %w {name = "layer"} : (tensor<?x5xf32>, tensor<3x5xf32>) -> tensor<?x3xf32>
  return %y : tensor<?x3xf32>
}
