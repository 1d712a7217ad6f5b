// A failed assertion of the compiled code is an error, not a crash.

// RUN: not zq-runner %s --inputs=random --dims=2,7 > %t.out 2> %t.err
// RUN: FileCheck %s --check-prefix=OUT < %t.out
// RUN: FileCheck %s --check-prefix=ERR < %t.err
// RUN: zq-runner %s --inputs=random --dims=2,8

// OUT: the last dimension of an input of a zq linear is not 8, the K of its weight
// ERR: error: an assertion of the compiled code failed
func.func @main(%x: tensor<?x?xf32>, %w: tensor<4x8xf32>) -> tensor<?x4xf32> {
  %y = zq.linear %x, %w : (tensor<?x?xf32>, tensor<4x8xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}
