// RUN: zq-opt %s --zq-fuse-residual --remarks-filter-missed=zq 2>&1 >%t | FileCheck %s --implicit-check-not=Layer=
// RUN: FileCheck %s --check-prefix=IR < %t

// CHECK-DAG: Layer=twice, Reason="what is added has other uses"
// CHECK-DAG: Layer=broadcast, Reason="an addend is broadcast, transposed or a scalar"
// CHECK-DAG: Layer=transposed, Reason="an addend is broadcast, transposed or a scalar"
// CHECK-DAG: Layer=scalar, Reason="an addend is broadcast, transposed or a scalar"
// CHECK-DAG: Layer=loop, Reason="its residual is added in another block"
// CHECK-DAG: Layer=shape, Reason="it is not added to another tensor"
// CHECK-DAG: Layer=doubled, Reason="it is not added to another tensor"
// CHECK-DAG: Layer=wider, Reason="what is added to it is not of its type"
// Where something else is done to them there is no add to speak of: relu.

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

// The result is there for its shape alone, or is both addends.
// IR-LABEL: func @no_other_addend
// IR: %[[Y:.*]] = zq.quantized_linear {{.*}} {name = "shape"}
// IR: linalg.generic {{.*}} outs(%[[Y]] :
// IR: %[[Z:.*]] = zq.quantized_linear {{.*}} {name = "doubled"}
// IR: linalg.generic {{.*}} ins(%[[Z]] :
// IR: linalg.generic {{.*}} ins(%{{.*}} :
// IR-NOT: residual
func.func @no_other_addend(%x8: tensor<4x8xi8>, %sx: tensor<4xf32>, %w: tensor<4x8xi8>, %s: tensor<4xf32>, %a: tensor<4x4xf32>, %c: tensor<4x4xf32>, %f: f32, %wide: tensor<?x4xf32>)
    -> (tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>) {
  %empty = tensor.empty() : tensor<4x4xf32>
  %0 = zq.quantized_linear %x8 scale(%sx), %w scales(%s) {name = "shape"} : tensor<4x8xi8>, tensor<4xf32>, tensor<4x8xi8>, tensor<4xf32> -> tensor<4x4xf32>
  %z0 = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%a, %c : tensor<4x4xf32>, tensor<4x4xf32>) outs(%0 : tensor<4x4xf32>) {
  ^bb0(%i: f32, %j: f32, %o: f32):
    %sum = arith.addf %i, %j : f32
    linalg.yield %sum : f32
  } -> tensor<4x4xf32>
  %1 = zq.quantized_linear %x8 scale(%sx), %w scales(%s) {name = "doubled"} : tensor<4x8xi8>, tensor<4xf32>, tensor<4x8xi8>, tensor<4xf32> -> tensor<4x4xf32>
  %z1 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%1 : tensor<4x4xf32>) outs(%empty : tensor<4x4xf32>) {
  ^bb0(%i: f32, %o: f32):
    %sum = arith.addf %i, %i : f32
    linalg.yield %sum : f32
  } -> tensor<4x4xf32>
  %2 = zq.quantized_linear %x8 scale(%sx), %w scales(%s) {name = "scalar"} : tensor<4x8xi8>, tensor<4xf32>, tensor<4x8xi8>, tensor<4xf32> -> tensor<4x4xf32>
  %z2 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%2 : tensor<4x4xf32>) outs(%empty : tensor<4x4xf32>) {
  ^bb0(%i: f32, %o: f32):
    %sum = arith.addf %i, %f : f32
    linalg.yield %sum : f32
  } -> tensor<4x4xf32>
  %3 = zq.quantized_linear %x8 scale(%sx), %w scales(%s) {name = "wider"} : tensor<4x8xi8>, tensor<4xf32>, tensor<4x8xi8>, tensor<4xf32> -> tensor<4x4xf32>
  %z3 = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%3, %wide : tensor<4x4xf32>, tensor<?x4xf32>) outs(%empty : tensor<4x4xf32>) {
  ^bb0(%i: f32, %j: f32, %o: f32):
    %sum = arith.addf %i, %j : f32
    linalg.yield %sum : f32
  } -> tensor<4x4xf32>
  return %z0, %z1, %z2, %z3 : tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>
}
