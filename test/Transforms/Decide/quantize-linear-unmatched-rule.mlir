// A rule that names no layer is a misspelling more often than not. A rule of
// another pass of the phase is that pass's to judge.
// RUN: zq-opt %s --zq-quantize-linear="rules=\"lm_haed=skip;*.q_proj=rank:4\"" 2>&1 | FileCheck %s

// CHECK: warning: zq-quantize-linear: the rule for 'lm_haed' matches no layer that this pass looks at
// CHECK-NOT: q_proj
func.func @f(%x: tensor<3x128xf32>) -> tensor<3x4xf32> {
  %w = arith.constant dense<0.5> : tensor<4x128xf32>
  %0 = zq.linear %x, %w {name = "lm_head"} : (tensor<3x128xf32>, tensor<4x128xf32>) -> tensor<3x4xf32>
  return %0 : tensor<3x4xf32>
}
