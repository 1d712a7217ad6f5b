// Calls within the module no longer pass what is bound.
// RUN: %python %S/Inputs/make_safetensors.py %t.safetensors w:F32:4x3
// RUN: zq-opt --zq-bind-weights=file=%t.safetensors --split-input-file --verify-diagnostics %s | FileCheck %s

// CHECK: func.func private @layer(%{{[^,]*}}: tensor<2x3xf32>) -> tensor<4x3xf32>
func.func private @layer(%x: tensor<2x3xf32>, %w: tensor<4x3xf32> {zq.weight = "w"}) -> tensor<4x3xf32> {
  return %w : tensor<4x3xf32>
}
// CHECK: func.func @main(%[[X:.*]]: tensor<2x3xf32>, %{{.*}}: tensor<4x3xf32>)
// CHECK-NEXT: call @layer(%[[X]]) : (tensor<2x3xf32>) -> tensor<4x3xf32>
func.func @main(%x: tensor<2x3xf32>, %w: tensor<4x3xf32>) -> tensor<4x3xf32> {
  %y = call @layer(%x, %w) : (tensor<2x3xf32>, tensor<4x3xf32>) -> tensor<4x3xf32>
  return %y : tensor<4x3xf32>
}

// -----

func.func private @layer(%x: tensor<2x3xf32>, %w: tensor<4x3xf32> {zq.weight = "w"}) -> tensor<4x3xf32> {
  return %w : tensor<4x3xf32>
}
func.func @main() -> ((tensor<2x3xf32>, tensor<4x3xf32>) -> tensor<4x3xf32>) {
  // expected-error @+1 {{uses @layer other than by a call, so that its arguments cannot be removed}}
  %f = constant @layer : (tensor<2x3xf32>, tensor<4x3xf32>) -> tensor<4x3xf32>
  return %f : (tensor<2x3xf32>, tensor<4x3xf32>) -> tensor<4x3xf32>
}
