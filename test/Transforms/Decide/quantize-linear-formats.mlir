// RUN: zq-opt %s --zq-quantize-linear="weight-format=e2m1 activation-format=e5m2" | FileCheck %s --check-prefixes=E2M1,E5M2
// RUN: zq-opt %s --zq-quantize-linear="weight-format=e3m0 activation-format=int8" | FileCheck %s --check-prefixes=E3M0,INT8
// RUN: zq-opt %s --zq-quantize-linear="weight-format=e1m2 clip=search" | FileCheck %s --check-prefixes=E1M2
// RUN: zq-opt %s --zq-quantize-linear="weight-format=int4" | FileCheck %s --check-prefixes=INT4
// RUN: zq-opt %s --zq-quantize-linear="weight-format=e4m3 group-size=row" | FileCheck %s --check-prefixes=W-E4M3
// RUN: zq-opt %s --zq-quantize-linear="weight-format=int8 group-size=32 activation-format=int8" | FileCheck %s --check-prefixes=W-INT8
// RUN: zq-opt %s --zq-quantize-linear="weight-format=none activation-format=int8" | FileCheck %s --check-prefixes=NONE

func.func @f(%x: tensor<3x128xf16>) -> tensor<3x4xf16> {
  %w = arith.constant dense<0.5> : tensor<4x128xf16>
  // E2M1: !zq.quantized<f4E2M1FN : f16
  // E5M2: zq.quantize_activation {{.*}} -> tensor<3x128xf8E5M2>
  // E3M0: !zq.quantized<!zq.e3m0 : f16
  // INT8: zq.quantize_activation {{.*}} -> tensor<3x128xi8>
  // E1M2: zq.quantize_weight {{.*}}{clip = "search"} {{.*}}!zq.quantized<!zq.e1m2 : f16
  // W-E4M3: !zq.quantized<f8E4M3FN : f16, blocks = 1x128, scale = #zq.free>>, tensor<4x1xf32>
  // W-INT8: !zq.quantized<i8 : f16, blocks = 1x32, scale = #zq.free>>, tensor<4x4xf32>
  // W-INT8: zq.quantized_linear {{.*}} : tensor<3x128xi8>
  // Only activations are quantized.
  // NONE-NOT: zq.quantize_weight
  // NONE: zq.quantized_linear %{{.*}} scale(%{{.*}}), %{{[^ ]*}} : tensor<3x128xi8>, tensor<3xf32>, tensor<4x128xf16> -> tensor<3x4xf16>
  // INT4: !zq.quantized<i4 : f16
  %y = zq.linear %x, %w : (tensor<3x128xf16>, tensor<4x128xf16>) -> tensor<3x4xf16>
  return %y : tensor<3x4xf16>
}
