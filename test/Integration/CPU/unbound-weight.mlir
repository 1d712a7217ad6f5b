// A weight that is an argument and bound to no file is not quantized, which is
// said; the module runs as it did.

// RUN: zq-opt --zq-quantize --remarks-filter-missed=zq %s -o %t.mlir 2>&1 | FileCheck %s
// RUN: zq-runner %t.mlir --compare %s --inputs=random:1 --dims=5 --tolerance=1e-6
// RUN: FileCheck %s --check-prefix=IR < %t.mlir

// CHECK: [[@LINE+4]]:8: remark: [Missed] {{.*}}argument
// IR: zq.linear
// IR-NOT: zq.quantize
func.func @main(%x: tensor<?x128xf32>, %w: tensor<96x128xf32>) -> tensor<?x96xf32> {
  %y = zq.linear %x, %w : (tensor<?x128xf32>, tensor<96x128xf32>) -> tensor<?x96xf32>
  return %y : tensor<?x96xf32>
}
