// What is left in float is reported with the reason.
// RUN: zq-opt %s --zq-quantize-linear=rules=head=skip --remarks-filter-missed=zq 2>&1 >%t | FileCheck %s
// RUN: FileCheck %s --check-prefix=IR < %t

// What no rule chose is a warning even where remarks are off.
// RUN: zq-opt %s --zq-quantize-linear=rules=head=skip -o /dev/null 2>&1 | FileCheck %s --check-prefix=WARNING
// WARNING: warning: 4 of 5 linear layers stay in float, the first, 'argument': its weight is argument 1 of @f{{.*}}; zq-opt --remarks-filter-missed=zq names each

// IR-NOT: zq.quantize
// IR-COUNT-5: zq.linear
// IR-NOT: zq.quantize

// CHECK: [Missed] zq-quantize-linear {{.*}}Function=f{{.*}}Layer=argument, Reason="its weight is argument 1 of @f{{.*}}zq-bind-weights
// CHECK: [Missed] zq-quantize-linear {{.*}}Function=f{{.*}}Layer=computed, Reason="its weight is computed by 'arith.addf'"
// CHECK: [Missed] zq-quantize-linear {{.*}}Function=f{{.*}}Layer=head, Reason="a rule skips this layer"
// CHECK: [Missed] zq-quantize-linear {{.*}}Function=blocks{{.*}}Layer=block, Reason="its weight is argument 0 of a block of @blocks"
// CHECK: [Missed] zq-quantize-linear {{.*}}Layer=sparse, Reason="its weight is a constant that is neither dense nor dense_resource"
func.func @f(%x: tensor<3x128xf32>, %arg: tensor<4x128xf32>) -> (tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>) {
  %w = arith.constant dense<0.5> : tensor<4x128xf32>
  %0 = zq.linear %x, %arg {name = "argument"} : (tensor<3x128xf32>, tensor<4x128xf32>) -> tensor<3x4xf32>
  %sum = arith.addf %arg, %w : tensor<4x128xf32>
  %1 = zq.linear %x, %sum {name = "computed"} : (tensor<3x128xf32>, tensor<4x128xf32>) -> tensor<3x4xf32>
  %2 = zq.linear %x, %w {name = "head"} : (tensor<3x128xf32>, tensor<4x128xf32>) -> tensor<3x4xf32>
  return %0, %1, %2 : tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>
}
func.func @blocks(%x: tensor<3x128xf32>) -> tensor<3x4xf32> {
  %w = arith.constant dense<0.5> : tensor<4x128xf32>
  cf.br ^next(%w : tensor<4x128xf32>)
^next(%a: tensor<4x128xf32>):
  %0 = zq.linear %x, %a {name = "block"} : (tensor<3x128xf32>, tensor<4x128xf32>) -> tensor<3x4xf32>
  return %0 : tensor<3x4xf32>
}
func.func @sparse(%x: tensor<3x128xf32>) -> tensor<3x4xf32> {
  %w = arith.constant sparse<[[0, 0], [1, 2]], [1.0, 2.0]> : tensor<4x128xf32>
  %0 = zq.linear %x, %w {name = "sparse"} : (tensor<3x128xf32>, tensor<4x128xf32>) -> tensor<3x4xf32>
  return %0 : tensor<3x4xf32>
}
