// RUN: not zq-opt --zq-to-linalg=arith=double %s 2>&1 | FileCheck %s --check-prefix=BAD
// RUN: zq-opt --zq-to-linalg=arith=apfloat --canonicalize --remarks-filter-missed=zq-lowering %s 2>&1 | FileCheck %s

// BAD: error: zq-to-linalg: unknown arith 'double', want integer or apfloat

// The independent route: builtin float types, for convert-arith-to-apfloat.
// CHECK: remark: {{.*}}codes of !zq.e3m0 are decoded by integer arithmetic: it is no builtin float type

// CHECK-LABEL: func.func @e2m1(
// CHECK:         %[[F4:.*]] = arith.bitcast %{{.*}} : i4 to f4E2M1FN
// CHECK:         %[[F:.*]] = arith.extf %[[F4]] : f4E2M1FN to f32
// CHECK:         %[[P:.*]] = arith.mulf %[[F]], %{{.*}} : f32
// CHECK:         arith.truncf %[[P]] : f32 to f8E5M2
!q = !zq.quantized<f4E2M1FN : f32, blocks = 1x32, scale = #zq.pow2<anchor = row, max_shift = 11>>
func.func @e2m1(%q: tensor<8x32x!q>, %shifts: tensor<8x1xi8>) -> tensor<8x32xf8E5M2> {
  %w8 = zq.shift_cast %q by %shifts {exponent = 13 : i64} : tensor<8x32x!q>, tensor<8x1xi8> -> tensor<8x32xf8E5M2>
  return %w8 : tensor<8x32xf8E5M2>
}

// CHECK-LABEL: func.func @activation(
// CHECK:         arith.maximumf
// CHECK:         arith.minimumf
// CHECK:         arith.truncf %{{.*}} : f32 to f8E4M3FN
func.func @activation(%x: tensor<4x32xf32>) -> (tensor<4x32xf8E4M3FN>, tensor<4xf32>) {
  %q, %s = zq.quantize_activation %x : tensor<4x32xf32> -> tensor<4x32xf8E4M3FN>, tensor<4xf32>
  return %q, %s : tensor<4x32xf8E4M3FN>, tensor<4xf32>
}

!e3m0 = !zq.quantized<!zq.e3m0 : f32, blocks = 1x32, scale = #zq.free>
// CHECK-LABEL: func.func @e3m0(
// CHECK-NOT:     f4E2M1FN
func.func @e3m0(%q: tensor<8x32x!e3m0>, %s: tensor<8x1xf32>) -> tensor<8x32xf32> {
  %w = zq.dequantize %q scales(%s) : tensor<8x32x!e3m0>, tensor<8x1xf32> -> tensor<8x32xf32>
  return %w : tensor<8x32xf32>
}
