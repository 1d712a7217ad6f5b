// RUN: zq-opt --zq-lower-tosa --zq-export-functions %s | FileCheck %s

// What arguments index is told to callers: in a linalg op, in any loop, behind
// casts, by a scalar, and in functions that are called.

#tokens = affine_map<(t, k) -> (t)>
#all = affine_map<(t, k) -> (t, k)>

// CHECK: func.func @linalg(
// CHECK-SAME: zq.argument_rows = array<i64: -1, 5>
func.func @linalg(%x: tensor<2xf32>, %tokens: tensor<4xi64>) -> tensor<4x2xf32> {
  %table = arith.constant dense<0.5> : tensor<5x2xf32>
  %empty = tensor.empty() : tensor<4x2xf32>
  %0 = linalg.generic {indexing_maps = [#tokens, #all], iterator_types = ["parallel", "parallel"]}
      ins(%tokens : tensor<4xi64>) outs(%empty : tensor<4x2xf32>) {
  ^bb0(%token: i64, %out: f32):
    %row = arith.index_cast %token : i64 to index
    %column = linalg.index 1 : index
    %y = tensor.extract %table[%row, %column] : tensor<5x2xf32>
    linalg.yield %y : f32
  } -> tensor<4x2xf32>
  return %0 : tensor<4x2xf32>
}

// CHECK: func.func @gather(
// CHECK-SAME: zq.argument_rows = array<i64: 6>
func.func @gather(%tokens: tensor<1x4xi64>) -> tensor<1x4x2xf32> {
  %table = "tosa.const"() {values = dense<[[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0], [9.0, 10.0], [11.0, 12.0]]]> : tensor<1x6x2xf32>} : () -> tensor<1x6x2xf32>
  %indices = tosa.cast %tokens : (tensor<1x4xi64>) -> tensor<1x4xi32>
  %0 = tosa.gather %table, %indices : (tensor<1x6x2xf32>, tensor<1x4xi32>) -> tensor<1x4x2xf32>
  return %0 : tensor<1x4x2xf32>
}

// Of two tables the smaller.
// CHECK: func.func @scalars(
// CHECK-SAME: zq.argument_rows = array<i64: 7, 3>
func.func @scalars(%i: index, %j: i32) -> f32 {
  %first = arith.constant dense<0.5> : tensor<7x3xf32>
  %second = arith.constant dense<0.5> : tensor<9xf32>
  %column = arith.index_cast %j : i32 to index
  %0 = tensor.extract %first[%i, %column] : tensor<7x3xf32>
  %1 = tensor.extract %second[%i] : tensor<9xf32>
  %2 = arith.addf %0, %1 : f32
  return %2 : f32
}

// CHECK: func.func @calls(
// CHECK-SAME: zq.argument_rows = array<i64: 5>
func.func @calls(%tokens: tensor<2x2xi32>) -> tensor<4x2xf32> {
  %flat = tensor.collapse_shape %tokens [[0, 1]] : tensor<2x2xi32> into tensor<4xi32>
  %wide = arith.extsi %flat : tensor<4xi32> to tensor<4xi64>
  %x = arith.constant dense<0.0> : tensor<2xf32>
  %0 = call @linalg(%x, %wide) : (tensor<2xf32>, tensor<4xi64>) -> tensor<4x2xf32>
  return %0 : tensor<4x2xf32>
}

// What is computed of an argument may be anything.
// CHECK: func.func @clamped(
// CHECK-NOT: zq.argument_rows
func.func @clamped(%i: index) -> f32 {
  %table = arith.constant dense<0.5> : tensor<9xf32>
  %last = arith.constant 8 : index
  %inside = arith.minui %i, %last : index
  %0 = tensor.extract %table[%inside] : tensor<9xf32>
  return %0 : f32
}

// All elements of i8 are rows, those less than 0 the upper half; of a smaller
// table they are none.
// CHECK: func.func @codes(
// CHECK-SAME: zq.argument_rows = array<i64: -1, 128>
func.func @codes(%i: i8, %j: i8) -> f32 {
  %all = arith.constant dense<0.5> : tensor<256xf32>
  %half = arith.constant dense<0.5> : tensor<128xf32>
  %code = arith.index_castui %i : i8 to index
  %0 = tensor.extract %all[%code] : tensor<256xf32>
  %other = arith.index_castui %j : i8 to index
  %1 = tensor.extract %half[%other] : tensor<128xf32>
  %2 = arith.addf %0, %1 : f32
  return %2 : f32
}

// A branch looks up what is a row, and has something else for -1.
// CHECK: func.func @padded(
// CHECK-NOT: zq.argument_rows
func.func @padded(%i: index) -> f32 {
  %table = arith.constant dense<0.5> : tensor<9xf32>
  %zero = arith.constant 0 : index
  %none = arith.constant 0.0 : f32
  %isRow = arith.cmpi sge, %i, %zero : index
  %0 = scf.if %isRow -> f32 {
    %1 = tensor.extract %table[%i] : tensor<9xf32>
    scf.yield %1 : f32
  } else {
    scf.yield %none : f32
  }
  return %0 : f32
}
