// RUN: zq-opt %s --zq-materialize-weights --remarks-filter-missed=zq 2>&1 >%t | FileCheck %s
// RUN: FileCheck %s --check-prefix=IR < %t

!pow2 = !zq.quantized<f4E2M1FN : f32, blocks = 1x2, scale = #zq.pow2<anchor = row, max_shift = 3>>

// CHECK: Layer=argument, Reason="its weight is argument 0 of @f{{.*}}zq-bind-weights
// A shift of 5 would be wanted in row 0.
// CHECK: Layer=clamped, Reason="1 of 4 groups wanted a shift past 3 and were quantized with that one"
// IR: zq.quantize_weight %arg0 {name = "argument"
// IR-NOT: zq.quantize_weight
// IR: dense<{{\[}}[0, 3], [0, 1]]> : tensor<2x2xi8>
func.func @f(%w: tensor<2x4xf32>) -> (tensor<2x4xf32>, tensor<2x4xf32>) {
  %q0, %a0, %s0 = zq.quantize_weight %w {name = "argument", shift = "nearest"} : tensor<2x4xf32> -> tensor<2x4x!pow2>, tensor<2xf32>, tensor<2x2xi8>
  %0 = zq.dequantize %q0 scales(%a0, %s0) : tensor<2x4x!pow2>, tensor<2xf32>, tensor<2x2xi8> -> tensor<2x4xf32>
  %c = arith.constant dense<[[96.0, 1.0, 3.0, 2.0], [6.0, 0.0, 3.0, 0.0]]> : tensor<2x4xf32>
  %q1, %a1, %s1 = zq.quantize_weight %c {name = "clamped", shift = "nearest"} : tensor<2x4xf32> -> tensor<2x4x!pow2>, tensor<2xf32>, tensor<2x2xi8>
  %1 = zq.dequantize %q1 scales(%a1, %s1) : tensor<2x4x!pow2>, tensor<2xf32>, tensor<2x2xi8> -> tensor<2x4xf32>
  return %0, %1 : tensor<2x4xf32>, tensor<2x4xf32>
}
