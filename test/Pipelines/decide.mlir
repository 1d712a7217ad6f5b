// The pipeline is its passes, and linears with one input share its quantized form.
// RUN: zq-opt %s --zq-decide="weight-format=int4 group-size=64 constraint=m1 rounding=mse lorc-rank=2 rules=gate=group-size:32,rank:3,constraint:m2" > %t.pipeline
// RUN: zq-opt %s --zq-quantize-linear="weight-format=int4 group-size=64 rules=gate=group-size:32" \
// RUN:   --zq-constrain-scales="constraint=m1 rounding=mse rules=gate=constraint:m2" \
// RUN:   --zq-insert-lorc="rank=2 rules=gate=rank:3" --cse > %t.passes
// RUN: diff %t.pipeline %t.passes
// RUN: FileCheck %s < %t.pipeline

// CHECK-COUNT-1: zq.quantize_activation
// CHECK-NOT: zq.quantize_activation
func.func @f(%x: tensor<3x128xf32>) -> (tensor<3x4xf32>, tensor<3x4xf32>) {
  %w = arith.constant dense<0.5> : tensor<4x128xf32>
  %0 = zq.linear %x, %w {name = "up"} : (tensor<3x128xf32>, tensor<4x128xf32>) -> tensor<3x4xf32>
  %1 = zq.linear %x, %w {name = "gate"} : (tensor<3x128xf32>, tensor<4x128xf32>) -> tensor<3x4xf32>
  return %0, %1 : tensor<3x4xf32>, tensor<3x4xf32>
}
