// A module whose weight is an argument, bound to a file on the way; without the
// file it stays in float, and the remark says what to do.
// RUN: %python -c "import json, struct; h = json.dumps({'fc.weight': {'dtype': 'F32', 'shape': [2, 4], 'data_offsets': [0, 32]}}).encode(); open(r'%t.safetensors', 'wb').write(struct.pack('<Q', len(h)) + h + struct.pack('<8f', 6, -3, 1.5, .5, 12, -6, 3, 1))"
// RUN: zq-opt %s --zq-quantize=weights=%t.safetensors | FileCheck %s
// RUN: zq-opt %s --zq-quantize --remarks-filter-missed=zq -o /dev/null 2>&1 | FileCheck %s --check-prefix=ARGUMENT
// RUN: not zq-opt %s --zq-quantize=weights=%t.none.safetensors -o %t.out 2>&1 | FileCheck %s --check-prefix=NOFILE
// RUN: not zq-opt %s --zq-quantize=group-size=31 2>&1 | FileCheck %s --check-prefix=OPTION

// Row scales 1 and 2, so that both rows have the codes 7, 13, 3, 1; divided by
// 2^6 for the cast.
// CHECK-LABEL: func.func @main(%arg0: tensor<3x4xf32>) -> tensor<3x2xf32>
// CHECK-DAG: arith.constant dense_resource<fc> : tensor<2x2xi8>
// CHECK-DAG: arith.constant dense<[1.562500e-02, 3.125000e-02]> : tensor<2xf32>
// CHECK: zq.quantized_linear {{.*}} {name = "fc"}
// CHECK: fc: "0x10000000D713D713"
// ARGUMENT: Layer={{.*}}, Reason="its weight is argument 1 of @main, whose value is not known here; zq-bind-weights binds it to a file (in zq-quantize and zq-compile: weights=FILE)"
// NOFILE: error: {{.*}}none.safetensors
// OPTION: error: zq-quantize-linear: group-size is '31', want 32, 64, 128, 256 or row
func.func @main(%x: tensor<3x4xf32>, %w: tensor<2x4xf32> {zq.weight = "fc.weight"}) -> tensor<3x2xf32> {
  %e = tensor.empty() : tensor<4x2xf32>
  %t = linalg.transpose ins(%w : tensor<2x4xf32>) outs(%e : tensor<4x2xf32>) permutation = [1, 0]
  %zero = arith.constant 0.0 : f32
  %i = tensor.empty() : tensor<3x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%i : tensor<3x2xf32>) -> tensor<3x2xf32>
  %y = linalg.matmul ins(%x, %t : tensor<3x4xf32>, tensor<4x2xf32>) outs(%f : tensor<3x2xf32>) -> tensor<3x2xf32>
  return %y : tensor<3x2xf32>
}
