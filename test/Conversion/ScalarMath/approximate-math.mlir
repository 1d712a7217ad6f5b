// RUN: zq-opt --zq-approximate-math=functions=math.exp %s | FileCheck %s

// Functions that are named become arithmetic, others stay.
// CHECK-LABEL: func.func @main(
// CHECK-NOT:     math.exp
// CHECK:         math.fma
// CHECK:         math.sin
func.func @main(%x: f32) -> (f32, f32) {
  %y = math.exp %x : f32
  %z = math.sin %x : f32
  return %y, %z : f32, f32
}
