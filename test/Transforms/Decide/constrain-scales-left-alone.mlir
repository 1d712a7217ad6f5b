// RUN: zq-opt %s --zq-constrain-scales="rules=\"none=constraint:none;no_layer=max-shift:3\"" --remarks-filter-missed=zq 2>&1 >%t | FileCheck %s
// RUN: FileCheck %s --check-prefix=IR < %t

!free = !zq.quantized<f4E2M1FN : f32, blocks = 1x128, scale = #zq.free>
!pow2 = !zq.quantized<f4E2M1FN : f32, blocks = 1x128, scale = #zq.pow2<anchor = row, max_shift = 3>>
!w8 = !zq.quantized<f8E4M3FN : f32, blocks = 1x128, scale = #zq.free>

// CHECK-DAG: Function=f | Reason="the weight is materialized with free scales; constrain them before zq-materialize-weights"
// CHECK-DAG: Layer=returned, Reason="func.return uses the decision and fixes its types"
// CHECK-DAG: Layer=foreign_scales, Reason="zq.dequantize uses the decision and fixes its types"
// CHECK-DAG: Layer=done, Reason="scales are constrained already"
// CHECK-DAG: Layer=none, Reason="constraint is none, scales stay free"
// CHECK-DAG: Layer=eight_bits, Reason="8-bit weights keep free scales: there is no cast that constrained ones could move into"
// CHECK-DAG: warning: zq-constrain-scales: the rule for 'no_layer' matches no layer

// IR-NOT: max_shift = 11
func.func @f(%bytes: tensor<4x64xi8>, %s: tensor<4x1xf32>)
    -> (tensor<4x128xf32>, tensor<4x128x!free>, tensor<4x1xf32>, tensor<4x128xf32>, tensor<4x128xf32>, tensor<4x128xf32>, tensor<4x128xf32>) {
  %w = arith.constant dense<0.5> : tensor<4x128xf32>
  %0 = zq.storage_cast %bytes : tensor<4x64xi8> -> tensor<4x128x!free>
  %d0 = zq.dequantize %0 scales(%s) : tensor<4x128x!free>, tensor<4x1xf32> -> tensor<4x128xf32>
  %1, %s1 = zq.quantize_weight %w {name = "returned"} : tensor<4x128xf32> -> tensor<4x128x!free>, tensor<4x1xf32>
  %2, %s2 = zq.quantize_weight %w {name = "foreign_scales"} : tensor<4x128xf32> -> tensor<4x128x!free>, tensor<4x1xf32>
  %d2 = zq.dequantize %2 scales(%s) : tensor<4x128x!free>, tensor<4x1xf32> -> tensor<4x128xf32>
  %3, %s3, %t3 = zq.quantize_weight %w {name = "done", shift = "ceil"} : tensor<4x128xf32> -> tensor<4x128x!pow2>, tensor<4xf32>, tensor<4x1xi8>
  %d3 = zq.dequantize %3 scales(%s3, %t3) : tensor<4x128x!pow2>, tensor<4xf32>, tensor<4x1xi8> -> tensor<4x128xf32>
  %4, %s4 = zq.quantize_weight %w {name = "none"} : tensor<4x128xf32> -> tensor<4x128x!free>, tensor<4x1xf32>
  %d4 = zq.dequantize %4 scales(%s4) : tensor<4x128x!free>, tensor<4x1xf32> -> tensor<4x128xf32>
  %5, %s5 = zq.quantize_weight %w {name = "eight_bits"} : tensor<4x128xf32> -> tensor<4x128x!w8>, tensor<4x1xf32>
  %d5 = zq.dequantize %5 scales(%s5) : tensor<4x128x!w8>, tensor<4x1xf32> -> tensor<4x128xf32>
  return %d0, %1, %s1, %d2, %d3, %d4, %d5 : tensor<4x128xf32>, tensor<4x128x!free>, tensor<4x1xf32>, tensor<4x128xf32>, tensor<4x128xf32>, tensor<4x128xf32>, tensor<4x128xf32>
}
