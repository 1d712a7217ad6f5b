// RUN: zq-opt %s --zq-outline-linears | FileCheck %s

!e2m1 = !zq.quantized<f4E2M1FN : bf16, blocks = 1x32, scale = #zq.pow2<anchor = row, max_shift = 11>>
!m3 = !zq.quantized<f4E2M1FN : bf16, blocks = 1x32, scale = #zq.step<max_shift = 10>>

// Activations of rank 2 are passed as they are.
// CHECK-LABEL: func.func @matrix
// CHECK-SAME: (%[[X:.*]]: tensor<?x64xbf16>)
// CHECK-NEXT: %[[Y:.*]] = call @zq_mlp_up(%[[X]]) : (tensor<?x64xbf16>) -> tensor<?x3xbf16>
// CHECK-NEXT: return %[[Y]]
func.func @matrix(%x: tensor<?x64xbf16>) -> tensor<?x3xbf16> {
  %bytes = arith.constant dense_resource<codes> : tensor<3x32xi8>
  %shifts = arith.constant dense<[[0, 1], [2, 3], [11, 0]]> : tensor<3x2xi8>
  %anchors = arith.constant dense<[1.0, 0.5, 0.25]> : tensor<3xf32>
  %b = arith.constant dense<[1.0, 2.0, 3.0]> : tensor<3xbf16>
  %x8, %s = zq.quantize_activation %x : tensor<?x64xbf16> -> tensor<?x64xf8E4M3FN>, tensor<?xf32>
  %q = zq.storage_cast %bytes : tensor<3x32xi8> -> tensor<3x64x!e2m1>
  %w8 = zq.shift_cast %q by %shifts {exponent = 6 : i64} : tensor<3x64x!e2m1>, tensor<3x2xi8> -> tensor<3x64xf8E4M3FN>
  %y = zq.quantized_linear %x8 scale(%s), %w8 scales(%anchors) bias(%b) {name = "mlp.up"}
    : tensor<?x64xf8E4M3FN>, tensor<?xf32>, tensor<3x64xf8E4M3FN>, tensor<3xf32> bias tensor<3xbf16> -> tensor<?x3xbf16>
  return %y : tensor<?x3xbf16>
}

// Others are flattened; the sizes of the output are those of the input.
// CHECK-LABEL: func.func @any_rank
// CHECK-SAME: (%[[X:.*]]: tensor<?x5x?x64xbf16>)
// CHECK: %[[FLAT:.*]] = tensor.collapse_shape %[[X]] {{\[\[}}0, 1, 2], [3]] : tensor<?x5x?x64xbf16> into tensor<?x64xbf16>
// CHECK: %[[Y:.*]] = call @zq_tokens(%[[FLAT]]) : (tensor<?x64xbf16>) -> tensor<?x3xf32>
// CHECK: %[[D0:.*]] = tensor.dim %[[X]], %c0
// CHECK: %[[D2:.*]] = tensor.dim %[[X]], %c2
// CHECK: tensor.expand_shape %[[Y]] {{\[\[}}0, 1, 2], [3]] output_shape [%[[D0]], 5, %[[D2]], 3] : tensor<?x3xf32> into tensor<?x5x?x3xf32>
func.func @any_rank(%x: tensor<?x5x?x64xbf16>) -> tensor<?x5x?x3xf32> {
  %bytes = arith.constant dense_resource<codes> : tensor<3x32xi8>
  %shifts = arith.constant dense<0> : tensor<3x2xi8>
  %anchors = arith.constant dense<1.0> : tensor<3xf32>
  %x8, %s = zq.quantize_activation %x : tensor<?x5x?x64xbf16> -> tensor<?x5x?x64xf8E5M2>, tensor<?x5x?xf32>
  %q = zq.storage_cast %bytes : tensor<3x32xi8> -> tensor<3x64x!e2m1>
  %w8 = zq.shift_cast %q by %shifts {exponent = 6 : i64} : tensor<3x64x!e2m1>, tensor<3x2xi8> -> tensor<3x64xf8E4M3FN>
  %y = zq.quantized_linear %x8 scale(%s), %w8 scales(%anchors) {name = "tokens"}
    : tensor<?x5x?x64xf8E5M2>, tensor<?x5x?xf32>, tensor<3x64xf8E4M3FN>, tensor<3xf32> -> tensor<?x5x?x3xf32>
  return %y : tensor<?x5x?x3xf32>
}

// CHECK-LABEL: func.func @static_sizes
// CHECK-SAME: (%[[X:.*]]: tensor<2x5x64xbf16>, %[[V:.*]]: tensor<64xbf16>)
// CHECK-DAG: %[[FLAT:.*]] = tensor.collapse_shape %[[X]] {{.*}} into tensor<10x64xbf16>
// CHECK-DAG: %[[CAST:.*]] = tensor.cast %[[FLAT]] : tensor<10x64xbf16> to tensor<?x64xbf16>
// CHECK-DAG: %[[Y:.*]] = call @zq_tokens_0(%[[CAST]])
// CHECK-DAG: %[[BACK:.*]] = tensor.cast %[[Y]] : tensor<?x3xbf16> to tensor<10x3xbf16>
// CHECK-DAG: tensor.expand_shape %[[BACK]] {{.*}} output_shape [2, 5, 3]
// CHECK-DAG: %[[ROW:.*]] = tensor.expand_shape %[[V]] {{\[\[}}0, 1]] output_shape [1, 64]
// CHECK-DAG: tensor.collapse_shape %{{.*}} {{\[\[}}0, 1]] : tensor<1x3xbf16> into tensor<3xbf16>
func.func @static_sizes(%x: tensor<2x5x64xbf16>, %v: tensor<64xbf16>) -> (tensor<2x5x3xbf16>, tensor<3xbf16>) {
  %bytes = arith.constant dense_resource<codes> : tensor<3x32xi8>
  %shifts = arith.constant dense<0> : tensor<3x2xi8>
  %anchors = arith.constant dense<1.0> : tensor<3xf32>
  %q = zq.storage_cast %bytes : tensor<3x32xi8> -> tensor<3x64x!e2m1>
  %w8 = zq.shift_cast %q by %shifts {exponent = 6 : i64} : tensor<3x64x!e2m1>, tensor<3x2xi8> -> tensor<3x64xf8E4M3FN>
  %x8, %s = zq.quantize_activation %x : tensor<2x5x64xbf16> -> tensor<2x5x64xf8E4M3FN>, tensor<2x5xf32>
  %y = zq.quantized_linear %x8 scale(%s), %w8 scales(%anchors) {name = "tokens"}
    : tensor<2x5x64xf8E4M3FN>, tensor<2x5xf32>, tensor<3x64xf8E4M3FN>, tensor<3xf32> -> tensor<2x5x3xbf16>
  %v8, %vs = zq.quantize_activation %v : tensor<64xbf16> -> tensor<64xf8E4M3FN>, tensor<f32>
  %z = zq.quantized_linear %v8 scale(%vs), %w8 scales(%anchors)
    : tensor<64xf8E4M3FN>, tensor<f32>, tensor<3x64xf8E4M3FN>, tensor<3xf32> -> tensor<3xbf16>
  return %y, %z : tensor<2x5x3xbf16>, tensor<3xbf16>
}

// Low-rank compensation is part of the linear; a residual is not.
// CHECK-LABEL: func.func @low_rank
// CHECK-SAME: (%[[X:.*]]: tensor<?x64xbf16>, %[[R:.*]]: tensor<?x3xbf16>)
// CHECK-NEXT: %[[Y:.*]] = call @zq_compensated(%[[X]])
// CHECK-NEXT: %[[SUM:.*]] = arith.addf %[[Y]], %[[R]]
// CHECK-NEXT: return %[[SUM]]
func.func @low_rank(%x: tensor<?x64xbf16>, %r: tensor<?x3xbf16>) -> tensor<?x3xbf16> {
  %bytes = arith.constant dense_resource<codes> : tensor<3x32xi8>
  %shifts = arith.constant dense<0> : tensor<3x2xi8>
  %anchors = arith.constant dense<1.0> : tensor<3xf32>
  %down = arith.constant dense<0.5> : tensor<2x64xbf16>
  %up = arith.constant dense<0.25> : tensor<3x2xbf16>
  %x8, %s = zq.quantize_activation %x : tensor<?x64xbf16> -> tensor<?x64xf8E4M3FN>, tensor<?xf32>
  %q = zq.storage_cast %bytes : tensor<3x32xi8> -> tensor<3x64x!e2m1>
  %w8 = zq.shift_cast %q by %shifts {exponent = 6 : i64} : tensor<3x64x!e2m1>, tensor<3x2xi8> -> tensor<3x64xf8E4M3FN>
  %y = zq.quantized_linear %x8 scale(%s), %w8 scales(%anchors) {name = "compensated"}
    : tensor<?x64xf8E4M3FN>, tensor<?xf32>, tensor<3x64xf8E4M3FN>, tensor<3xf32> -> tensor<?x3xbf16>
  %t = zq.linear %x, %down : (tensor<?x64xbf16>, tensor<2x64xbf16>) -> tensor<?x2xbf16>
  %c = zq.linear %t, %up : (tensor<?x2xbf16>, tensor<3x2xbf16>) -> tensor<?x3xbf16>
  %z = arith.addf %c, %y : tensor<?x3xbf16>
  %sum = arith.addf %z, %r : tensor<?x3xbf16>
  return %sum : tensor<?x3xbf16>
}

// M3: the steps as they are.
// CHECK-LABEL: func.func @multipliers
func.func @multipliers(%x: tensor<?x64xbf16>) -> tensor<?x3xbf16> {
  %bytes = arith.constant dense_resource<codes> : tensor<3x32xi8>
  %steps = arith.constant dense<[[0, 17], [42, 3], [10, 32]]> : tensor<3x2xi8>
  %anchors = arith.constant dense<1.0> : tensor<3xf32>
  %x8, %s = zq.quantize_activation %x : tensor<?x64xbf16> -> tensor<?x64xf8E4M3FN>, tensor<?xf32>
  %q = zq.storage_cast %bytes : tensor<3x32xi8> -> tensor<3x64x!m3>
  %w8 = zq.shift_cast %q by %steps {exponent = 5 : i64} : tensor<3x64x!m3>, tensor<3x2xi8> -> tensor<3x64xf8E4M3FN>
  %y = zq.quantized_linear %x8 scale(%s), %w8 scales(%anchors) {name = "steps"}
    : tensor<?x64xf8E4M3FN>, tensor<?xf32>, tensor<3x64xf8E4M3FN>, tensor<3xf32> -> tensor<?x3xbf16>
  return %y : tensor<?x3xbf16>
}

// CHECK: zqgpu.linear @mlp.up 3 x 64 weight f4E2M1FN group = 32 max_shift = 11
// CHECK-SAME: activation f8E4M3FN input bf16 output bf16
// CHECK-SAME: codes(dense_resource<codes> : tensor<3x32xi8>)
// CHECK-SAME: shifts(dense<{{\[\[}}0, 1], [2, 3], [11, 0]]> : tensor<3x2xi8>)
// CHECK-SAME: row_scale(dense<[1.000000e+00, 5.000000e-01, 2.500000e-01]> : tensor<3xf32>)
// CHECK-SAME: bias(dense<[1.000000e+00, 2.000000e+00, 3.000000e+00]> : tensor<3xbf16>)
// CHECK: func.func private @zq_mlp_up(tensor<?x64xbf16>) -> tensor<?x3xbf16> attributes {llvm.emit_c_interface, zq.compiled = @mlp.up}
// CHECK: zqgpu.linear @tokens 3 x 64 {{.*}} activation f8E5M2 input bf16 output f32
// CHECK: func.func private @zq_tokens(tensor<?x64xbf16>) -> tensor<?x3xf32> attributes {llvm.emit_c_interface, zq.compiled = @tokens}
// A name that is taken gets a number.
// CHECK: zqgpu.linear @tokens_0 3
// CHECK: zqgpu.linear @linear 3
// CHECK: zqgpu.linear @compensated
// CHECK-SAME: down(dense<5.000000e-01> : tensor<2x64xbf16>) up(dense<2.500000e-01> : tensor<3x2xbf16>)
// CHECK: zqgpu.linear @steps 3 x 64 weight f4E2M1FN group = 32 max_shift = 10 multipliers
// CHECK-SAME: shifts(dense<{{\[\[}}0, 17], [42, 3], [10, 32]]> : tensor<3x2xi8>)

{-#
  dialect_resources: {
    builtin: {
      codes: "0x10000000000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
    }
  }
#-}
