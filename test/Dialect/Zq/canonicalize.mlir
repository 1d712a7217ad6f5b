// RUN: zq-opt %s --canonicalize | FileCheck %s

// A bias of zeros goes; any other stays.
// CHECK-LABEL: func @zero_bias
func.func @zero_bias(%x: tensor<4x32xf32>, %w: tensor<8x32xf32>) -> (tensor<4x8xf32>, tensor<4x8xf32>) {
  %zero = arith.constant dense<0.0> : tensor<8xf32>
  %one = arith.constant dense<1.0> : tensor<8xf32>
  // CHECK: zq.linear %{{.*}}, %{{.*}} : (tensor<4x32xf32>, tensor<8x32xf32>)
  %0 = zq.linear %x, %w bias(%zero) : (tensor<4x32xf32>, tensor<8x32xf32>, tensor<8xf32>) -> tensor<4x8xf32>
  // CHECK: zq.linear %{{.*}}, %{{.*}} bias(%{{.*}})
  %1 = zq.linear %x, %w bias(%one) : (tensor<4x32xf32>, tensor<8x32xf32>, tensor<8xf32>) -> tensor<4x8xf32>
  return %0, %1 : tensor<4x8xf32>, tensor<4x8xf32>
}
