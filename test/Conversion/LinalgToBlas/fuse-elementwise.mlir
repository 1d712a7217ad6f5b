// RUN: zq-opt --zq-fuse-elementwise --canonicalize %s | FileCheck %s

// A transposition becomes part of the product's maps.
// CHECK-LABEL: func.func @transposed(
// CHECK-NOT:     linalg.transpose
// CHECK:         linalg.generic {indexing_maps = [#[[A:.*]], #[[BT:.*]], #[[C:.*]]], iterator_types = ["parallel", "parallel", "reduction"]} ins(%arg0, %arg1 : tensor<?x64xf32>, tensor<32x64xf32>)
func.func @transposed(%x: tensor<?x64xf32>, %w: tensor<32x64xf32>, %zeros: tensor<?x32xf32>) -> tensor<?x32xf32> {
  %e = tensor.empty() : tensor<64x32xf32>
  %t = linalg.transpose ins(%w : tensor<32x64xf32>) outs(%e : tensor<64x32xf32>) permutation = [1, 0]
  %y = linalg.matmul ins(%x, %t : tensor<?x64xf32>, tensor<64x32xf32>) outs(%zeros : tensor<?x32xf32>) -> tensor<?x32xf32>
  return %y : tensor<?x32xf32>
}

// One that would leave neither dimension of the matrix contiguous does not.
// CHECK-LABEL: func.func @batch_last(
// CHECK:         linalg.generic {{.*}}["parallel", "parallel", "parallel"]
// CHECK:         linalg.generic {{.*}}["parallel", "parallel", "parallel", "reduction"]
func.func @batch_last(%x: tensor<8x16x4xf32>, %w: tensor<4x16x32xf32>, %zeros: tensor<4x8x32xf32>) -> tensor<4x8x32xf32> {
  %e = tensor.empty() : tensor<4x8x16xf32>
  %t = linalg.transpose ins(%x : tensor<8x16x4xf32>) outs(%e : tensor<4x8x16xf32>) permutation = [2, 0, 1]
  %y = linalg.batch_matmul ins(%t, %w : tensor<4x8x16xf32>, tensor<4x16x32xf32>) outs(%zeros : tensor<4x8x32xf32>) -> tensor<4x8x32xf32>
  return %y : tensor<4x8x32xf32>
}

// A chain is one loop; what two loops read and what is no few instructions is
// computed once.
// CHECK-LABEL: func.func @chain(
// CHECK:         %[[E:.*]] = linalg.generic
// CHECK-NEXT:    ^bb0
// CHECK-NEXT:      arith.negf
// CHECK-NEXT:      math.exp
// CHECK-NEXT:      linalg.yield
// CHECK:         linalg.generic {{.*}} ins(%[[E]], %arg1 :
// CHECK-NEXT:    ^bb0
// CHECK-NEXT:      arith.addf
// CHECK-NEXT:      linalg.yield
// CHECK:         linalg.generic {{.*}} ins(%[[E]], %arg1 :
// CHECK-NEXT:    ^bb0
// CHECK-NEXT:      arith.mulf
// CHECK-NEXT:      linalg.yield
// CHECK-NOT:     linalg.generic
func.func @chain(%x: tensor<16xf32>, %y: tensor<16xf32>) -> (tensor<16xf32>, tensor<16xf32>) {
  %e = tensor.empty() : tensor<16xf32>
  %n = linalg.negf ins(%x : tensor<16xf32>) outs(%e : tensor<16xf32>) -> tensor<16xf32>
  %p = linalg.exp ins(%n : tensor<16xf32>) outs(%e : tensor<16xf32>) -> tensor<16xf32>
  %a = linalg.add ins(%p, %y : tensor<16xf32>, tensor<16xf32>) outs(%e : tensor<16xf32>) -> tensor<16xf32>
  %b = linalg.mul ins(%p, %y : tensor<16xf32>, tensor<16xf32>) outs(%e : tensor<16xf32>) -> tensor<16xf32>
  return %a, %b : tensor<16xf32>, tensor<16xf32>
}

// A function that a row shares is not computed for each of its elements.
// CHECK-LABEL: func.func @rows(
// CHECK:         linalg.generic {{.*}}["parallel"]
// CHECK:           math.exp
// CHECK:         linalg.generic {{.*}}["parallel", "parallel"]
// CHECK-NOT:       math.exp
// CHECK:         return
func.func @rows(%x: tensor<16xf32>, %y: tensor<16x32xf32>) -> tensor<16x32xf32> {
  %e = tensor.empty() : tensor<16xf32>
  %f = tensor.empty() : tensor<16x32xf32>
  %p = linalg.exp ins(%x : tensor<16xf32>) outs(%e : tensor<16xf32>) -> tensor<16xf32>
  %b = linalg.broadcast ins(%p : tensor<16xf32>) outs(%f : tensor<16x32xf32>) dimensions = [1]
  %z = linalg.mul ins(%b, %y : tensor<16x32xf32>, tensor<16x32xf32>) outs(%f : tensor<16x32xf32>) -> tensor<16x32xf32>
  return %z : tensor<16x32xf32>
}

// A sum may be taken in any order.
// CHECK-LABEL: func.func @sum(
// CHECK:         arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK:         arith.addf %{{.*}}, %{{.*}} fastmath<reassoc> : f32
func.func @sum(%x: tensor<16x32xf32>, %zeros: tensor<16xf32>) -> tensor<16xf32> {
  %f = tensor.empty() : tensor<16x32xf32>
  %s = linalg.mul ins(%x, %x : tensor<16x32xf32>, tensor<16x32xf32>) outs(%f : tensor<16x32xf32>) -> tensor<16x32xf32>
  %y = linalg.reduce {arith.addf} ins(%s : tensor<16x32xf32>) outs(%zeros : tensor<16xf32>) dimensions = [1]
  return %y : tensor<16xf32>
}
