// RUN: zq-opt %s --zq-quantize-linear --zq-insert-lorc="rank=5 rules=none=rank:0" --remarks-filter-missed=zq -o /dev/null 2>&1 | FileCheck %s
// RUN: zq-opt %s --zq-quantize-linear --zq-insert-lorc=rank=2 --zq-insert-lorc=rank=2 --remarks-filter-missed=zq 2>&1 >%t | FileCheck %s --check-prefix=TWICE
// RUN: FileCheck %s --check-prefix=TWICE-IR < %t

!free = !zq.quantized<f4E2M1FN : f32, blocks = 1x128, scale = #zq.free>

// CHECK-DAG: zq-insert-lorc {{.*}}Layer=small, Reason="rank is 5, but a weight of 4 x 128 has at most 4"
// CHECK-DAG: zq-insert-lorc {{.*}}Layer=none, Reason="rank is 0"
// CHECK-DAG: zq-insert-lorc {{.*}}Layer=stored, Reason="its weight is no decision
// CHECK-DAG: zq-insert-lorc {{.*}}Layer=quantized_input, Reason="its input in float is not known"
// TWICE: zq-insert-lorc {{.*}}Layer=small, Reason="it is compensated already"
// TWICE-IR-COUNT-2: zq.low_rank_compensation
// TWICE-IR-NOT: zq.low_rank_compensation
// CHECK-DAG: zq-insert-lorc {{.*}}Layer=float_weight, Reason="its weight is not quantized, or folded already"
func.func @f(%x: tensor<3x128xf32>, %x8: tensor<3x128xf8E4M3FN>, %sx: tensor<3xf32>, %bytes: tensor<4x64xi8>, %s: tensor<4x1xf32>)
    -> (tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>) {
  %w = arith.constant dense<0.5> : tensor<4x128xf32>
  %0 = zq.linear %x, %w {name = "small"} : (tensor<3x128xf32>, tensor<4x128xf32>) -> tensor<3x4xf32>
  %1 = zq.linear %x, %w {name = "none"} : (tensor<3x128xf32>, tensor<4x128xf32>) -> tensor<3x4xf32>
  %q = zq.storage_cast %bytes : tensor<4x64xi8> -> tensor<4x128x!free>
  %2 = zq.quantized_linear %x8 scale(%sx), %q scales(%s) {name = "stored"}
    : tensor<3x128xf8E4M3FN>, tensor<3xf32>, tensor<4x128x!free>, tensor<4x1xf32> -> tensor<3x4xf32>
  %q3, %s3 = zq.quantize_weight %w : tensor<4x128xf32> -> tensor<4x128x!free>, tensor<4x1xf32>
  %3 = zq.quantized_linear %x8 scale(%sx), %q3 scales(%s3) {name = "quantized_input"}
    : tensor<3x128xf8E4M3FN>, tensor<3xf32>, tensor<4x128x!free>, tensor<4x1xf32> -> tensor<3x4xf32>
  %4 = zq.quantized_linear %x8 scale(%sx), %w {name = "float_weight"} : tensor<3x128xf8E4M3FN>, tensor<3xf32>, tensor<4x128xf32> -> tensor<3x4xf32>
  return %0, %1, %2, %3, %4 : tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>
}
