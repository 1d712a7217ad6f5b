// RUN: zq-opt %s --zq-constrain-scales | FileCheck %s --check-prefixes=CHECK,M2
// RUN: zq-opt %s --zq-constrain-scales=constraint=m1 | FileCheck %s --check-prefixes=CHECK,M1
// RUN: zq-opt %s --zq-constrain-scales=constraint=m3 | FileCheck %s --check-prefixes=CHECK,M3
// RUN: zq-opt %s --zq-constrain-scales="rounding=mse anchor-search=true max-shift=14" | FileCheck %s --check-prefix=OPTIONS
// RUN: zq-opt %s --zq-constrain-scales=constraint=none | FileCheck %s --check-prefix=NONE

!free = !zq.quantized<f4E2M1FN : bf16, blocks = 1x64, scale = #zq.free>

// DOC-EXAMPLE: zq-constrain-scales
// The decision and all that use it change together.
// CHECK-LABEL: func @consumers
// NONE-LABEL: func @consumers
func.func @consumers(%x8: tensor<?x128xf8E4M3FN>, %sx: tensor<?xf32>)
    -> (tensor<?x4xbf16>, tensor<4x128xbf16>, tensor<2x128xbf16>, tensor<4x2xbf16>) {
  %w = arith.constant dense<0.5> : tensor<4x128xbf16>
  // M2:      %[[Q:.*]], %[[S:.*]]:2 = zq.quantize_weight %{{.*}} {clip = "search", name = "a", shift = "nearest"}
  // M2-SAME: scale = #zq.pow2<anchor = row, max_shift = 11>>>, tensor<4xf32>, tensor<4x2xi8>
  // M1:      %[[Q:.*]], %[[S:.*]]:2 = zq.quantize_weight %{{.*}} {clip = "search", name = "a", shift = "ceil"}
  // M1-SAME: scale = #zq.pow2<anchor = pow2, max_shift = 11>>>, tensor<4xf32>, tensor<4x2xi8>
  // M3:      %[[Q:.*]], %[[S:.*]]:2 = zq.quantize_weight %{{.*}} {clip = "search", name = "a", shift = "nearest"}
  // M3-SAME: scale = #zq.step<max_shift = 10>>>, tensor<4xf32>, tensor<4x2xi8>
  // OPTIONS: zq.quantize_weight %{{.*}} {anchor_search, clip = "search", name = "a", shift = "mse"}
  // OPTIONS-SAME: #zq.pow2<anchor = row, max_shift = 14>
  // NONE:    zq.quantize_weight %{{.*}} {clip = "search", name = "a"} {{.*}} scale = #zq.free>>, tensor<4x2xf32>
  %q, %s = zq.quantize_weight %w {clip = "search", name = "a"} : tensor<4x128xbf16> -> tensor<4x128x!free>, tensor<4x2xf32>
  // CHECK: zq.quantized_linear %{{.*}} scale(%{{.*}}), %[[Q]] scales(%[[S]]#0, %[[S]]#1)
  %y = zq.quantized_linear %x8 scale(%sx), %q scales(%s)
    : tensor<?x128xf8E4M3FN>, tensor<?xf32>, tensor<4x128x!free>, tensor<4x2xf32> -> tensor<?x4xbf16>
  // CHECK: zq.dequantize %[[Q]] scales(%[[S]]#0, %[[S]]#1)
  %d = zq.dequantize %q scales(%s) : tensor<4x128x!free>, tensor<4x2xf32> -> tensor<4x128xbf16>
  // CHECK: zq.low_rank_compensation %{{.*}}, %[[Q]] scales(%[[S]]#0, %[[S]]#1)
  %down, %up = zq.low_rank_compensation %w, %q scales(%s) {rank = 2}
    : tensor<4x128xbf16>, tensor<4x128x!free>, tensor<4x2xf32> -> tensor<2x128xbf16>, tensor<4x2xbf16>
  return %y, %d, %down, %up : tensor<?x4xbf16>, tensor<4x128xbf16>, tensor<2x128xbf16>, tensor<4x2xbf16>
}
