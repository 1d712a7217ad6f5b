// RUN: zq-opt %s --zq-fuse-siblings=max-rank=3 --remarks-filter-missed=zq 2>&1 >%t | FileCheck %s
// RUN: FileCheck %s --check-prefix=IR < %t

!a = !zq.quantized<i4 : f32, blocks = 1x8, scale = #zq.free>
!b = !zq.quantized<i4 : f32, blocks = 1x4, scale = #zq.free>

// CHECK-DAG: Layer=groups, Reason="no other linear of its input has its types: format, groups, scales, output, bias and compensation"
// CHECK-DAG: Layer=plain, Reason="no other linear of its input has its types
// CHECK-DAG: Layer=argument, Reason="its codes are no constant: run zq-materialize-weights"
// CHECK-DAG: Layer=scales, Reason="its scales are no constants"
// CHECK-DAG: Layer=bias, Reason="its bias is not known: is argument 5
// CHECK-DAG: Layer=file_bias, Reason="its bias is not known: {{.*}}none.safetensors
// CHECK-DAG: Layer=marked, Reason="it has an attribute of its own, 'zqgpu.schedules'"
// CHECK-DAG: Layer=up, Reason="with its 1 siblings its compensation would have rank 4, and max-rank is 3"
// CHECK-DAG: Layer=gate, Reason="with its 1 siblings its compensation would have rank 4, and max-rank is 3"
// A linear whose input no other reads is not spoken of.
// CHECK-NOT: Layer=alone

// IR-NOT: tensor.extract_slice
func.func @f(%x8: tensor<4x8xi8>, %sx: tensor<4xf32>, %bytes: tensor<1x4xi8>, %s: tensor<1x1xf32>, %alone: tensor<4x8xi8>, %b: tensor<1xf32>)
    -> (tensor<4x1xf32>, tensor<4x1xf32>, tensor<4x1xf32>, tensor<4x1xf32>, tensor<4x1xf32>, tensor<4x1xf32>, tensor<4x1xf32>, tensor<4x1xf32>) {
  %codes = arith.constant dense<17> : tensor<1x4xi8>
  %scale = arith.constant dense<1.0> : tensor<1x1xf32>
  %scales = arith.constant dense<1.0> : tensor<1x2xf32>
  %wa = zq.storage_cast %codes : tensor<1x4xi8> -> tensor<1x8x!a>
  %wb = zq.storage_cast %codes : tensor<1x4xi8> -> tensor<1x8x!b>
  %arg = zq.storage_cast %bytes : tensor<1x4xi8> -> tensor<1x8x!a>
  %file = zq.weight "bias" from "none.safetensors" : tensor<1xf32>
  %0 = zq.quantized_linear %x8 scale(%sx), %wa scales(%scale) {name = "plain"} : tensor<4x8xi8>, tensor<4xf32>, tensor<1x8x!a>, tensor<1x1xf32> -> tensor<4x1xf32>
  %1 = zq.quantized_linear %x8 scale(%sx), %wb scales(%scales) {name = "groups"} : tensor<4x8xi8>, tensor<4xf32>, tensor<1x8x!b>, tensor<1x2xf32> -> tensor<4x1xf32>
  %2 = zq.quantized_linear %x8 scale(%sx), %arg scales(%scale) {name = "argument"} : tensor<4x8xi8>, tensor<4xf32>, tensor<1x8x!a>, tensor<1x1xf32> -> tensor<4x1xf32>
  %3 = zq.quantized_linear %x8 scale(%sx), %wa scales(%s) {name = "scales"} : tensor<4x8xi8>, tensor<4xf32>, tensor<1x8x!a>, tensor<1x1xf32> -> tensor<4x1xf32>
  %4 = zq.quantized_linear %x8 scale(%sx), %wa scales(%scale) bias(%b) {name = "bias"} : tensor<4x8xi8>, tensor<4xf32>, tensor<1x8x!a>, tensor<1x1xf32> bias tensor<1xf32> -> tensor<4x1xf32>
  %5 = zq.quantized_linear %x8 scale(%sx), %wa scales(%scale) bias(%file) {name = "file_bias"} : tensor<4x8xi8>, tensor<4xf32>, tensor<1x8x!a>, tensor<1x1xf32> bias tensor<1xf32> -> tensor<4x1xf32>
  %6 = zq.quantized_linear %x8 scale(%sx), %wa scales(%scale) {name = "marked", zqgpu.schedules = []} : tensor<4x8xi8>, tensor<4xf32>, tensor<1x8x!a>, tensor<1x1xf32> -> tensor<4x1xf32>
  %7 = zq.quantized_linear %alone scale(%sx), %wa scales(%scale) {name = "alone"} : tensor<4x8xi8>, tensor<4xf32>, tensor<1x8x!a>, tensor<1x1xf32> -> tensor<4x1xf32>
  return %0, %1, %2, %3, %4, %5, %6, %7 : tensor<4x1xf32>, tensor<4x1xf32>, tensor<4x1xf32>, tensor<4x1xf32>, tensor<4x1xf32>, tensor<4x1xf32>, tensor<4x1xf32>, tensor<4x1xf32>
}

func.func @rank(%x: tensor<4x8xf32>) -> (tensor<4x2xf32>, tensor<4x2xf32>) {
  %x8, %sx = zq.quantize_activation %x : tensor<4x8xf32> -> tensor<4x8xi8>, tensor<4xf32>
  %codes = arith.constant dense<17> : tensor<2x4xi8>
  %s = arith.constant dense<1.0> : tensor<2x1xf32>
  %down = arith.constant dense<0.5> : tensor<2x8xf32>
  %up = arith.constant dense<0.5> : tensor<2x2xf32>
  %w = zq.storage_cast %codes : tensor<2x4xi8> -> tensor<2x8x!a>
  %y0 = zq.quantized_linear %x8 scale(%sx), %w scales(%s) {name = "up"} : tensor<4x8xi8>, tensor<4xf32>, tensor<2x8x!a>, tensor<2x1xf32> -> tensor<4x2xf32>
  %t0 = zq.linear %x, %down : (tensor<4x8xf32>, tensor<2x8xf32>) -> tensor<4x2xf32>
  %c0 = zq.linear %t0, %up : (tensor<4x2xf32>, tensor<2x2xf32>) -> tensor<4x2xf32>
  %z0 = arith.addf %y0, %c0 : tensor<4x2xf32>
  %y1 = zq.quantized_linear %x8 scale(%sx), %w scales(%s) {name = "gate"} : tensor<4x8xi8>, tensor<4xf32>, tensor<2x8x!a>, tensor<2x1xf32> -> tensor<4x2xf32>
  %t1 = zq.linear %x, %down : (tensor<4x8xf32>, tensor<2x8xf32>) -> tensor<4x2xf32>
  %c1 = zq.linear %t1, %up : (tensor<4x2xf32>, tensor<2x2xf32>) -> tensor<4x2xf32>
  %z1 = arith.addf %y1, %c1 : tensor<4x2xf32>
  return %z0, %z1 : tensor<4x2xf32>, tensor<4x2xf32>
}
