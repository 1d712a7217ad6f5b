// RUN: zq-opt %s --zq-quantize-linear="weight-format=e2m1 activation-format=e5m2" | FileCheck %s --check-prefixes=E2M1,E5M2
// RUN: zq-opt %s --zq-quantize-linear="weight-format=e3m0 activation-format=int8" | FileCheck %s --check-prefixes=E3M0,INT8
// RUN: zq-opt %s --zq-quantize-linear="weight-format=e1m2 clip=search" | FileCheck %s --check-prefixes=E1M2
// RUN: zq-opt %s --zq-quantize-linear="weight-format=int4" | FileCheck %s --check-prefixes=INT4

func.func @f(%x: tensor<3x128xf16>) -> tensor<3x4xf16> {
  %w = arith.constant dense<0.5> : tensor<4x128xf16>
  // E2M1: !zq.quantized<f4E2M1FN : f16
  // E5M2: zq.quantize_activation {{.*}} -> tensor<3x128xf8E5M2>
  // E3M0: !zq.quantized<!zq.e3m0 : f16
  // INT8: zq.quantize_activation {{.*}} -> tensor<3x128xi8>
  // E1M2: zq.quantize_weight {{.*}}{clip = "search"} {{.*}}!zq.quantized<!zq.e1m2 : f16
  // INT4: !zq.quantized<i4 : f16
  %y = zq.linear %x, %w : (tensor<3x128xf16>, tensor<4x128xf16>) -> tensor<3x4xf16>
  return %y : tensor<3x4xf16>
}
