// The whole phase: a bf16 checkpoint behind f32 IR; layers are named after
// their tensors.
// RUN: %python %S/Inputs/make_safetensors.py %t.safetensors mlp.up_proj.weight:BF16:4x3 mlp.up_proj.bias:BF16:4
// RUN: zq-opt --zq-import=weights=%t.safetensors %s | FileCheck %s

// CHECK-LABEL: @f(
// CHECK-SAME: %[[X:[^ ]*]]: tensor<2x3xf32>) ->
// CHECK-DAG: %[[W:.*]] = zq.weight "mlp.up_proj.weight" {{.*}} : tensor<4x3xbf16>
// CHECK-DAG: %[[B:.*]] = zq.weight "mlp.up_proj.bias" {{.*}} : tensor<4xbf16>
// CHECK: %[[Y:.*]] = zq.linear %[[X]], %[[W]] bias(%[[B]]) {name = "mlp.up_proj"} : (tensor<2x3xf32>, tensor<4x3xbf16>, tensor<4xbf16>) -> tensor<2x4xf32>
// CHECK: return %[[Y]]
func.func @f(%x: tensor<2x3xf32>, %w: tensor<4x3xf32> {zq.weight = "mlp.up_proj.weight"},
             %b: tensor<4xf32> {zq.weight = "mlp.up_proj.bias"}) -> tensor<2x4xf32> {
  %zero = arith.constant 0.0 : f32
  %et = tensor.empty() : tensor<3x4xf32>
  %wt = linalg.transpose ins(%w : tensor<4x3xf32>) outs(%et : tensor<3x4xf32>) permutation = [1, 0]
  %e = tensor.empty() : tensor<2x4xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<2x4xf32>) -> tensor<2x4xf32>
  %p = linalg.matmul ins(%x, %wt : tensor<2x3xf32>, tensor<3x4xf32>) outs(%z : tensor<2x4xf32>) -> tensor<2x4xf32>
  %bb = linalg.broadcast ins(%b : tensor<4xf32>) outs(%e : tensor<2x4xf32>) dimensions = [0]
  %y = linalg.add ins(%p, %bb : tensor<2x4xf32>, tensor<2x4xf32>) outs(%e : tensor<2x4xf32>) -> tensor<2x4xf32>
  return %y : tensor<2x4xf32>
}
