// A weight in a constant global is one weight, however many functions load it:
// one computation, one resource.
// RUN: zq-opt %s --zq-quantize-linear --zq-materialize-weights=report=%t.json | FileCheck %s
// RUN: FileCheck %s --check-prefix=REPORT < %t.json
// RUN: sed 's/dense<1.5>/dense<0x7FC00000>/' %s | not zq-opt --zq-quantize-linear --zq-materialize-weights 2>&1 | FileCheck %s --check-prefix=NAN

// CHECK-LABEL: func @f
// CHECK-NOT: global_load_const
// CHECK: arith.constant dense_resource<first>
// CHECK-LABEL: func @g
// CHECK-NOT: global_load_const
// CHECK: arith.constant dense_resource<first>
// CHECK: dialect_resources
// CHECK-COUNT-1: "0x10000000
// CHECK-NOT: "0x

// REPORT: "layers": 2,
// REPORT-NEXT: "weights": 1,

// NAN: error: 'zq.quantize_weight' op of layer 'first': NaN {{.*}}(global 'w')
ml_program.global private @w(dense<1.5> : tensor<2x128xf32>) : tensor<2x128xf32>
func.func @f(%x: tensor<?x128xf32>) -> tensor<?x2xf32> {
  %w = ml_program.global_load_const @w : tensor<2x128xf32>
  %0 = zq.linear %x, %w {name = "first"} : (tensor<?x128xf32>, tensor<2x128xf32>) -> tensor<?x2xf32>
  return %0 : tensor<?x2xf32>
}
func.func @g(%x: tensor<?x128xf32>) -> tensor<?x2xf32> {
  %w = ml_program.global_load_const @w : tensor<2x128xf32>
  %0 = zq.linear %x, %w {name = "second"} : (tensor<?x128xf32>, tensor<2x128xf32>) -> tensor<?x2xf32>
  return %0 : tensor<?x2xf32>
}
