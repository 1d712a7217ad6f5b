// --compare runs a second module on the same inputs; --tolerance makes the
// difference an exit status. A module may be lowered beforehand.

// RUN: split-file %s %t
// RUN: zq-runner %t/double.mlir --compare=%t/sum.mlir --inputs=random --tolerance=0 | FileCheck %s --check-prefix=SAME
// SAME: result 0: relative L2 error 0.000e+00, largest difference 0.000e+00

// RUN: not zq-runner %t/triple.mlir --compare=%t/double.mlir --inputs=random --tolerance=0.49 > %t/out 2> %t/err
// RUN: FileCheck %s --check-prefix=LARGER < %t/out
// RUN: FileCheck %s --check-prefix=ERROR < %t/err
// RUN: zq-runner %t/triple.mlir --compare=%t/double.mlir --inputs=random --tolerance=0.51
// LARGER: result 0: relative L2 error 5.000e-01
// ERROR: error: an error is larger than the tolerance of 0.49

// RUN: zq-opt --zq-to-cpu %t/double.mlir -o %t/lowered.mlir
// RUN: zq-runner %t/lowered.mlir --compare=%t/sum.mlir --inputs=random --tolerance=0

// RUN: not zq-runner %t/double.mlir --compare=%t/other.mlir --inputs=random 2>&1 | FileCheck %s --check-prefix=ARGUMENTS
// ARGUMENTS: error: the modules take different arguments: (tensor<8xF32>) and (tensor<9xF32>); weights among them count: zq-opt --zq-import=weights=FILE binds them

//--- double.mlir
func.func @main(%x: tensor<8xf32>) -> tensor<8xf32> {
  %c = arith.constant dense<2.0> : tensor<8xf32>
  %y = arith.mulf %x, %c : tensor<8xf32>
  return %y : tensor<8xf32>
}
//--- triple.mlir
func.func @main(%x: tensor<8xf32>) -> tensor<8xf32> {
  %c = arith.constant dense<3.0> : tensor<8xf32>
  %y = arith.mulf %x, %c : tensor<8xf32>
  return %y : tensor<8xf32>
}
//--- sum.mlir
func.func @main(%x: tensor<8xf32>) -> tensor<8xf32> {
  %y = arith.addf %x, %x : tensor<8xf32>
  return %y : tensor<8xf32>
}
//--- other.mlir
func.func @main(%x: tensor<9xf32>) -> tensor<9xf32> {
  return %x : tensor<9xf32>
}
