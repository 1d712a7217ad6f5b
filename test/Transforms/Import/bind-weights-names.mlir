// IR without attributes, and a checkpoint in two files.
// RUN: %python %S/Inputs/make_safetensors.py %t.1.safetensors w:F32:4x3
// RUN: %python %S/Inputs/make_safetensors.py %t.2.safetensors b:F32:4
// RUN: zq-opt "--zq-bind-weights=file=%t.1.safetensors,%t.2.safetensors names=1=w,f:2=b" %s | FileCheck %s
// RUN: not zq-opt "--zq-bind-weights=file=%t.1.safetensors names=7=w" %s 2>&1 | FileCheck %s --check-prefix=INDEX
// RUN: not zq-opt "--zq-bind-weights=file=%t.1.safetensors names=g:1=w" %s 2>&1 | FileCheck %s --check-prefix=FUNCTION
// RUN: not zq-opt "--zq-bind-weights=file=%t.1.safetensors names=one=w" %s 2>&1 | FileCheck %s --check-prefix=FORM
// RUN: not zq-opt "--zq-bind-weights=file=%t.1.safetensors,%t.1.safetensors" %s 2>&1 | FileCheck %s --check-prefix=TWICE

// CHECK: @f(%{{[^,]*}}: tensor<2x3xf32>) ->
// CHECK-DAG: %[[W:.*]] = zq.weight "w" from "{{.*}}.1.safetensors" : tensor<4x3xf32>
// CHECK-DAG: %[[B:.*]] = zq.weight "b" from "{{.*}}.2.safetensors" : tensor<4xf32>
// CHECK: return %[[W]], %[[B]]
// INDEX: error: zq-bind-weights: names entry '7=w': @f has 3 arguments
// FUNCTION: error: zq-bind-weights: names entry 'g:1=w': the module has no function @g with a body
// FORM: error: zq-bind-weights: names entry 'one=w': want [function:]index=tensor
// TWICE: error: zq-bind-weights: tensor 'w' is in {{.*}}.1.safetensors and in {{.*}}.1.safetensors
func.func @f(%x: tensor<2x3xf32>, %w: tensor<4x3xf32>, %b: tensor<4xf32>) -> (tensor<4x3xf32>, tensor<4xf32>) {
  return %w, %b : tensor<4x3xf32>, tensor<4xf32>
}
