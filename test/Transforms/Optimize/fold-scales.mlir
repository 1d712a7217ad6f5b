// RUN: zq-opt %s --zq-fold-scales --split-input-file | FileCheck %s

!e2m1 = !zq.quantized<f4E2M1FN : bf16, blocks = 1x64, scale = #zq.pow2<anchor = row, max_shift = 11>>

// DOC-EXAMPLE: zq-fold-scales
// E2M1 sits at 2^6 in E4M3: the anchors are divided by 64, exactly, and nothing
// is left that computes on weights in float.
// CHECK-LABEL: func @e2m1
// CHECK-SAME:    %[[X8:.*]]: tensor<?x128xf8E4M3FN>, %[[SX:.*]]: tensor<?xf32>
func.func @e2m1(%x8: tensor<?x128xf8E4M3FN>, %sx: tensor<?xf32>, %bytes: tensor<3x64xi8>, %b: tensor<3xbf16>) -> tensor<?x3xbf16> {
  %anchors = arith.constant dense<[64.0, 3.0, 0.1]> : tensor<3xf32>
  // CHECK: %[[SHIFTS:.*]] = arith.constant dense<{{.*}}> : tensor<3x2xi8>
  %shifts = arith.constant dense<[[0, 1], [2, 3], [11, 0]]> : tensor<3x2xi8>
  // CHECK: %[[Q:.*]] = zq.storage_cast
  %q = zq.storage_cast %bytes : tensor<3x64xi8> -> tensor<3x128x!e2m1>
  // CHECK-NEXT: %[[W8:.*]] = zq.shift_cast %[[Q]] by %[[SHIFTS]] {exponent = 6 : i64}
  // CHECK-SAME: -> tensor<3x128xf8E4M3FN>
  // CHECK-NEXT: %[[A:.*]] = arith.constant dense<[1.000000e+00, 4.687500e-02, 1.562500e-03]> : tensor<3xf32>
  // CHECK-NEXT: zq.quantized_linear %[[X8]] scale(%[[SX]]), %[[W8]] scales(%[[A]]) bias(%{{.*}}) {name = "a"}
  // CHECK-NOT: arith.mulf
  %y = zq.quantized_linear %x8 scale(%sx), %q scales(%anchors, %shifts) bias(%b) {name = "a"}
    : tensor<?x128xf8E4M3FN>, tensor<?xf32>, tensor<3x128x!e2m1>, tensor<3xf32>, tensor<3x2xi8> bias tensor<3xbf16> -> tensor<?x3xbf16>
  return %y : tensor<?x3xbf16>
}

// -----

!e3m0 = !zq.quantized<!zq.e3m0 : bf16, blocks = 1x64, scale = #zq.pow2<anchor = pow2, max_shift = 8>>

// Weights go to E4M3 whatever the activations are, and a splat stays a splat.
// CHECK-LABEL: func @e3m0_int8
func.func @e3m0_int8(%x8: tensor<?x128xi8>, %sx: tensor<?xf32>, %bytes: tensor<3x64xi8>) -> tensor<?x3xbf16> {
  %anchors = arith.constant dense<2.0> : tensor<3xf32>
  %shifts = arith.constant dense<8> : tensor<3x2xi8>
  %q = zq.storage_cast %bytes : tensor<3x64xi8> -> tensor<3x128x!e3m0>
  // CHECK: zq.shift_cast {{.*}} {exponent = 4 : i64} {{.*}} -> tensor<3x128xf8E4M3FN>
  // CHECK-NEXT: arith.constant dense<1.250000e-01> : tensor<3xf32>
  // CHECK-NEXT: zq.quantized_linear {{.*}} : tensor<?x128xi8>, tensor<?xf32>, tensor<3x128xf8E4M3FN>, tensor<3xf32>
  %y = zq.quantized_linear %x8 scale(%sx), %q scales(%anchors, %shifts)
    : tensor<?x128xi8>, tensor<?xf32>, tensor<3x128x!e3m0>, tensor<3xf32>, tensor<3x2xi8> -> tensor<?x3xbf16>
  return %y : tensor<?x3xbf16>
}

// -----

!m3 = !zq.quantized<f4E2M1FN : bf16, blocks = 1x64, scale = #zq.step<max_shift = 10>>

// With multipliers E2M1 sits at 2^5, since 6 * 1.5 * 2^6 is past 448.
// CHECK-LABEL: func @m3
func.func @m3(%x8: tensor<?x128xf8E4M3FN>, %sx: tensor<?xf32>, %bytes: tensor<3x64xi8>) -> tensor<?x3xbf16> {
  %anchors = arith.constant dense<[64.0, 3.0, 0.1]> : tensor<3xf32>
  // CHECK: %[[STEPS:.*]] = arith.constant dense<{{.*}}> : tensor<3x2xi8>
  %steps = arith.constant dense<[[0, 17], [42, 3], [10, 32]]> : tensor<3x2xi8>
  %q = zq.storage_cast %bytes : tensor<3x64xi8> -> tensor<3x128x!m3>
  // CHECK: zq.shift_cast %{{.*}} by %[[STEPS]] {exponent = 5 : i64} {{.*}} -> tensor<3x128xf8E4M3FN>
  // CHECK-NEXT: arith.constant dense<[2.000000e+00, 9.375000e-02, 3.125000e-03]> : tensor<3xf32>
  // CHECK-NEXT: zq.quantized_linear {{.*}} : tensor<?x128xf8E4M3FN>, tensor<?xf32>, tensor<3x128xf8E4M3FN>, tensor<3xf32>
  %y = zq.quantized_linear %x8 scale(%sx), %q scales(%anchors, %steps)
    : tensor<?x128xf8E4M3FN>, tensor<?xf32>, tensor<3x128x!m3>, tensor<3xf32>, tensor<3x2xi8> -> tensor<?x3xbf16>
  return %y : tensor<?x3xbf16>
}
