// What does not fit is said before anything is run.
// REQUIRES: numpy
// RUN: %python -c "import numpy; numpy.save(r'%t.npy', numpy.array([[0, 1, 2, 3], [2, 3, 1, 5]])); numpy.save(r'%t.odd.npy', numpy.zeros((2, 3), numpy.int64)); numpy.save(r'%t.float.npy', numpy.zeros((2, 4)))"

// RUN: not zq-evaluate %s --windows=%t.npy 2>&1 | FileCheck %s --check-prefix=TOKEN
// TOKEN: error: window 1 has token 5, want 0 to 4
// RUN: not zq-evaluate %s --windows=%t.odd.npy 2>&1 | FileCheck %s --check-prefix=LENGTH
// LENGTH: error: @model of {{.*}}invalid.mlir takes tensor<1x4xI64>, but windows have 3 tokens: want 1x3 integers
// RUN: not zq-evaluate %s --windows=%t.float.npy 2>&1 | FileCheck %s --check-prefix=FLOAT
// FLOAT: error: the windows are 2x4xF64, want windows x tokens, I64 or I32
// RUN: not zq-evaluate %s --windows=%t.npy --count=3 2>&1 | FileCheck %s --check-prefix=COUNT
// COUNT: error: window 1 has token 5
// RUN: not zq-evaluate %s --windows=%t.npy --head= --count=3 2>&1 | FileCheck %s --check-prefix=COUNT2
// COUNT2: error: --count is 3, but there are 2 windows
// RUN: not zq-evaluate %s --windows=%t.npy --head=three 2>&1 | FileCheck %s --check-prefix=SLICE
// SLICE: error: @three of {{.*}} takes tensor<1x3x2xF32>, want 1 x tokens x K of F32 with a number of tokens that divides the windows' 4
// RUN: not zq-evaluate %s --windows=%t.npy --head=wide 2>&1 | FileCheck %s --check-prefix=WIDE
// WIDE: error: @wide of {{.*}} takes tensor<1x2x3xF32>, but @model returns tensor<1x4x2xF32>
// RUN: not zq-evaluate %s --windows=%t.npy --model=unbound 2>&1 | FileCheck %s --check-prefix=UNBOUND
// UNBOUND: error: @unbound of {{.*}} has 2 arguments and 1 results, want one tensor of each (weights that are arguments want --weights)
// RUN: not zq-evaluate %s --windows=%t.npy --head=tail 2>&1 | FileCheck %s --check-prefix=NAME
// NAME: error: has no public function 'tail'
// RUN: not zq-evaluate %s --windows=%t.none.npy 2>&1 | FileCheck %s --check-prefix=FILE
// FILE: error: {{.*}}none.npy

func.func @model(%tokens: tensor<1x4xi64>) -> tensor<1x4x2xf32> {
  %0 = arith.constant dense<0.5> : tensor<1x4x2xf32>
  return %0 : tensor<1x4x2xf32>
}
func.func @unbound(%tokens: tensor<1x4xi64>, %w: tensor<2xf32>) -> tensor<1x4x2xf32> {
  %0 = arith.constant dense<0.5> : tensor<1x4x2xf32>
  return %0 : tensor<1x4x2xf32>
}
func.func @head(%x: tensor<1x2x2xf32>) -> tensor<1x2x5xf32> {
  %0 = arith.constant dense<0.5> : tensor<1x2x5xf32>
  return %0 : tensor<1x2x5xf32>
}
func.func @three(%x: tensor<1x3x2xf32>) -> tensor<1x3x5xf32> {
  %0 = arith.constant dense<0.5> : tensor<1x3x5xf32>
  return %0 : tensor<1x3x5xf32>
}
func.func @wide(%x: tensor<1x2x3xf32>) -> tensor<1x2x5xf32> {
  %0 = arith.constant dense<0.5> : tensor<1x2x5xf32>
  return %0 : tensor<1x2x5xf32>
}
