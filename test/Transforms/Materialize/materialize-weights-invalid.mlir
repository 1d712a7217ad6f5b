// A weight that cannot be quantized is an error that names the layer, the tensor
// and the element; nothing is written, no report either.
// RUN: %python %S/Inputs/make_weights.py %t.nan.safetensors 9 203 F32 nan
// RUN: %python %S/Inputs/make_weights.py %t.inf.safetensors 9 203 F32 -inf
// RUN: rm -f %t.json %t.out.mlir
// RUN: sed s#FILE#%t.nan.safetensors# %s > %t.nan.mlir
// RUN: not zq-opt %t.nan.mlir --zq-quantize-linear --zq-materialize-weights=report=%t.json -o %t.out.mlir 2>&1 | FileCheck %s --check-prefix=NAN
// RUN: not ls %t.json
// RUN: not ls %t.out.mlir
// RUN: sed s#FILE#%t.inf.safetensors# %s | not zq-opt --zq-quantize-linear --zq-materialize-weights 2>&1 | FileCheck %s --check-prefix=INF
// RUN: sed s#FILE#%t.none.safetensors# %s | not zq-opt --zq-quantize-linear --zq-materialize-weights 2>&1 | FileCheck %s --check-prefix=NONE
// RUN: head -c 1000 %t.nan.safetensors > %t.short.safetensors
// RUN: sed s#FILE#%t.short.safetensors# %s | not zq-opt --zq-quantize-linear --zq-materialize-weights 2>&1 | FileCheck %s --check-prefix=SHORT
// RUN: %python %S/Inputs/make_weights.py %t.shape.safetensors 203 9
// RUN: sed s#FILE#%t.shape.safetensors# %s | not zq-opt --zq-quantize-linear --zq-materialize-weights 2>&1 | FileCheck %s --check-prefix=SHAPE
// RUN: sed s#FILE#%t.nan.safetensors# %s | not zq-opt --zq-quantize-linear --zq-materialize-weights=report=%t.no/such/folder 2>&1 | FileCheck %s --check-prefix=REPORT
// RUN: not zq-opt %s --zq-materialize-weights=algorithm=gptx 2>&1 | FileCheck %s --check-prefix=ALGORITHM
// RUN: not zq-opt %s --zq-materialize-weights=probe-tokens=-1 2>&1 | FileCheck %s --check-prefix=PROBE
// RUN: not zq-opt %s --zq-materialize-weights=probe-tokens=1000000000000 2>&1 | FileCheck %s --check-prefix=PROBES

// NAN: nan.mlir:[[@LINE+11]]:{{.*}}error: 'zq.quantize_weight' op of layer 'layer': NaN in the weight at row 1, column 2{{.*}}(tensor 'w' of {{.*}}nan.safetensors)
// INF: infinity in the weight at row 1, column 2
// NONE: error: 'zq.quantize_weight' op of layer 'layer': {{.*}}none.safetensors: {{.*}}No such file
// SHORT: error: 'zq.quantize_weight' op of layer 'layer': {{.*}}short.safetensors
// SHAPE: error: 'zq.quantize_weight' op of layer 'layer': {{.*}}tensor 'w' is F32 203x9, wanted F32 9x203
// REPORT: error: {{.*}}/such/folder: cannot create
// ALGORITHM: error: zq-materialize-weights: algorithm is 'gptx', want rtn or gptq
// PROBES: error: zq-materialize-weights: probe-tokens is 1000000000000, want 0 to 4096
// PROBE: error: zq-materialize-weights: probe-tokens is -1, want 0 to 4096
func.func @f(%x: tensor<3x203xf32>) -> tensor<3x9xf32> {
  %w = zq.weight "w" from "FILE" : tensor<9x203xf32>
  %y = zq.linear %x, %w {name = "layer"} : (tensor<3x203xf32>, tensor<9x203xf32>) -> tensor<3x9xf32>
  return %y : tensor<3x9xf32>
}
