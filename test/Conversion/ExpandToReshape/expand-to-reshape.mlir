// RUN: zq-opt --zq-expand-to-reshape %s | FileCheck %s
// RUN: zq-opt --zq-to-cpu %s | FileCheck %s --check-prefix=LLVM

// LLVM: llvm.func @several(
// LLVM-NOT: memref
// CHECK-LABEL: func.func @several(
// CHECK-SAME:    %[[X:.*]]: tensor<?x32xf32>, %[[B:.*]]: index, %[[S:.*]]: index)
// CHECK:         %[[C:.*]] = arith.constant 32 : index
// CHECK:         %[[SHAPE:.*]] = tensor.from_elements %[[B]], %[[S]], %[[C]] : tensor<3xindex>
// CHECK:         tensor.reshape %[[X]](%[[SHAPE]]) : (tensor<?x32xf32>, tensor<3xindex>) -> tensor<?x?x32xf32>
func.func @several(%x: tensor<?x32xf32>, %b: index, %s: index) -> tensor<?x?x32xf32> {
  %y = tensor.expand_shape %x [[0, 1], [2]] output_shape [%b, %s, 32] : tensor<?x32xf32> into tensor<?x?x32xf32>
  return %y : tensor<?x?x32xf32>
}

// One dynamic dimension in each group has a lowering upstream.
// CHECK-LABEL: func.func @one(
// CHECK:         tensor.expand_shape
// CHECK-NOT:     tensor.reshape
func.func @one(%x: tensor<?x?xf32>, %b: index, %s: index) -> tensor<?x4x?x8xf32> {
  %y = tensor.expand_shape %x [[0, 1], [2, 3]] output_shape [%b, 4, %s, 8] : tensor<?x?xf32> into tensor<?x4x?x8xf32>
  return %y : tensor<?x4x?x8xf32>
}
