// The factors against numpy's SVD: small matrices are decomposed exactly, large
// ones by iteration.
// REQUIRES: numpy
// RUN: %python %S/Inputs/make_weights.py %t.safetensors 60 203
// RUN: sed -e s#FILE#%t.safetensors# -e s/NxK/60x203/g -e s/NN/60/g -e s/KK/203/g %s > %t.small.mlir
// RUN: zq-opt %t.small.mlir --zq-decide="group-size=32 lorc-rank=5" \
// RUN:   --zq-materialize=report=%t.json --mlir-print-elementsattrs-with-hex-if-larger=0 > %t.out
// RUN: %python %S/Inputs/check_lorc.py %t.safetensors %t.out %t.json 32 5 | FileCheck %s
// RUN: zq-opt %t.small.mlir --zq-decide="group-size=32 lorc-rank=5 lorc-factor-type=bf16" \
// RUN:   --zq-materialize=report=%t.json --mlir-print-elementsattrs-with-hex-if-larger=0 > %t.out
// RUN: %python %S/Inputs/check_lorc.py %t.safetensors %t.out %t.json 32 5 | FileCheck %s

// RUN: %python %S/Inputs/make_weights.py %t.safetensors 400 300
// RUN: sed -e s#FILE#%t.safetensors# -e s/NxK/400x300/g -e s/NN/400/g -e s/KK/300/g %s > %t.large.mlir
// RUN: zq-opt %t.large.mlir --zq-decide="group-size=64 lorc-rank=8" \
// RUN:   --zq-materialize=report=%t.json --mlir-print-elementsattrs-with-hex-if-larger=0 > %t.out
// RUN: %python %S/Inputs/check_lorc.py %t.safetensors %t.out %t.json 64 8 | FileCheck %s

// CHECK: ok {{.*}} dB
func.func @f(%x: tensor<3xKKxf32>) -> tensor<3xNNxf32> {
  %w = zq.weight "w" from "FILE" : tensor<NxKxf32>
  %y = zq.linear %x, %w {name = "layer"} : (tensor<3xKKxf32>, tensor<NxKxf32>) -> tensor<3xNNxf32>
  return %y : tensor<3xNNxf32>
}
