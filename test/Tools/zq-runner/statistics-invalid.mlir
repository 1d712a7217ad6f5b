// Statistics that cannot be made are refused, and no file is left.

// RUN: rm -f %t.safetensors
// RUN: not zq-runner %s --inputs=random,random,random --dims=2 --statistics=%t.safetensors 2>&1 | FileCheck %s --check-prefix=COUNT
// COUNT: error: --inputs has 3 sources, want a multiple of the 2 that each batch takes

// RUN: not zq-runner %s --inputs=random --dims=2 --statistics=%t.safetensors --pipeline=zq-to-cpu 2>&1 | FileCheck %s --check-prefix=NONE
// NONE: error: no layer is observed: --statistics wants zq-insert-observers in --pipeline

// RUN: not zq-runner %s --inputs=random --dims=2 --pipeline=zq-insert-observers,zq-to-cpu 2>&1 | FileCheck %s --check-prefix=NOWHERE
// NOWHERE: error: the module has observers: say with --statistics where what they see is to be written

// RUN: not zq-runner %s --inputs=random --dims=2 --statistics=%t.safetensors --print 2>&1 | FileCheck %s --check-prefix=PRINT
// PRINT: error: --statistics runs batches and keeps no results

// RUN: not zq-runner %s --inputs=random --dims=0 --statistics=%t.safetensors 2>&1 | FileCheck %s --check-prefix=EMPTY --implicit-check-not=Unhandled
// EMPTY: error: no layer had any inputs

// RUN: not zq-runner %s --inputs=random --dims=2 --entry=infinite --statistics=%t.safetensors 2>&1 | FileCheck %s --check-prefix=INFINITE
// INFINITE: error: batch 0: layer 'bad': infinity in the calibration inputs at token 0, value 0

// RUN: not ls %t.safetensors

func.func @main(%x: tensor<?x4xf32>, %w: tensor<3x4xf32>) -> tensor<?x3xf32> {
  %y = zq.linear %x, %w {name = "up"} : (tensor<?x4xf32>, tensor<3x4xf32>) -> tensor<?x3xf32>
  return %y : tensor<?x3xf32>
}

func.func @infinite(%x: tensor<?x4xf32>, %w: tensor<3x4xf32>) -> tensor<?x3xf32> {
  %inf = arith.constant dense<0x7F800000> : tensor<1x4xf32>
  %y = zq.linear %inf, %w {name = "bad"} : (tensor<1x4xf32>, tensor<3x4xf32>) -> tensor<1x3xf32>
  %z = tensor.cast %y : tensor<1x3xf32> to tensor<?x3xf32>
  return %z : tensor<?x3xf32>
}
