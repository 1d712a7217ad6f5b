// RUN: zq-opt --zq-insert-observers %s | FileCheck %s

// Layers that read one tensor share an observer; another tensor has its own.
// DOC-EXAMPLE: zq-insert-observers

// CHECK-LABEL: func.func @attention(
// CHECK-SAME:    %[[X:.*]]: tensor<?x8xf32>,
// CHECK-NEXT:    zq.observe %[[X]] for ["q_proj", "v_proj"] : tensor<?x8xf32>
// CHECK-NEXT:    %[[Q:.*]] = zq.linear %[[X]]
// CHECK-NEXT:    %[[V:.*]] = zq.linear %[[X]]
// CHECK-NEXT:    %[[S:.*]] = arith.mulf
// CHECK-NEXT:    zq.observe %[[S]] for ["o_proj"] : tensor<?x8xf32>
// CHECK-NEXT:    zq.linear %[[S]]
func.func @attention(%x: tensor<?x8xf32>, %wq: tensor<8x8xf32>, %wv: tensor<8x8xf32>, %wo: tensor<8x8xf32>) -> tensor<?x8xf32> {
  %q = zq.linear %x, %wq {name = "q_proj"} : (tensor<?x8xf32>, tensor<8x8xf32>) -> tensor<?x8xf32>
  %v = zq.linear %x, %wv {name = "v_proj"} : (tensor<?x8xf32>, tensor<8x8xf32>) -> tensor<?x8xf32>
  %s = arith.mulf %q, %v : tensor<?x8xf32>
  %o = zq.linear %s, %wo {name = "o_proj"} : (tensor<?x8xf32>, tensor<8x8xf32>) -> tensor<?x8xf32>
  return %o : tensor<?x8xf32>
}
