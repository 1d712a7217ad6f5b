// From a front end's matmul to codes, shifts and an integer cast. The bytes are
// those that the definition gives by hand: row 0 has its largest magnitude 3, so
// its anchor is 3 / 6 = 0.5, and 0.5, -1, 0.25, 2, -3, 0, 0.75, 1.5 are the codes
// 2 C 1 6 F 0 3 5 (f4E2M1FN), two to a byte, the even column low: C2 61 0F 53.
// RUN: zq-opt %s --zq-quantize | FileCheck %s

// DOC-EXAMPLE: zq-quantize
// CHECK-LABEL: func @up_proj
// CHECK-SAME:    %[[X:.*]]: tensor<?x8xf32>
func.func @up_proj(%x: tensor<?x8xf32>) -> tensor<?x4xf32> {
  %weight = arith.constant dense<[[ 0.5, -1.0,  0.25,  2.0, -3.0,  0.0, 0.75,  1.5],
                                  [ 0.1,  0.2,  0.3,   0.4,  0.5,  0.6, 0.7,   0.8],
                                  [ 6.0, -6.0,  3.0,  -3.0,  1.5, -1.5, 0.5,  -0.5],
                                  [-1.0,  1.0, -2.0,   2.0, -3.0,  3.0, -4.0,  4.0]]> : tensor<4x8xf32>
  %empty = tensor.empty() : tensor<8x4xf32>
  %transposed = linalg.transpose ins(%weight : tensor<4x8xf32>) outs(%empty : tensor<8x4xf32>) permutation = [1, 0]
  %c0 = arith.constant 0 : index
  %tokens = tensor.dim %x, %c0 : tensor<?x8xf32>
  %zero = arith.constant 0.0 : f32
  %out = tensor.empty(%tokens) : tensor<?x4xf32>
  %fill = linalg.fill ins(%zero : f32) outs(%out : tensor<?x4xf32>) -> tensor<?x4xf32>
  // CHECK-DAG: %[[CODES:.*]] = arith.constant dense_resource<linear0> : tensor<4x4xi8>
  // CHECK-DAG: %[[SHIFTS:.*]] = arith.constant dense<0> : tensor<4x1xi8>
  // CHECK-DAG: %[[Q:.*]] = zq.storage_cast %[[CODES]]
  // CHECK-DAG: %[[W8:.*]] = zq.shift_cast %[[Q]] by %[[SHIFTS]] {exponent = 6 : i64}
  // CHECK-DAG: %[[X8:.*]], %[[SX:.*]] = zq.quantize_activation %[[X]]
  // Anchors times 2^-6: 0.5 / 64, 0.8 / 6 / 64, 1 / 64, 4 / 6 / 64.
  // CHECK-DAG: %[[SCALES:.*]] = arith.constant dense<[7.812500e-03, 0.00208333344, 1.562500e-02, 0.010416667]>
  // CHECK: zq.quantized_linear %[[X8]] scale(%[[SX]]), %[[W8]] scales(%[[SCALES]]) {name = "linear0"}
  // CHECK-NOT: linalg.matmul
  %y = linalg.matmul ins(%x, %transposed : tensor<?x8xf32>, tensor<8x4xf32>) outs(%fill : tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}
// CHECK: linear0: "0x10000000C2610F5332546677F7D5B3913B5D6E7F"
