// --help lists the tool's own options; those of the pass manager work, though
// they are behind --help-hidden.
// RUN: zq-runner --help | FileCheck %s --check-prefix=HELP --implicit-check-not=--aarch64 --implicit-check-not=--mlir-
// HELP: --arith=<kind>
// HELP: --inputs=<sources>
// HELP: --weights=<file>

// RUN: zq-runner %s --mlir-print-ir-after=zq-export-functions 2>&1 | FileCheck %s
// CHECK: IR Dump After {{.*}}zq-export-functions
// CHECK: func.func @main
// CHECK: result 0: 2xF32
func.func @main() -> tensor<2xf32> {
  %c = arith.constant dense<1.0> : tensor<2xf32>
  return %c : tensor<2xf32>
}
