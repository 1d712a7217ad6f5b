// The result survives text and bytecode, codes and all.
// RUN: zq-opt %s --zq-decide --zq-materialize > %t.mlir
// RUN: zq-opt %t.mlir | diff %t.mlir -
// RUN: zq-opt %t.mlir --emit-bytecode -o %t.mlirbc
// RUN: zq-opt %t.mlirbc | diff %t.mlir -
// RUN: FileCheck %s < %t.mlir

// CHECK: dense_resource<model.layers.0.q_proj>
// CHECK: model.layers.0.q_proj: "0x10000000
func.func @f(%x: tensor<?x128xf32>) -> tensor<?x2xf32> {
  %w = arith.constant dense<1.5> : tensor<2x128xf32>
  %0 = zq.linear %x, %w {name = "model.layers.0.q_proj"} : (tensor<?x128xf32>, tensor<2x128xf32>) -> tensor<?x2xf32>
  return %0 : tensor<?x2xf32>
}
