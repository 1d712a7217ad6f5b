// Every argument that does not fit its tensor is an error there, and none is
// bound.
// RUN: %python %S/Inputs/make_safetensors.py %t.safetensors up.weight:BF16:4x3 ids:I8:4x3
// RUN: not zq-opt --zq-bind-weights=file=%t.safetensors %s -o %t.mlir 2>&1 | FileCheck %s
// RUN: not ls %t.mlir
// RUN: not zq-opt --zq-bind-weights=file=%t.missing %s 2>&1 | FileCheck %s --check-prefix=MISSING
// RUN: not zq-opt --zq-bind-weights=file=%s %s 2>&1 | FileCheck %s --check-prefix=MALFORMED
// RUN: not zq-opt --zq-bind-weights %s 2>&1 | FileCheck %s --check-prefix=NONE --implicit-check-not=func.func

// MISSING: error: zq-bind-weights: {{.*}}.missing
// MALFORMED: error: zq-bind-weights: {{.*}}bind-weights-errors.mlir:
// NONE: error: zq-bind-weights: no weights file; name one with the option file=

// CHECK: :[[#@LINE+15]]:{{[0-9]+}}: error: zq-bind-weights: argument 7 of @f: its zq.weight is 3 : i32, want the name of a tensor, or no value
// CHECK: :[[#@LINE+7]]:{{[0-9]+}}: error: zq-bind-weights: argument 0 of @f: {{.*}} tensor 'up.wieght': {{.*}}the nearest is 'up.weight'
// CHECK: :[[#@LINE+7]]:{{[0-9]+}}: error: zq-bind-weights: argument 1 of @f: {{.*}} tensor 'up.weight' is BF16 4x3, but the argument is tensor<4x4xf32>
// CHECK: :[[#@LINE+7]]:{{[0-9]+}}: error: zq-bind-weights: argument 2 of @f: {{.*}} tensor 'up.weight' is BF16 4x3, but the argument is tensor<3x4xf32>; transpose it in the function
// CHECK: :[[#@LINE+7]]:{{[0-9]+}}: error: zq-bind-weights: argument 3 of @f: {{.*}} tensor 'ids' is I8 4x3, wanted F32, F16 or BF16
// CHECK: :[[#@LINE+7]]:{{[0-9]+}}: error: zq-bind-weights: argument 4 of @f: {{.*}} but the argument is tensor<4x3xi8>, wanted a tensor of f32, f16 or bf16
// CHECK: :[[#@LINE+7]]:{{[0-9]+}}: error: zq-bind-weights: argument 5 of @f: {{.*}} but the argument is tensor<?x3xf32>
func.func @f(
    %a: tensor<4x3xf32> {zq.weight = "up.wieght"},
    %b: tensor<4x4xf32> {zq.weight = "up.weight"},
    %c: tensor<3x4xf32> {zq.weight = "up.weight"},
    %d: tensor<4x3xf32> {zq.weight = "ids"},
    %e: tensor<4x3xi8> {zq.weight = "up.weight"},
    %f: tensor<?x3xf32> {zq.weight = "up.weight"},
    %g: tensor<4x3xf32> {zq.weight = "up.weight"},
    %h: tensor<4x3xf32> {zq.weight = 3 : i32}) {
  return
}
