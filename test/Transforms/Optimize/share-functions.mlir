// What is shared and what is not.
// RUN: zq-opt --zq-share-functions %s | FileCheck %s

// The weights of both are arguments, in the order of the code; zeros and scalars
// belong to the code, and names are gone.
// CHECK-LABEL: func.func private @a.shared(
// CHECK-SAME:    %[[X:.*]]: tensor<2x8xf32>, %[[W:.*]]: tensor<4x8xf32>, %[[B:.*]]: tensor<4xf32>) -> tensor<2x4xf32>
// CHECK:         %[[ZERO:.*]] = arith.constant dense<0.000000e+00> : tensor<2x4xf32>
// CHECK:         %[[Y:.*]] = zq.linear %[[X]], %[[W]] bias(%[[B]]) : (
// CHECK:         %[[Z:.*]] = arith.maximumf %[[Y]], %[[ZERO]]
// CHECK:         return %[[Z]]
// CHECK-LABEL: func.func @a(
// CHECK-SAME:    %[[X:.*]]: tensor<2x8xf32>
// CHECK-NEXT:    %[[W:.*]] = zq.weight "a" from "f"
// CHECK-NEXT:    %[[B:.*]] = arith.constant dense<[1.0
// CHECK-NEXT:    %[[Y:.*]] = call @a.shared(%[[X]], %[[W]], %[[B]])
// CHECK-NEXT:    return %[[Y]]
func.func @a(%x: tensor<2x8xf32>) -> tensor<2x4xf32> {
  %w = zq.weight "a" from "f" : tensor<4x8xf32>
  %b = arith.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
  %zero = arith.constant dense<0.0> : tensor<2x4xf32>
  %y = zq.linear %x, %w bias(%b) {name = "a"} : (tensor<2x8xf32>, tensor<4x8xf32>, tensor<4xf32>) -> tensor<2x4xf32>
  %z = arith.maximumf %y, %zero : tensor<2x4xf32>
  return %z : tensor<2x4xf32>
}

// A weight in a resource is one as well, and a bias of equal numbers.
// CHECK-LABEL: func.func @b(
// CHECK-DAG:     %[[W:.*]] = arith.constant dense_resource<b> : tensor<4x8xf32>
// CHECK-DAG:     %[[B:.*]] = arith.constant dense<5.000000e-01> : tensor<4xf32>
// CHECK:         call @a.shared(%{{.*}}, %[[W]], %[[B]])
func.func @b(%x: tensor<2x8xf32>) -> tensor<2x4xf32> {
  %w = arith.constant dense_resource<b> : tensor<4x8xf32>
  %b = arith.constant dense<0.5> : tensor<4xf32>
  %zero = arith.constant dense<0.0> : tensor<2x4xf32>
  %y = zq.linear %x, %w bias(%b) {name = "b"} : (tensor<2x8xf32>, tensor<4x8xf32>, tensor<4xf32>) -> tensor<2x4xf32>
  %z = arith.maximumf %y, %zero : tensor<2x4xf32>
  return %z : tensor<2x4xf32>
}

// Another constant of the code is other code.
// CHECK-LABEL: func.func @one(
// CHECK:         zq.linear
func.func @one(%x: tensor<2x8xf32>) -> tensor<2x4xf32> {
  %w = zq.weight "a" from "f" : tensor<4x8xf32>
  %b = arith.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
  %zero = arith.constant dense<1.0> : tensor<2x4xf32>
  %y = zq.linear %x, %w bias(%b) {name = "c"} : (tensor<2x8xf32>, tensor<4x8xf32>, tensor<4xf32>) -> tensor<2x4xf32>
  %z = arith.maximumf %y, %zero : tensor<2x4xf32>
  return %z : tensor<2x4xf32>
}

// So are operands in another order, though the ops are the same.
// CHECK-LABEL: func.func @swapped(
// CHECK:         zq.linear
func.func @swapped(%x: tensor<2x8xf32>) -> tensor<2x4xf32> {
  %w = zq.weight "a" from "f" : tensor<4x8xf32>
  %b = arith.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
  %zero = arith.constant dense<0.0> : tensor<2x4xf32>
  %y = zq.linear %x, %w bias(%b) {name = "d"} : (tensor<2x8xf32>, tensor<4x8xf32>, tensor<4xf32>) -> tensor<2x4xf32>
  %z = arith.maximumf %zero, %y : tensor<2x4xf32>
  return %z : tensor<2x4xf32>
}

// Without a weight there is nothing to share for, and one alone shares nothing.
// CHECK-LABEL: func.func @plain0(
// CHECK-NEXT:    arith.addf
// CHECK-LABEL: func.func @plain1(
// CHECK-NEXT:    arith.addf
func.func @plain0(%x: tensor<2xf32>) -> tensor<2xf32> {
  %y = arith.addf %x, %x : tensor<2xf32>
  return %y : tensor<2xf32>
}
func.func @plain1(%x: tensor<2xf32>) -> tensor<2xf32> {
  %y = arith.addf %x, %x : tensor<2xf32>
  return %y : tensor<2xf32>
}

{-#
  dialect_resources: {
    builtin: {
      b: "0x0400000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
    }
  }
#-}
