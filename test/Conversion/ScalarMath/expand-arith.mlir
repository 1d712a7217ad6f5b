// RUN: zq-opt --zq-expand-arith %s | FileCheck %s

// CHECK-LABEL: func.func @main(
// CHECK-NOT:     arith.extf
// CHECK:         arith.shli
// CHECK:         arith.maximumf
// CHECK-NOT:     arith.truncf
// CHECK-NOT:     arith.floordivsi
// CHECK:         return
func.func @main(%x: bf16, %y: f32, %i: index, %j: index) -> (bf16, index) {
  %f = arith.extf %x : bf16 to f32
  %m = arith.maximumf %f, %y : f32
  %b = arith.truncf %m : f32 to bf16
  %d = arith.floordivsi %i, %j : index
  return %b, %d : bf16, index
}
