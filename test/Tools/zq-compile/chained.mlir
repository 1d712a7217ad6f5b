// A linear on another's result: both are compiled, and compute what float64 does.
//
// RUN: zq-compile %s -o %t.zqm --no-cubin --quiet --host-output=%t.mlir | FileCheck %s --check-prefix=COUNT
// RUN: FileCheck %s < %t.mlir
// RUN: zq-run %t.zqm --device cpu --m 4 --compare float64 | FileCheck %s --check-prefix=RUNS
// COUNT: 2 linears
// RUNS: 2 runs, largest error

// CHECK: %[[HIDDEN:.*]] = call @{{.*}}(%{{.*}}) : (tensor<?x32xf32>) -> tensor<?x16xf32>
// CHECK: call @{{.*}} : (tensor<?x16xf32>) -> tensor<?x8xf32>
func.func @main(%x: tensor<?x32xf32>) -> tensor<?x8xf32> {
  %w1 = arith.constant dense<0.5> : tensor<16x32xf32>
  %hidden = zq.linear %x, %w1 {name = "first"} : (tensor<?x32xf32>, tensor<16x32xf32>) -> tensor<?x16xf32>
  %w2 = arith.constant dense<0.25> : tensor<8x16xf32>
  %y = zq.linear %hidden, %w2 {name = "second"} : (tensor<?x16xf32>, tensor<8x16xf32>) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}
