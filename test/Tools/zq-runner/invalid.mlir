// Bad input is an error that says what is wanted, and exit status 1.

// RUN: not zq-runner %s --entry=nothing --inputs=random 2>&1 | FileCheck %s --check-prefix=ENTRY
// ENTRY: error: has no public function 'nothing' with a body, but has main, opaque, lookup{{$}}

// RUN: not zq-runner %s --entry=opaque --inputs=random 2>&1 | FileCheck %s --check-prefix=TYPE
// TYPE: error: argument 0 is of type 'tensor<4xcomplex<f32>>', want a ranked tensor or a scalar of

// RUN: not zq-runner %s --inputs=random,random,random --dims=2 2>&1 | FileCheck %s --check-prefix=COUNT
// COUNT: error: --inputs has 3 sources, but the function has 2 arguments

// RUN: not zq-runner %s --inputs=random 2>&1 | FileCheck %s --check-prefix=DIMS
// DIMS: error: argument 0: tensor<?x4xF32> has dynamic dimensions: say their sizes with --dims

// RUN: not zq-runner %s --inputs=random --dims=2,3,4 2>&1 | FileCheck %s --check-prefix=MANY-DIMS
// MANY-DIMS: error: --dims has 3 sizes, but only 2 dynamic dimensions take one

// RUN: not zq-runner %s --inputs=random --dims=99999999999999 2>&1 | FileCheck %s --check-prefix=MEMORY
// MEMORY: error: argument 0: 99999999999999x4xF32 needs 1.6e+15 bytes, more than this machine's memory

// RUN: not zq-runner %s --inputs=random:x --dims=2 2>&1 | FileCheck %s --check-prefix=SEED
// SEED: error: argument 0: 'random:x' has a seed that is no number

// RUN: not zq-runner %s --inputs=no-such-file.npy,random --dims=2 2>&1 | FileCheck %s --check-prefix=FILE
// FILE: error: argument 0: {{.*}}no-such-file.npy

// RUN: not zq-runner %s --inputs=random --dims=2 --tolerance=0.1 2>&1 | FileCheck %s --check-prefix=TOLERANCE
// TOLERANCE: error: --tolerance wants --compare and a number from 0

// RUN: not zq-runner %s --inputs=random --dims=2 --pipeline='no-such-pass' 2>&1 | FileCheck %s --check-prefix=PIPELINE
// PIPELINE: error: 'no-such-pass' is no pass pipeline on a module

// RUN: not zq-runner %s --inputs=random --dims=2 --pipeline='zq-to-linalg' 2>&1 | FileCheck %s --check-prefix=NOT-LOWERED
// NOT-LOWERED: error: cannot be compiled: no pass of the pipeline lowers {{.*}} to the LLVM dialect

// RUN: not zq-runner %s --inputs=random --dims=2 --pipeline=zq-to-cpu --arith=apfloat 2>&1 | FileCheck %s --check-prefix=ARITH
// ARITH: error: --arith is an option of zq-to-cpu, which --pipeline replaces

// Nothing is read past the end of a table.
// RUN: %python -c "open(r'%t.raw', 'wb').write(bytes([2, 0, 255, 255, 3, 0]))"
// RUN: not zq-runner %s --entry=lookup --inputs=raw:%t.raw 2>&1 | FileCheck %s --check-prefix=TABLE
// TABLE: error: function 'lookup': input 0 has -1 at element 1, want 0 to 2, the rows of the table that it is looked up in
// RUN: zq-runner %s --entry=lookup --inputs=random

// RUN: not zq-runner %t-no-such.mlir 2>&1 | FileCheck %s --check-prefix=MODULE
// MODULE: error: could not open input file

func.func @main(%x: tensor<?x4xf32>, %y: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %z = arith.addf %x, %y : tensor<?x4xf32>
  return %z : tensor<?x4xf32>
}
func.func @opaque(%x: tensor<4xcomplex<f32>>) {
  return
}
func.func @lookup(%rows: tensor<3xi16>) -> tensor<3xf32> {
  %table = arith.constant dense<[1.0, 2.0, 3.0]> : tensor<3xf32>
  %0 = tensor.generate {
  ^bb0(%i: index):
    %row = tensor.extract %rows[%i] : tensor<3xi16>
    %index = arith.index_cast %row : i16 to index
    %x = tensor.extract %table[%index] : tensor<3xf32>
    tensor.yield %x : f32
  } : tensor<3xf32>
  return %0 : tensor<3xf32>
}
