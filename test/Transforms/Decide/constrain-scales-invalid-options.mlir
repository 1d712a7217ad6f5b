// RUN: not zq-opt %s --zq-constrain-scales=constraint=m4 2>&1 | FileCheck %s --check-prefix=CONSTRAINT
// RUN: not zq-opt %s --zq-constrain-scales=rounding=up 2>&1 | FileCheck %s --check-prefix=ROUNDING
// RUN: not zq-opt %s --zq-constrain-scales=max-shift=32 2>&1 | FileCheck %s --check-prefix=SHIFT
// RUN: not zq-opt %s --zq-constrain-scales="constraint=m1 anchor-search=true" 2>&1 | FileCheck %s --check-prefix=SEARCH
// RUN: not zq-opt %s --zq-constrain-scales="anchor-search=true rules=a=constraint:m1" 2>&1 | FileCheck %s --check-prefix=RULE
// RUN: not zq-opt %s --zq-constrain-scales=rules=a=anchor-search:maybe 2>&1 | FileCheck %s --check-prefix=BOOL

// CONSTRAINT: error: zq-constrain-scales: constraint is 'm4', want m1, m2, m3 or none
// ROUNDING: error: zq-constrain-scales: rounding is 'up', want ceil, floor, nearest or mse
// SHIFT: error: zq-constrain-scales: max-shift is '32', want 0 to the largest of the format, or -1
// SEARCH: error: zq-constrain-scales: anchor-search is true and constraint is 'm1', whose anchors are powers of two: want constraint 'm2' or 'm3'
// RULE: invalid-options.mlir:[[@LINE+5]]:{{.*}}error: 'zq.quantize_weight' op 'a': anchor-search is true and constraint is 'm1'
// BOOL: error: zq-constrain-scales: in the rule for 'a': anchor-search is 'maybe', want true or false

!free = !zq.quantized<f4E2M1FN : f32, blocks = 1x128, scale = #zq.free>
func.func @f(%w: tensor<4x128xf32>) -> tensor<4x128xf32> {
  %q, %s = zq.quantize_weight %w {name = "a"} : tensor<4x128xf32> -> tensor<4x128x!free>, tensor<4x1xf32>
  %d = zq.dequantize %q scales(%s) : tensor<4x128x!free>, tensor<4x1xf32> -> tensor<4x128xf32>
  return %d : tensor<4x128xf32>
}
