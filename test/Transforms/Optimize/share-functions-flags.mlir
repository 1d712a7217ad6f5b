// Flags of printing do not change which functions are alike: elided elements
// print the same.
// RUN: zq-opt %s --zq-share-functions --mlir-elide-elementsattrs-if-larger=2 --emit-bytecode | zq-opt | FileCheck %s

// CHECK-LABEL: func.func private @a.shared(
// CHECK:         arith.constant dense<[1.000000e+00, 2.000000e+00, 3.000000e+00, 4.000000e+00]> : vector<4xf32>
// CHECK-LABEL: func.func @a(
// CHECK:         call @a.shared(
func.func @a(%x: tensor<2x4xf32>, %v: vector<4xf32>) -> (tensor<2x4xf32>, vector<4xf32>) {
  %w = zq.weight "a" from "f" : tensor<4x4xf32>
  %c = arith.constant dense<[1.0, 2.0, 3.0, 4.0]> : vector<4xf32>
  %y = zq.linear %x, %w {name = "a"} : (tensor<2x4xf32>, tensor<4x4xf32>) -> tensor<2x4xf32>
  %z = arith.addf %v, %c : vector<4xf32>
  return %y, %z : tensor<2x4xf32>, vector<4xf32>
}

// CHECK-LABEL: func.func @b(
// CHECK:         arith.constant dense<[5.000000e+00, 6.000000e+00, 7.000000e+00, 8.000000e+00]> : vector<4xf32>
// CHECK:         zq.linear
func.func @b(%x: tensor<2x4xf32>, %v: vector<4xf32>) -> (tensor<2x4xf32>, vector<4xf32>) {
  %w = zq.weight "b" from "f" : tensor<4x4xf32>
  %c = arith.constant dense<[5.0, 6.0, 7.0, 8.0]> : vector<4xf32>
  %y = zq.linear %x, %w {name = "b"} : (tensor<2x4xf32>, tensor<4x4xf32>) -> tensor<2x4xf32>
  %z = arith.addf %v, %c : vector<4xf32>
  return %y, %z : tensor<2x4xf32>, vector<4xf32>
}

// CHECK-LABEL: func.func @c(
// CHECK:         call @a.shared(
func.func @c(%x: tensor<2x4xf32>, %v: vector<4xf32>) -> (tensor<2x4xf32>, vector<4xf32>) {
  %w = zq.weight "c" from "f" : tensor<4x4xf32>
  %c = arith.constant dense<[1.0, 2.0, 3.0, 4.0]> : vector<4xf32>
  %y = zq.linear %x, %w {name = "c"} : (tensor<2x4xf32>, tensor<4x4xf32>) -> tensor<2x4xf32>
  %z = arith.addf %v, %c : vector<4xf32>
  return %y, %z : tensor<2x4xf32>, vector<4xf32>
}
