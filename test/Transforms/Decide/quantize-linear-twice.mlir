// A second run finds nothing to do: the factors of a compensation are linears
// with constant weights, but no layers of the model.
// RUN: zq-opt %s --zq-decide=lorc-rank=2 --zq-materialize > %t
// RUN: zq-opt %t --zq-quantize-linear --remarks-filter=zq --remark-policy=all 2>&1 >%t.twice | FileCheck %s
// RUN: diff %t %t.twice

// One remark for all of a function.
// CHECK: twice.mlir.tmp:{{[0-9]+}}:{{[0-9]+}}: remark: {{.*}}Function=f | Reason="4 linears compensate quantized layers (LoRC)"
// CHECK-NOT: LoRC
func.func @f(%x: tensor<3x128xf32>) -> tensor<3x4xf32> {
  %w = arith.constant dense<0.5> : tensor<4x128xf32>
  %0 = zq.linear %x, %w {name = "up"} : (tensor<3x128xf32>, tensor<4x128xf32>) -> tensor<3x4xf32>
  %1 = zq.linear %x, %w {name = "gate"} : (tensor<3x128xf32>, tensor<4x128xf32>) -> tensor<3x4xf32>
  %2 = arith.mulf %0, %1 : tensor<3x4xf32>
  return %2 : tensor<3x4xf32>
}
