// Decisions that agree on one weight are computed once, whatever ops bring it,
// in every function; another group or clip is another weight.
// RUN: zq-opt %s --zq-quantize-linear="rules=\"search=clip:search;row=group-size:32\"" --zq-materialize-weights=report=%t.json | FileCheck %s
// RUN: FileCheck %s --check-prefix=REPORT < %t.json

// CHECK-LABEL: func @f
// CHECK: arith.constant dense_resource<first>
// CHECK: arith.constant dense_resource<first>
// CHECK: arith.constant dense_resource<search>
// CHECK: arith.constant dense_resource<row>
// CHECK-LABEL: func @g
// CHECK: arith.constant dense_resource<first>
// CHECK: dialect_resources
// CHECK-COUNT-3: "0x10000000
// CHECK-NOT: "0x

// Three weights of 2 x 128 floats: what layers share counts once.
// REPORT: "total": {
// REPORT-NEXT: "layers": 5,
// REPORT-NEXT: "weights": 3,
// REPORT-NEXT: "bytes_before": 3072,
func.func @f(%x: tensor<?x128xf32>) -> (tensor<?x2xf32>, tensor<?x2xf32>, tensor<?x2xf32>, tensor<?x2xf32>) {
  %w = arith.constant dense<1.5> : tensor<2x128xf32>
  %0 = zq.linear %x, %w {name = "first"} : (tensor<?x128xf32>, tensor<2x128xf32>) -> tensor<?x2xf32>
  %1 = zq.linear %x, %w {name = "second"} : (tensor<?x128xf32>, tensor<2x128xf32>) -> tensor<?x2xf32>
  %2 = zq.linear %x, %w {name = "search"} : (tensor<?x128xf32>, tensor<2x128xf32>) -> tensor<?x2xf32>
  %3 = zq.linear %x, %w {name = "row"} : (tensor<?x128xf32>, tensor<2x128xf32>) -> tensor<?x2xf32>
  return %0, %1, %2, %3 : tensor<?x2xf32>, tensor<?x2xf32>, tensor<?x2xf32>, tensor<?x2xf32>
}
func.func @g(%x: tensor<?x128xf32>) -> tensor<?x2xf32> {
  %w = arith.constant dense<1.5> : tensor<2x128xf32>
  %0 = zq.linear %x, %w {name = "third"} : (tensor<?x128xf32>, tensor<2x128xf32>) -> tensor<?x2xf32>
  return %0 : tensor<?x2xf32>
}
