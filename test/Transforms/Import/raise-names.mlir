// A layer is named after its weight: its tensor, its location, its resource; a
// name that is taken gets a number.
// RUN: zq-opt --zq-raise-linear %s | FileCheck %s

#xk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>

// CHECK-LABEL: @names
// CHECK: zq.linear {{.*}} {name = "model.up_proj"}
// CHECK: zq.linear {{.*}} {name = "model.up_proj_1"}
// CHECK: zq.linear {{.*}} {name = "from_location"}
// CHECK: zq.linear {{.*}} {name = "resource_key"}
// CHECK: zq.linear {{.*}} {name = "of_the_product"}
// CHECK: zq.linear {{.*}} {name = "linear0"}
// CHECK: zq.linear {{.*}} {name = "linear1"}
func.func @names(%x: tensor<8x64xf32>) -> (tensor<8x64xf32>, tensor<8x64xf32>) {
  %z = arith.constant dense<0.0> : tensor<8x64xf32>
  %w0 = zq.weight "model.up_proj.weight" from "model.safetensors" : tensor<64x64xf32>
  %w1 = arith.constant dense<1.0> : tensor<64x64xf32> loc("from_location")
  %w2 = arith.constant dense_resource<resource_key> : tensor<64x64xf32>
  %w3 = arith.constant dense<2.0> : tensor<64x64xf32>
  %w4 = arith.constant dense_resource<torch_tensor_64_64_torch.float32> : tensor<64x64xf32>
  %0 = linalg.matmul indexing_maps = [#xk, #nk, #mn] ins(%x, %w0 : tensor<8x64xf32>, tensor<64x64xf32>) outs(%z : tensor<8x64xf32>) -> tensor<8x64xf32>
  %1 = linalg.matmul indexing_maps = [#xk, #nk, #mn] ins(%0, %w0 : tensor<8x64xf32>, tensor<64x64xf32>) outs(%z : tensor<8x64xf32>) -> tensor<8x64xf32>
  %2 = linalg.matmul indexing_maps = [#xk, #nk, #mn] ins(%1, %w1 : tensor<8x64xf32>, tensor<64x64xf32>) outs(%z : tensor<8x64xf32>) -> tensor<8x64xf32>
  %3 = linalg.matmul indexing_maps = [#xk, #nk, #mn] ins(%2, %w2 : tensor<8x64xf32>, tensor<64x64xf32>) outs(%z : tensor<8x64xf32>) -> tensor<8x64xf32>
  %4 = linalg.matmul indexing_maps = [#xk, #nk, #mn] ins(%3, %w3 : tensor<8x64xf32>, tensor<64x64xf32>) outs(%z : tensor<8x64xf32>) -> tensor<8x64xf32> loc("of_the_product")
  %5 = linalg.matmul indexing_maps = [#xk, #nk, #mn] ins(%4, %w3 : tensor<8x64xf32>, tensor<64x64xf32>) outs(%z : tensor<8x64xf32>) -> tensor<8x64xf32>
  %6 = linalg.matmul indexing_maps = [#xk, #nk, #mn] ins(%5, %w4 : tensor<8x64xf32>, tensor<64x64xf32>) outs(%z : tensor<8x64xf32>) -> tensor<8x64xf32>
  return %5, %6 : tensor<8x64xf32>, tensor<8x64xf32>
}
