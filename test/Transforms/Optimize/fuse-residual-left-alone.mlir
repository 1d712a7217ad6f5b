// RUN: zq-opt %s --zq-fuse-residual --remarks-filter-missed=zq 2>&1 >%t | FileCheck %s
// RUN: FileCheck %s --check-prefix=IR < %t

// CHECK-DAG: Layer=loop, Reason="its residual is added in another block"
// Used twice, or in another way, they have no residual to speak of.
// CHECK-NOT: Layer={{twice|relu|broadcast|transposed}}
// IR-NOT: residual
#id = affine_map<(m, n) -> (m, n)>
#row = affine_map<(m, n) -> (n)>
#turned = affine_map<(m, n) -> (n, m)>
func.func @f(%x8: tensor<4x8xi8>, %sx: tensor<4xf32>, %w: tensor<4x8xi8>, %s: tensor<4xf32>, %h: tensor<4x4xf32>, %v: tensor<4xf32>, %n: index)
    -> (tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>) {
  %empty = tensor.empty() : tensor<4x4xf32>
  %0 = zq.quantized_linear %x8 scale(%sx), %w scales(%s) {name = "twice"} : tensor<4x8xi8>, tensor<4xf32>, tensor<4x8xi8>, tensor<4xf32> -> tensor<4x4xf32>
  %z0 = arith.addf %0, %h : tensor<4x4xf32>
  %1 = zq.quantized_linear %x8 scale(%sx), %w scales(%s) {name = "relu"} : tensor<4x8xi8>, tensor<4xf32>, tensor<4x8xi8>, tensor<4xf32> -> tensor<4x4xf32>
  %z1 = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%1, %h : tensor<4x4xf32>, tensor<4x4xf32>) outs(%empty : tensor<4x4xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %zero = arith.constant 0.0 : f32
    %relu = arith.maximumf %a, %zero : f32
    %sum = arith.addf %relu, %b : f32
    linalg.yield %sum : f32
  } -> tensor<4x4xf32>
  %2 = zq.quantized_linear %x8 scale(%sx), %w scales(%s) {name = "broadcast"} : tensor<4x8xi8>, tensor<4xf32>, tensor<4x8xi8>, tensor<4xf32> -> tensor<4x4xf32>
  %z2 = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]}
      ins(%2, %v : tensor<4x4xf32>, tensor<4xf32>) outs(%empty : tensor<4x4xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %sum = arith.addf %a, %b : f32
    linalg.yield %sum : f32
  } -> tensor<4x4xf32>
  %3 = zq.quantized_linear %x8 scale(%sx), %w scales(%s) {name = "transposed"} : tensor<4x8xi8>, tensor<4xf32>, tensor<4x8xi8>, tensor<4xf32> -> tensor<4x4xf32>
  %z3 = linalg.generic {indexing_maps = [#id, #turned, #id], iterator_types = ["parallel", "parallel"]}
      ins(%3, %h : tensor<4x4xf32>, tensor<4x4xf32>) outs(%empty : tensor<4x4xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %sum = arith.addf %a, %b : f32
    linalg.yield %sum : f32
  } -> tensor<4x4xf32>
  %4 = zq.quantized_linear %x8 scale(%sx), %w scales(%s) {name = "loop"} : tensor<4x8xi8>, tensor<4xf32>, tensor<4x8xi8>, tensor<4xf32> -> tensor<4x4xf32>
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %z4 = scf.for %i = %c0 to %n step %c1 iter_args(%a = %h) -> tensor<4x4xf32> {
    %sum = arith.addf %4, %a : tensor<4x4xf32>
    scf.yield %sum : tensor<4x4xf32>
  }
  return %0, %z0, %z1, %z2, %z3, %z4 : tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>
}
