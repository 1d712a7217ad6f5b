// RUN: zq-opt --zq-insert-observers --zq-insert-observers --remarks-filter-missed=zq --remark-policy=all %s 2>&1 | FileCheck %s

// CHECK-DAG: [[#@LINE+9]]:{{.*}}Missed{{.*}}zq-insert-observers{{.*}}it has no name to keep its statistics by
// CHECK-DAG: [[#@LINE+9]]:{{.*}}Missed{{.*}}its activations are not quantized beside it, and their float values are not known
// CHECK-DAG: [[#@LINE+9]]:{{.*}}Missed{{.*}}it is observed already

// Once each: not again by the second run.
// CHECK:     func.func @left
// CHECK:     zq.observe %{{.*}} for ["up"]
// CHECK-NOT: zq.observe
func.func @left(%x: tensor<4x8xf32>, %w: tensor<2x8xf32>, %x8: tensor<4x8xf8E4M3FN>, %sx: tensor<4xf32>, %w8: tensor<2x8xf8E4M3FN>, %s: tensor<2xf32>) -> (tensor<4x2xf32>, tensor<4x2xf32>, tensor<4x2xf32>) {
  %a = zq.linear %x, %w : (tensor<4x8xf32>, tensor<2x8xf32>) -> tensor<4x2xf32>
  %b = zq.quantized_linear %x8 scale(%sx), %w8 scales(%s) {name = "down"} : tensor<4x8xf8E4M3FN>, tensor<4xf32>, tensor<2x8xf8E4M3FN>, tensor<2xf32> -> tensor<4x2xf32>
  %c = zq.linear %x, %w {name = "up"} : (tensor<4x8xf32>, tensor<2x8xf32>) -> tensor<4x2xf32>
  return %a, %b, %c : tensor<4x2xf32>, tensor<4x2xf32>, tensor<4x2xf32>
}
