// Marked arguments become tensors of the file, in the file's type; the others
// stay, and so does their order.
// RUN: %python %S/Inputs/make_safetensors.py %t.safetensors up.weight:BF16:4x3 up.bias:F32:4 down.weight:F16:3x4
// RUN: zq-opt --zq-bind-weights=file=%t.safetensors %s | FileCheck %s

// CHECK-LABEL: @f(
// CHECK-SAME: %[[X:[^ ]*]]: tensor<2x3xf32>, %[[Y:[^ ]*]]: tensor<2xf32>) ->
// CHECK-DAG: %[[UP:.*]] = zq.weight "up.weight" from "{{.*}}bind-weights.mlir.tmp.safetensors" : tensor<4x3xbf16>
// CHECK-DAG: %[[UPF:.*]] = arith.extf %[[UP]] : tensor<4x3xbf16> to tensor<4x3xf32>
// CHECK-DAG: %[[BIAS:.*]] = zq.weight "up.bias" from "{{.*}}" : tensor<4xf32>
// CHECK-DAG: %[[DOWN:.*]] = zq.weight "down.weight" from "{{.*}}" : tensor<3x4xf16>
// CHECK-DAG: %[[DOWNF:.*]] = arith.extf %[[DOWN]] : tensor<3x4xf16> to tensor<3x4xf32>
// CHECK-DAG: %[[DOWNB:.*]] = arith.truncf %[[DOWNF]] : tensor<3x4xf32> to tensor<3x4xbf16>
// CHECK: return %[[UPF]], %[[BIAS]], %[[DOWNB]], %[[X]], %[[Y]]
func.func @f(%x: tensor<2x3xf32>, %w: tensor<4x3xf32> {zq.weight = "up.weight"}, %b: tensor<4xf32> {zq.weight = "up.bias"},
             %y: tensor<2xf32>, %d: tensor<3x4xbf16> {zq.weight = "down.weight"})
    -> (tensor<4x3xf32>, tensor<4xf32>, tensor<3x4xbf16>, tensor<2x3xf32>, tensor<2xf32>) {
  return %w, %b, %d, %x, %y : tensor<4x3xf32>, tensor<4xf32>, tensor<3x4xbf16>, tensor<2x3xf32>, tensor<2xf32>
}
