// Products of two activations are no missed layers: what computes their factors
// is said to who asks for analysis.
// RUN: zq-opt --zq-raise-linear --remarks-filter-missed=zq --remarks-filter-analyse=zq %s 2>&1 | FileCheck %s
// RUN: zq-opt --zq-raise-linear --remarks-filter-missed=zq %s -o %t.mlir 2>&1 | FileCheck %s --check-prefix=MISSED

// CHECK: remark: [Analysis] zq-raise-linear {{.*}}Function=scores {{.*}}it has no weight: the left factor is computed by 'math.exp', the right factor is computed by 'math.tanh'
// CHECK: remark: [Missed] zq-raise-linear {{.*}}Function=per_batch {{.*}}the right factor is another matrix for each batch

// MISSED-NOT: Function=scores
// MISSED: Function=per_batch
// MISSED-NOT: Function=scores

// CHECK-LABEL: @scores
// CHECK-NOT: zq.linear
// CHECK: return
func.func @scores(%q: tensor<8x64xf32>, %k: tensor<64x8xf32>) -> tensor<8x8xf32> {
  %z = arith.constant dense<0.0> : tensor<8x8xf32>
  %a = math.exp %q : tensor<8x64xf32>
  %b = math.tanh %k : tensor<64x8xf32>
  %s = linalg.matmul ins(%a, %b : tensor<8x64xf32>, tensor<64x8xf32>) outs(%z : tensor<8x8xf32>) -> tensor<8x8xf32>
  return %s : tensor<8x8xf32>
}

// A parameter in one factor: this one might have been a layer.
func.func @per_batch(%x: tensor<4x8x64xf32>) -> tensor<4x8x8xf32> {
  %z = arith.constant dense<0.0> : tensor<4x8x8xf32>
  %a = math.exp %x : tensor<4x8x64xf32>
  %w = arith.constant dense<1.0> : tensor<4x64x8xf32>
  %y = linalg.batch_matmul ins(%a, %w : tensor<4x8x64xf32>, tensor<4x64x8xf32>) outs(%z : tensor<4x8x8xf32>) -> tensor<4x8x8xf32>
  return %y : tensor<4x8x8xf32>
}
