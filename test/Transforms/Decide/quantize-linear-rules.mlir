// Rules by name: all that match apply, a later one over an earlier one, and the
// rules of the file come before those of the option.
// RUN: split-file %s %t
// RUN: zq-opt %t/f.mlir --zq-quantize-linear="group-size=64 rules=\"lm_head=skip; *.{up,down}_proj=weight-format:e3m0,group-size:32; *.down_proj=group-size:row,activation-format:int8\"" | FileCheck %t/f.mlir
// RUN: zq-opt %t/f.mlir --zq-quantize-linear="group-size=64 rules-file=%t/rules.json rules=*.down_proj=activation-format:int8" | FileCheck %t/f.mlir

//--- rules.json
[
  {"layers": "lm_head", "skip": true},
  {"layers": "*.{up,down}_proj", "group-size": 32, "weight-format": "e3m0"},
  {"layers": "*.down_proj", "group-size": "row", "activation-format": "e5m2"}
]

//--- f.mlir
func.func @f(%x: tensor<3x128xf32>) -> (tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>) {
  %w = arith.constant dense<0.5> : tensor<4x128xf32>
  // CHECK: zq.quantize_weight {{.*}} {name = "0.up_proj"} {{.*}}<!zq.e3m0 : f32, blocks = 1x32,
  // CHECK: zq.quantize_activation {{.*}} -> tensor<3x128xf8E4M3FN>
  %0 = zq.linear %x, %w {name = "0.up_proj"} : (tensor<3x128xf32>, tensor<4x128xf32>) -> tensor<3x4xf32>
  // CHECK: zq.quantize_weight {{.*}} {name = "0.down_proj"} {{.*}}<!zq.e3m0 : f32, blocks = 1x128,
  // CHECK: zq.quantize_activation {{.*}} -> tensor<3x128xi8>
  %1 = zq.linear %x, %w {name = "0.down_proj"} : (tensor<3x128xf32>, tensor<4x128xf32>) -> tensor<3x4xf32>
  // CHECK: zq.quantize_weight {{.*}} {name = "0.gate_proj"} {{.*}}<f4E2M1FN : f32, blocks = 1x64,
  %2 = zq.linear %x, %w {name = "0.gate_proj"} : (tensor<3x128xf32>, tensor<4x128xf32>) -> tensor<3x4xf32>
  // CHECK: zq.linear {{.*}} {name = "lm_head"}
  %3 = zq.linear %x, %w {name = "lm_head"} : (tensor<3x128xf32>, tensor<4x128xf32>) -> tensor<3x4xf32>
  return %0, %1, %2, %3 : tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>
}
