// Outputs that are not 1 x tokens x K, and tokens that no table can have: nothing
// is read out of bounds.
// REQUIRES: numpy
// RUN: %python -c "import numpy; numpy.save(r'%t.npy', numpy.array([[0, 1, 2, 3], [2, 3, 1, 4]])); numpy.save(r'%t.negative.npy', numpy.array([[0, 1, 2, 3], [2, -3, 1, 4]])); numpy.save(r'%t.large.npy', numpy.array([[10**12, 1, 2, 3]]))"

// RUN: not zq-evaluate %s --windows=%t.npy --model=short 2>&1 | FileCheck %s --check-prefix=SHORT
// SHORT: error: @head of {{.*}} takes tensor<1x2x2xF32>, but @short returns tensor<1x1x2xF32>: want 1x4x2 of windows of 4 tokens
// RUN: not zq-evaluate %s --windows=%t.npy --model=batch 2>&1 | FileCheck %s --check-prefix=BATCH
// BATCH: error: @head of {{.*}} takes tensor<1x2x2xF32>, but @batch returns tensor<2x4x2xF32>: want 1x4x2 of windows of 4 tokens
// RUN: not zq-evaluate %s --windows=%t.npy --model=dynamic 2>&1 | FileCheck %s --check-prefix=DYNAMIC
// DYNAMIC: error: window 0: @dynamic of {{.*}} returns 1x1x2xF32, but @head wants 1x4x2xF32
// RUN: not zq-evaluate %s --windows=%t.npy --head=none 2>&1 | FileCheck %s --check-prefix=NONE
// NONE: error: @none of {{.*}} takes tensor<1x0x2xF32>, want 1 x tokens x K of F32
// RUN: not zq-evaluate %s --windows=%t.npy --head=pair 2>&1 | FileCheck %s --check-prefix=PAIR
// PAIR: error: @pair of {{.*}} returns tensor<2x2x5xF32>, want 1 x 2 x vocabulary of F32

// RUN: not zq-evaluate %s --windows=%t.negative.npy 2>&1 | FileCheck %s --check-prefix=NEGATIVE
// NEGATIVE: error: window 1 has token -3, want 0 to 4
// RUN: not zq-evaluate %s --windows=%t.large.npy 2>&1 | FileCheck %s --check-prefix=LARGE
// LARGE: error: window 0 has token 1000000000000, want 0 to 4
// RUN: not zq-evaluate %s --windows=%t.negative.npy --head= 2>&1 | FileCheck %s --check-prefix=NEGATIVE2
// NEGATIVE2: error: window 1 has token -3, want 0 to 2147483647
// RUN: not zq-evaluate %s --windows=%t.large.npy --head= 2>&1 | FileCheck %s --check-prefix=LARGE2
// LARGE2: error: window 0 has token 1000000000000, want 0 to 2147483647

// A table may have fewer rows than the head has logits.
// RUN: not zq-evaluate %s --windows=%t.npy --model=lookup 2>&1 | FileCheck %s --check-prefix=TABLE
// RUN: not zq-evaluate %s --windows=%t.npy --model=lookup --head= 2>&1 | FileCheck %s --check-prefix=TABLE
// TABLE: error: window 1 has token 4, want 0 to 3

// However it is looked up.
// RUN: not zq-evaluate %s --windows=%t.npy --model=gather --head= 2>&1 | FileCheck %s --check-prefix=TABLE
// RUN: not zq-evaluate %s --windows=%t.npy --model=generate --head= 2>&1 | FileCheck %s --check-prefix=TABLE

// So may the table of a function that tokens are passed to, but not those that
// other values are looked up in.
// RUN: not zq-evaluate %s --windows=%t.npy --model=passes 2>&1 | FileCheck %s --check-prefix=TABLE
// RUN: zq-evaluate %s --windows=%t.npy --model=positions --head= | FileCheck %s --check-prefix=POSITIONS
// POSITIONS: invalid-values.mlir

#tokens = affine_map<(b, t, k) -> (b, t)>
#all = affine_map<(b, t, k) -> (b, t, k)>
func.func @lookup(%tokens: tensor<1x4xi64>) -> tensor<1x4x2xf32> {
  %table = arith.constant dense<0.5> : tensor<4x2xf32>
  %empty = tensor.empty() : tensor<1x4x2xf32>
  %0 = linalg.generic {indexing_maps = [#tokens, #all], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%tokens : tensor<1x4xi64>) outs(%empty : tensor<1x4x2xf32>) {
  ^bb0(%token: i64, %out: f32):
    %row = arith.index_cast %token : i64 to index
    %column = linalg.index 2 : index
    %x = tensor.extract %table[%row, %column] : tensor<4x2xf32>
    linalg.yield %x : f32
  } -> tensor<1x4x2xf32>
  return %0 : tensor<1x4x2xf32>
}
func.func @gather(%tokens: tensor<1x4xi64>) -> tensor<1x4x2xf32> {
  %table = "tosa.const"() {values = dense<[[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0]]]> : tensor<1x4x2xf32>} : () -> tensor<1x4x2xf32>
  %indices = arith.trunci %tokens : tensor<1x4xi64> to tensor<1x4xi32>
  %0 = tosa.gather %table, %indices : (tensor<1x4x2xf32>, tensor<1x4xi32>) -> tensor<1x4x2xf32>
  return %0 : tensor<1x4x2xf32>
}
func.func @generate(%tokens: tensor<1x4xi64>) -> tensor<1x4x2xf32> {
  %table = arith.constant dense<0.5> : tensor<4x2xf32>
  %0 = tensor.generate {
  ^bb0(%i: index, %j: index, %k: index):
    %token = tensor.extract %tokens[%i, %j] : tensor<1x4xi64>
    %row = arith.index_cast %token : i64 to index
    %x = tensor.extract %table[%row, %k] : tensor<4x2xf32>
    tensor.yield %x : f32
  } : tensor<1x4x2xf32>
  return %0 : tensor<1x4x2xf32>
}
func.func @passes(%tokens: tensor<1x4xi64>) -> tensor<1x4x2xf32> {
  %flat = tensor.collapse_shape %tokens [[0, 1]] : tensor<1x4xi64> into tensor<4xi64>
  %0 = call @unflatten(%flat) : (tensor<4xi64>) -> tensor<1x4x2xf32>
  return %0 : tensor<1x4x2xf32>
}
func.func private @unflatten(%flat: tensor<4xi64>) -> tensor<1x4x2xf32> {
  %tokens = tensor.expand_shape %flat [[0, 1]] output_shape [1, 4] : tensor<4xi64> into tensor<1x4xi64>
  %0 = call @lookup(%tokens) : (tensor<1x4xi64>) -> tensor<1x4x2xf32>
  return %0 : tensor<1x4x2xf32>
}
func.func @positions(%tokens: tensor<1x4xi64>) -> tensor<1x4x2xf32> {
  %positions = arith.constant dense<[[0, 1, 2, 3]]> : tensor<1x4xi64>
  %0 = call @lookup(%positions) : (tensor<1x4xi64>) -> tensor<1x4x2xf32>
  return %0 : tensor<1x4x2xf32>
}
func.func @model(%tokens: tensor<1x4xi64>) -> tensor<1x4x2xf32> {
  %0 = arith.constant dense<0.5> : tensor<1x4x2xf32>
  return %0 : tensor<1x4x2xf32>
}
func.func @short(%tokens: tensor<1x4xi64>) -> tensor<1x1x2xf32> {
  %0 = arith.constant dense<0.5> : tensor<1x1x2xf32>
  return %0 : tensor<1x1x2xf32>
}
func.func @batch(%tokens: tensor<1x4xi64>) -> tensor<2x4x2xf32> {
  %0 = arith.constant dense<0.5> : tensor<2x4x2xf32>
  return %0 : tensor<2x4x2xf32>
}
func.func @dynamic(%tokens: tensor<1x4xi64>) -> tensor<1x?x2xf32> {
  %0 = arith.constant dense<0.5> : tensor<1x1x2xf32>
  %1 = tensor.cast %0 : tensor<1x1x2xf32> to tensor<1x?x2xf32>
  return %1 : tensor<1x?x2xf32>
}
func.func @head(%x: tensor<1x2x2xf32>) -> tensor<1x2x5xf32> {
  %0 = arith.constant dense<0.5> : tensor<1x2x5xf32>
  return %0 : tensor<1x2x5xf32>
}
func.func @none(%x: tensor<1x0x2xf32>) -> tensor<1x0x5xf32> {
  %0 = arith.constant dense<0.5> : tensor<1x0x5xf32>
  return %0 : tensor<1x0x5xf32>
}
func.func @pair(%x: tensor<1x2x2xf32>) -> tensor<2x2x5xf32> {
  %0 = arith.constant dense<0.5> : tensor<2x2x5xf32>
  return %0 : tensor<2x2x5xf32>
}
