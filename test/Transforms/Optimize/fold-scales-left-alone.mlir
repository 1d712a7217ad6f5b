// RUN: zq-opt %s --zq-fold-scales --remarks-filter-missed=zq 2>&1 >%t | FileCheck %s
// RUN: FileCheck %s --check-prefix=IR < %t

!free = !zq.quantized<f4E2M1FN : f32, blocks = 1x128, scale = #zq.free>
!pow2 = !zq.quantized<f4E2M1FN : f32, blocks = 1x128, scale = #zq.pow2<anchor = row, max_shift = 11>>
!w8 = !zq.quantized<i8 : f32, blocks = 1x128, scale = #zq.free>

// CHECK: Layer=free, Reason="its scales are free: run zq-constrain-scales before zq-materialize-weights"
// CHECK: Layer=eight_bits, Reason="its weight has 8 bits, and free scales: there is no cast that they could move into"
// CHECK: Layer=decision, Reason="its weight is not materialized: run zq-materialize-weights"
// CHECK: Layer=argument, Reason="its anchors are no inline constant"
// CHECK: Layer=tiny, Reason="an anchor divided by 2^6 is below the smallest normal FP32 number"
// IR-NOT: zq.shift_cast
func.func @f(%x8: tensor<5x128xf8E4M3FN>, %sx: tensor<5xf32>, %bytes: tensor<4x64xi8>,
             %w: tensor<4x128xf32>, %s: tensor<4x1xf32>, %a: tensor<4xf32>, %t: tensor<4x1xi8>, %bytes8: tensor<4x128xi8>)
    -> (tensor<5x4xf32>, tensor<5x4xf32>, tensor<5x4xf32>, tensor<5x4xf32>, tensor<5x4xf32>) {
  %q0 = zq.storage_cast %bytes : tensor<4x64xi8> -> tensor<4x128x!free>
  %0 = zq.quantized_linear %x8 scale(%sx), %q0 scales(%s) {name = "free"}
    : tensor<5x128xf8E4M3FN>, tensor<5xf32>, tensor<4x128x!free>, tensor<4x1xf32> -> tensor<5x4xf32>
  %q8 = zq.storage_cast %bytes8 : tensor<4x128xi8> -> tensor<4x128x!w8>
  %8 = zq.quantized_linear %x8 scale(%sx), %q8 scales(%s) {name = "eight_bits"}
    : tensor<5x128xf8E4M3FN>, tensor<5xf32>, tensor<4x128x!w8>, tensor<4x1xf32> -> tensor<5x4xf32>
  %q1, %a1, %t1 = zq.quantize_weight %w {shift = "ceil"} : tensor<4x128xf32> -> tensor<4x128x!pow2>, tensor<4xf32>, tensor<4x1xi8>
  %1 = zq.quantized_linear %x8 scale(%sx), %q1 scales(%a1, %t1) {name = "decision"}
    : tensor<5x128xf8E4M3FN>, tensor<5xf32>, tensor<4x128x!pow2>, tensor<4xf32>, tensor<4x1xi8> -> tensor<5x4xf32>
  %q2 = zq.storage_cast %bytes : tensor<4x64xi8> -> tensor<4x128x!pow2>
  %2 = zq.quantized_linear %x8 scale(%sx), %q2 scales(%a, %t) {name = "argument"}
    : tensor<5x128xf8E4M3FN>, tensor<5xf32>, tensor<4x128x!pow2>, tensor<4xf32>, tensor<4x1xi8> -> tensor<5x4xf32>
  // 2^-121 / 64 is 2^-127.
  %tiny = arith.constant dense<[1.0, 1.0, 0x03000000, 1.0]> : tensor<4xf32>
  %3 = zq.quantized_linear %x8 scale(%sx), %q2 scales(%tiny, %t) {name = "tiny"}
    : tensor<5x128xf8E4M3FN>, tensor<5xf32>, tensor<4x128x!pow2>, tensor<4xf32>, tensor<4x1xi8> -> tensor<5x4xf32>
  return %8, %0, %1, %2, %3 : tensor<5x4xf32>, tensor<5x4xf32>, tensor<5x4xf32>, tensor<5x4xf32>, tensor<5x4xf32>
}
