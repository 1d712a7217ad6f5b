// RUN: zq-opt %s --zq-fuse-siblings --split-input-file | FileCheck %s

!q = !zq.quantized<f4E2M1FN : bf16, blocks = 1x4, scale = #zq.step<max_shift = 10>>

// DOC-EXAMPLE: zq-fuse-siblings
// Rows one under the other: codes, anchors, steps and bias; users get slices.
// CHECK-LABEL: func @qkv
// CHECK-SAME:    %[[X8:.*]]: tensor<?x8xf8E4M3FN>, %[[SX:.*]]: tensor<?xf32>
func.func @qkv(%x8: tensor<?x8xf8E4M3FN>, %sx: tensor<?xf32>) -> (tensor<?x2xbf16>, tensor<?x1xbf16>) {
  // CHECK-DAG: %[[BYTES:.*]] = arith.constant dense_resource<"attn.q_proj+k_proj"> : tensor<3x4xi8>
  // CHECK-DAG: %[[W:.*]] = zq.storage_cast %[[BYTES]] : tensor<3x4xi8> -> tensor<3x8x!zq.quantized
  // CHECK-DAG: %[[A:.*]] = arith.constant dense<[1.000000e+00, 2.000000e+00, 3.000000e+00]> : tensor<3xf32>
  // CHECK-DAG: %[[T:.*]] = arith.constant dense<{{\[\[}}0, 17], [2, 42], [5, 5]]> : tensor<3x2xi8>
  // CHECK-DAG: %[[B:.*]] = arith.constant dense<[1.000000e+00, -1.000000e+00, 5.000000e-01]> : tensor<3xbf16>
  %q_bytes = arith.constant dense<[[1, 2, 3, 4], [5, 6, 7, 8]]> : tensor<2x4xi8>
  %q_anchors = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %q_steps = arith.constant dense<[[0, 17], [2, 42]]> : tensor<2x2xi8>
  %q_bias = arith.constant dense<[1.0, -1.0]> : tensor<2xbf16>
  %wq = zq.storage_cast %q_bytes : tensor<2x4xi8> -> tensor<2x8x!q>
  // CHECK: %[[Y:.*]] = zq.quantized_linear %[[X8]] scale(%[[SX]]), %[[W]] scales(%[[A]], %[[T]]) bias(%[[B]]) {name = "attn.q_proj+k_proj"}
  // CHECK-SAME: -> tensor<?x3xbf16>
  %q = zq.quantized_linear %x8 scale(%sx), %wq scales(%q_anchors, %q_steps) bias(%q_bias) {name = "attn.q_proj"}
    : tensor<?x8xf8E4M3FN>, tensor<?xf32>, tensor<2x8x!q>, tensor<2xf32>, tensor<2x2xi8> bias tensor<2xbf16> -> tensor<?x2xbf16>
  // A splat is written out.
  %k_bytes = arith.constant dense<17> : tensor<1x4xi8>
  %k_anchors = arith.constant dense<3.0> : tensor<1xf32>
  %k_steps = arith.constant dense<5> : tensor<1x2xi8>
  %k_bias = arith.constant dense<0.5> : tensor<1xbf16>
  %wk = zq.storage_cast %k_bytes : tensor<1x4xi8> -> tensor<1x8x!q>
  %k = zq.quantized_linear %x8 scale(%sx), %wk scales(%k_anchors, %k_steps) bias(%k_bias) {name = "attn.k_proj"}
    : tensor<?x8xf8E4M3FN>, tensor<?xf32>, tensor<1x8x!q>, tensor<1xf32>, tensor<1x2xi8> bias tensor<1xbf16> -> tensor<?x1xbf16>
  // CHECK: %[[M:.*]] = tensor.dim %[[Y]], %c0
  // CHECK: %[[Q:.*]] = tensor.extract_slice %[[Y]][0, 0] [%[[M]], 2] [1, 1] : tensor<?x3xbf16> to tensor<?x2xbf16>
  // CHECK: %[[K:.*]] = tensor.extract_slice %[[Y]][0, 2] [%[[M]], 1] [1, 1] : tensor<?x3xbf16> to tensor<?x1xbf16>
  // CHECK-NOT: zq.quantized_linear
  // CHECK: return %[[Q]], %[[K]]
  return %q, %k : tensor<?x2xbf16>, tensor<?x1xbf16>
}
// CHECK: "attn.q_proj+k_proj": "0x10000000010203040506070811111111"

// -----

!f = !zq.quantized<i4 : f32, blocks = 1x8, scale = #zq.free>

// Compensations: down factors one under the other, up factors on a diagonal.
// CHECK-LABEL: func @lorc
// CHECK-SAME:    %[[X:.*]]: tensor<4x8xf32>
func.func @lorc(%x: tensor<4x8xf32>) -> (tensor<4x1xf32>, tensor<4x2xf32>) {
  %x8, %sx = zq.quantize_activation %x : tensor<4x8xf32> -> tensor<4x8xi8>, tensor<4xf32>
  // CHECK-DAG: %[[S:.*]] = arith.constant dense<{{\[\[}}1.000000e+00], [2.000000e+00], [2.000000e+00]]> : tensor<3x1xf32>
  %bytes1 = arith.constant dense<17> : tensor<1x4xi8>
  %s1 = arith.constant dense<1.0> : tensor<1x1xf32>
  %down1 = arith.constant dense<0.5> : tensor<1x8xbf16>
  %up1 = arith.constant dense<5.0> : tensor<1x1xbf16>
  %w1 = zq.storage_cast %bytes1 : tensor<1x4xi8> -> tensor<1x8x!f>
  // CHECK: %[[Y:.*]] = zq.quantized_linear {{.*}} scales(%[[S]]) {name = "gate+mlp.up"}
  %y1 = zq.quantized_linear %x8 scale(%sx), %w1 scales(%s1) {name = "gate"}
    : tensor<4x8xi8>, tensor<4xf32>, tensor<1x8x!f>, tensor<1x1xf32> -> tensor<4x1xf32>
  // CHECK: %[[DOWN:.*]] = arith.constant dense<{{.*}}> : tensor<3x8xbf16>
  // CHECK: %[[TT:.*]] = zq.linear %[[X]], %[[DOWN]] {name = "gate+mlp.up.lorc_down"} : (tensor<4x8xf32>, tensor<3x8xbf16>) -> tensor<4x3xf32>
  // CHECK: %[[UP:.*]] = arith.constant dense<{{\[\[}}5.000000e+00, 0.000000e+00, 0.000000e+00], [0.000000e+00, 1.000000e+00, 2.000000e+00], [0.000000e+00, 3.000000e+00, 4.000000e+00]]> : tensor<3x3xbf16>
  // CHECK: %[[C:.*]] = zq.linear %[[TT]], %[[UP]] {name = "gate+mlp.up.lorc_up"}
  // CHECK: %[[Z:.*]] = arith.addf %[[Y]], %[[C]] : tensor<4x3xf32>
  %t1 = zq.linear %x, %down1 : (tensor<4x8xf32>, tensor<1x8xbf16>) -> tensor<4x1xf32>
  %c1 = zq.linear %t1, %up1 : (tensor<4x1xf32>, tensor<1x1xbf16>) -> tensor<4x1xf32>
  %z1 = arith.addf %y1, %c1 : tensor<4x1xf32>
  %bytes2 = arith.constant dense<34> : tensor<2x4xi8>
  %s2 = arith.constant dense<2.0> : tensor<2x1xf32>
  %down2 = arith.constant dense<0.25> : tensor<2x8xbf16>
  %up2 = arith.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xbf16>
  %w2 = zq.storage_cast %bytes2 : tensor<2x4xi8> -> tensor<2x8x!f>
  %y2 = zq.quantized_linear %x8 scale(%sx), %w2 scales(%s2) {name = "mlp.up"}
    : tensor<4x8xi8>, tensor<4xf32>, tensor<2x8x!f>, tensor<2x1xf32> -> tensor<4x2xf32>
  %t2 = zq.linear %x, %down2 : (tensor<4x8xf32>, tensor<2x8xbf16>) -> tensor<4x2xf32>
  %c2 = zq.linear %t2, %up2 : (tensor<4x2xf32>, tensor<2x2xbf16>) -> tensor<4x2xf32>
  %z2 = arith.addf %c2, %y2 : tensor<4x2xf32>
  // CHECK: %[[A:.*]] = tensor.extract_slice %[[Z]][0, 0] [4, 1]
  // CHECK: %[[B:.*]] = tensor.extract_slice %[[Z]][0, 1] [4, 2]
  // CHECK: return %[[A]], %[[B]]
  return %z1, %z2 : tensor<4x1xf32>, tensor<4x2xf32>
}

// -----

!f = !zq.quantized<i4 : f32, blocks = 1x8, scale = #zq.free>

// Functions that share weights go on sharing them.
// CHECK-LABEL: func @prefill
// CHECK: dense_resource<weight> : tensor<2x4xi8>
func.func @prefill(%x8: tensor<?x8xi8>, %sx: tensor<?xf32>) -> tensor<?x1xf32> {
  %bytes = arith.constant dense<17> : tensor<1x4xi8>
  %s = arith.constant dense<1.0> : tensor<1x1xf32>
  %w = zq.storage_cast %bytes : tensor<1x4xi8> -> tensor<1x8x!f>
  %0 = zq.quantized_linear %x8 scale(%sx), %w scales(%s) : tensor<?x8xi8>, tensor<?xf32>, tensor<1x8x!f>, tensor<1x1xf32> -> tensor<?x1xf32>
  %1 = zq.quantized_linear %x8 scale(%sx), %w scales(%s) : tensor<?x8xi8>, tensor<?xf32>, tensor<1x8x!f>, tensor<1x1xf32> -> tensor<?x1xf32>
  %2 = arith.addf %0, %1 : tensor<?x1xf32>
  return %2 : tensor<?x1xf32>
}
// CHECK-LABEL: func @decode
// CHECK: dense_resource<weight> : tensor<2x4xi8>
func.func @decode(%x8: tensor<1x8xi8>, %sx: tensor<1xf32>) -> tensor<1x1xf32> {
  %bytes = arith.constant dense<17> : tensor<1x4xi8>
  %s = arith.constant dense<1.0> : tensor<1x1xf32>
  %w = zq.storage_cast %bytes : tensor<1x4xi8> -> tensor<1x8x!f>
  %0 = zq.quantized_linear %x8 scale(%sx), %w scales(%s) : tensor<1x8xi8>, tensor<1xf32>, tensor<1x8x!f>, tensor<1x1xf32> -> tensor<1x1xf32>
  %1 = zq.quantized_linear %x8 scale(%sx), %w scales(%s) : tensor<1x8xi8>, tensor<1xf32>, tensor<1x8x!f>, tensor<1x1xf32> -> tensor<1x1xf32>
  %2 = arith.addf %0, %1 : tensor<1x1xf32>
  return %2 : tensor<1x1xf32>
}
