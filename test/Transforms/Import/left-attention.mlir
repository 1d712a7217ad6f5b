// Products of two activations are reported with what computes them.
// RUN: zq-opt --zq-raise-linear --remarks-filter-missed=zq %s 2>&1 | FileCheck %s

// CHECK: remark: [Missed] zq-raise-linear {{.*}}it has no weight: the left factor is computed by 'math.exp', the right factor is computed by 'math.tanh'
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
