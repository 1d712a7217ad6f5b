// RUN: zq-opt --zq-to-linalg --canonicalize %s | FileCheck %s

// The largest |x| is found on the bits, so that NaN counts as the largest; a
// scale of zero becomes 1; rounding to FP8 is integer arithmetic.

// CHECK-LABEL: func.func @e4m3(
// CHECK-SAME:    %[[X:.*]]: tensor<?x64xbf16>)
// CHECK-DAG:     %[[LARGEST:.*]] = arith.constant 4.480000e+02 : f32
// CHECK-DAG:     %[[MASK:.*]] = arith.constant 2147483647 : i32
// CHECK-DAG:     %[[ONE:.*]] = arith.constant 1.000000e+00 : f32
// CHECK:         linalg.generic {{.*}}["parallel", "reduction"]} ins(%[[X]]
// CHECK:           %[[F:.*]] = arith.extf %{{.*}} : bf16 to f32
// CHECK:           %[[I:.*]] = arith.bitcast %[[F]] : f32 to i32
// CHECK:           %[[A:.*]] = arith.andi %[[I]], %[[MASK]] : i32
// CHECK:           arith.maxsi %[[A]]
// CHECK:         linalg.generic
// CHECK:         %[[SCALE:.*]] = linalg.generic
// CHECK:           %[[S:.*]] = arith.divf %{{.*}}, %[[LARGEST]] : f32
// CHECK:           %[[ZERO:.*]] = arith.cmpf oeq, %[[S]]
// CHECK:           arith.select %[[ZERO]], %[[ONE]], %[[S]] : f32
// CHECK:         %[[Q:.*]] = linalg.generic {{.*}} ins(%[[X]], %[[SCALE]] : tensor<?x64xbf16>, tensor<?xf32>)
// CHECK:           arith.divf
// CHECK-NOT:       arith.truncf
// CHECK:           arith.bitcast %{{.*}} : i8 to f8E4M3FN
// CHECK:         return %[[Q]], %[[SCALE]]
func.func @e4m3(%x: tensor<?x64xbf16>) -> (tensor<?x64xf8E4M3FN>, tensor<?xf32>) {
  %q, %s = zq.quantize_activation %x : tensor<?x64xbf16> -> tensor<?x64xf8E4M3FN>, tensor<?xf32>
  return %q, %s : tensor<?x64xf8E4M3FN>, tensor<?xf32>
}

// Any rank; i8 by roundeven.
// CHECK-LABEL: func.func @i8(
// CHECK:         tensor.collapse_shape %{{.*}} {{\[\[}}0, 1], [2]]
// CHECK:         %[[R:.*]] = math.roundeven
// CHECK:         arith.fptosi %[[R]] : f32 to i8
// CHECK:         tensor.expand_shape %{{.*}} {{\[\[}}0, 1], [2]] output_shape [2, 3, 64]
// CHECK:         tensor.expand_shape %{{.*}} {{\[\[}}0, 1]] output_shape [2, 3]
func.func @i8(%x: tensor<2x3x64xf32>) -> (tensor<2x3x64xi8>, tensor<2x3xf32>) {
  %q, %s = zq.quantize_activation %x : tensor<2x3x64xf32> -> tensor<2x3x64xi8>, tensor<2x3xf32>
  return %q, %s : tensor<2x3x64xi8>, tensor<2x3xf32>
}
