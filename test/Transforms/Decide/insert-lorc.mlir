// RUN: zq-opt %s --zq-quantize-linear --zq-insert-lorc=rank=2 | FileCheck %s
// RUN: zq-opt %s --zq-quantize-linear --zq-insert-lorc="rank=2 factor-type=bf16" | FileCheck %s --check-prefix=BF16
// RUN: zq-opt %s --zq-quantize-linear --zq-insert-lorc="rank=0 rules=up=rank:3" | FileCheck %s --check-prefix=RULE

// DOC-EXAMPLE: zq-insert-lorc
// The compensation reads the float input, and everything that read the layer
// reads the sum.
// CHECK-LABEL: func @f
// CHECK-SAME:    %[[X:[^:]*]]: tensor<2x?x128xf32>, %[[B:.*]]: tensor<4xf32>
func.func @f(%x: tensor<2x?x128xf32>, %b: tensor<4xf32>) -> (tensor<2x?x4xf32>, tensor<2x?x4xf32>) {
  // CHECK: %[[W:.*]] = arith.constant
  %w = arith.constant dense<0.5> : tensor<4x128xf32>
  // CHECK: %[[Q:.*]], %[[S:.*]] = zq.quantize_weight %[[W]]
  // CHECK: %[[Y:.*]] = zq.quantized_linear {{.*}} bias(%[[B]]) {name = "up"}
  // CHECK-NEXT: %[[DOWN:.*]], %[[UP:.*]] = zq.low_rank_compensation %[[W]], %[[Q]] scales(%[[S]]) {name = "up", rank = 2 : i64}
  // CHECK-SAME: -> tensor<2x128xf32>, tensor<4x2xf32>
  // CHECK-NEXT: %[[T:.*]] = zq.linear %[[X]], %[[DOWN]] {name = "up.lorc_down"} : (tensor<2x?x128xf32>, tensor<2x128xf32>) -> tensor<2x?x2xf32>
  // CHECK-NEXT: %[[C:.*]] = zq.linear %[[T]], %[[UP]] {name = "up.lorc_up"} : (tensor<2x?x2xf32>, tensor<4x2xf32>) -> tensor<2x?x4xf32>
  // CHECK-NEXT: %[[Z:.*]] = arith.addf %[[Y]], %[[C]]
  // CHECK-NEXT: %[[N:.*]] = arith.negf %[[Z]]
  // CHECK-NEXT: return %[[Z]], %[[N]]
  // BF16: zq.low_rank_compensation {{.*}} -> tensor<2x128xbf16>, tensor<4x2xbf16>
  // BF16: zq.linear {{.*}} : (tensor<2x?x128xf32>, tensor<2x128xbf16>) -> tensor<2x?x2xf32>
  // RULE: zq.low_rank_compensation {{.*}} rank = 3 : i64
  %y = zq.linear %x, %w bias(%b) {name = "up"} : (tensor<2x?x128xf32>, tensor<4x128xf32>, tensor<4xf32>) -> tensor<2x?x4xf32>
  %n = arith.negf %y : tensor<2x?x4xf32>
  return %y, %n : tensor<2x?x4xf32>, tensor<2x?x4xf32>
}
