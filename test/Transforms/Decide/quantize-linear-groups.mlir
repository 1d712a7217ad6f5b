// RUN: zq-opt %s --zq-quantize-linear=group-size=32 | FileCheck %s --check-prefix=G32
// RUN: zq-opt %s --zq-quantize-linear=group-size=64 | FileCheck %s --check-prefix=G64
// RUN: zq-opt %s --zq-quantize-linear=group-size=256 | FileCheck %s --check-prefix=ROW
// RUN: zq-opt %s --zq-quantize-linear=group-size=row | FileCheck %s --check-prefix=ROW
// RUN: zq-opt %s --zq-quantize-linear=group-size=0 | FileCheck %s --check-prefix=ROW

// K = 99 is odd and no multiple of any group: the last group is smaller, and a
// group past the row is the row.
func.func @f(%x: tensor<3x99xf32>) -> tensor<3x4xf32> {
  %w = arith.constant dense<0.5> : tensor<4x99xf32>
  // G32: zq.quantize_weight {{.*}} blocks = 1x32, {{.*}}, tensor<4x4xf32>
  // G64: zq.quantize_weight {{.*}} blocks = 1x64, {{.*}}, tensor<4x2xf32>
  // ROW: zq.quantize_weight {{.*}} blocks = 1x99, {{.*}}, tensor<4x1xf32>
  %y = zq.linear %x, %w : (tensor<3x99xf32>, tensor<4x99xf32>) -> tensor<3x4xf32>
  return %y : tensor<3x4xf32>
}
