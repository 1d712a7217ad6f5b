// A second run finds nothing to do: the factors of a compensation are linears
// with constant weights, but no layers of the model.
// RUN: zq-opt %s --zq-decide=lorc-rank=2 --zq-materialize > %t
// RUN: zq-opt %t --zq-quantize-linear --remarks-filter-missed=zq 2>&1 >%t.twice | FileCheck %s
// RUN: diff %t %t.twice

// CHECK: Layer=up.lorc_down, Reason="it compensates a quantized layer (LoRC)"
// CHECK: Layer=up.lorc_up, Reason="it compensates a quantized layer (LoRC)"
func.func @f(%x: tensor<3x128xf32>) -> tensor<3x4xf32> {
  %w = arith.constant dense<0.5> : tensor<4x128xf32>
  %0 = zq.linear %x, %w {name = "up"} : (tensor<3x128xf32>, tensor<4x128xf32>) -> tensor<3x4xf32>
  return %0 : tensor<3x4xf32>
}
