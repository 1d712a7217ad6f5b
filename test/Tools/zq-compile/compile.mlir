// From float IR and a weights file to a module that runs, and a host module
// with calls in place of the linears.
// RUN: %python -c "import json, struct; h = json.dumps({'fc.weight': {'dtype': 'F32', 'shape': [2, 4], 'data_offsets': [0, 32]}}).encode(); open(r'%t.safetensors', 'wb').write(struct.pack('<Q', len(h)) + h + struct.pack('<8f', 6, -3, 1.5, .5, 12, -6, 3, 1))"
// RUN: zq-compile %s --weights=%t.safetensors --no-cubin -o %t.zqm --host-output=%t.host.mlir --rules='fc=group-size:64;none=skip' 2>&1 | FileCheck %s
// RUN: FileCheck %s --check-prefix=HOST < %t.host.mlir
// RUN: zq-run %t.zqm --list | FileCheck %s --check-prefix=LIST
// RUN: %python %S/../../Target/Module/Inputs/npy.py write %t.x.npy 1 4  448 0 2 -4
// RUN: zq-run %t.zqm --linear fc --input %t.x.npy --output %t.y.npy
// RUN: %python %S/../../Target/Module/Inputs/npy.py read %t.y.npy | FileCheck %s --check-prefix=VALUES

// CHECK: remark: [Missed] zq-quantize-linear {{.*}}its weight is argument 1 of @main
// CHECK: warning: {{.*}}'none'
// CHECK: .zqm: 1 linear, {{[0-9]+}} bytes

// HOST: func.func @main(%[[X:.*]]: tensor<3x4xf32>, %{{.*}}: tensor<2x4xf32>)
// HOST: call @zq_fc(%{{.*}}) : (tensor<?x4xf32>) -> tensor<?x2xf32>
// HOST: zq.linear
// HOST: func.func private @zq_fc(tensor<?x4xf32>) -> tensor<?x2xf32> attributes {llvm.emit_c_interface, zq.compiled = @fc}
// HOST-NOT: zqgpu.linear
// HOST-NOT: dialect_resources

// LIST: fc 2 4 4 e2m1*e4m3 f32 f32 0 no no {{[0-9]+}} none

// The weights are exact in E2M1 with row scales 1 and 2.
// VALUES: 1 x 2: 2689.0 5378.0
func.func @main(%x: tensor<3x4xf32>, %w: tensor<2x4xf32> {zq.weight = "fc.weight"}, %v: tensor<2x4xf32>) -> (tensor<3x2xf32>, tensor<3x2xf32>) {
  %e = tensor.empty() : tensor<4x2xf32>
  %t = linalg.transpose ins(%w : tensor<2x4xf32>) outs(%e : tensor<4x2xf32>) permutation = [1, 0]
  %zero = arith.constant 0.0 : f32
  %i = tensor.empty() : tensor<3x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%i : tensor<3x2xf32>) -> tensor<3x2xf32>
  %y = linalg.matmul ins(%x, %t : tensor<3x4xf32>, tensor<4x2xf32>) outs(%f : tensor<3x2xf32>) -> tensor<3x2xf32>
  %z = zq.linear %x, %v : (tensor<3x4xf32>, tensor<2x4xf32>) -> tensor<3x2xf32>
  return %y, %z : tensor<3x2xf32>, tensor<3x2xf32>
}
