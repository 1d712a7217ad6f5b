// RUN: zq-opt --zq-to-linalg --canonicalize --split-input-file --verify-diagnostics %s | FileCheck %s

// Observers are numbered in their order, and see tokens in FP32, M x K.

// CHECK:       module attributes {zq.observed_layers = {{\[\[}}"up"], ["q", "k"], ["token"]]}
// CHECK:       func.func private @zq_observe(i64, tensor<?x?xf32> {bufferization.access = "read"}) attributes {llvm.emit_c_interface}
// CHECK-LABEL: func.func @observed(
// CHECK-SAME:    %[[X:.*]]: tensor<?x8xf32>, %[[Y:.*]]: tensor<2x?x8xbf16>, %[[Z:.*]]: tensor<8xf32>)
// CHECK-DAG:     %[[C0:.*]] = arith.constant 0 : i64
// CHECK-DAG:     %[[C1:.*]] = arith.constant 1 : i64
// CHECK-DAG:     %[[C2:.*]] = arith.constant 2 : i64
// CHECK:         %[[XO:.*]] = tensor.cast %[[X]] : tensor<?x8xf32> to tensor<?x?xf32>
// CHECK:         call @zq_observe(%[[C0]], %[[XO]])
// CHECK:         %[[YM:.*]] = tensor.collapse_shape %[[Y]] {{\[\[}}0, 1], [2]]
// CHECK:         %[[YF:.*]] = linalg.generic {{.*}} ins(%[[YM]] : tensor<?x8xbf16>)
// CHECK:           arith.extf
// CHECK:         %[[YO:.*]] = tensor.cast %[[YF]]
// CHECK:         call @zq_observe(%[[C1]], %[[YO]])
// CHECK:         tensor.expand_shape %[[Z]] {{\[\[}}0, 1]] output_shape [1, 8]
// CHECK:         call @zq_observe(%[[C2]],
func.func @observed(%x: tensor<?x8xf32>, %y: tensor<2x?x8xbf16>, %z: tensor<8xf32>) {
  zq.observe %x for ["up"] : tensor<?x8xf32>
  zq.observe %y for ["q", "k"] : tensor<2x?x8xbf16>
  zq.observe %z for ["token"] : tensor<8xf32>
  return
}

// -----

// expected-error @below {{is called 'zq_observe', which is the name of what zq.observe becomes a call of: rename it}}
func.func @zq_observe(%x: tensor<?x8xf32>) {
  zq.observe %x for ["up"] : tensor<?x8xf32>
  return
}
