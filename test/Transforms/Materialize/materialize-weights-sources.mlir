// The same numbers give the same codes wherever they come from: a constant, a
// resource, a file, K x N behind a transpose, bf16 widened to f32. What computed
// the weight is erased with it, unless something else reads it.
// RUN: %python -c "import json, struct; h = json.dumps({'a.w': {'dtype': 'F32', 'shape': [2, 3], 'data_offsets': [0, 24]}}).encode(); open(r'%t.safetensors', 'wb').write(struct.pack('<Q', len(h)) + h + struct.pack('<6f', 1, 2, 3, 4, 5, 6))"
// RUN: sed s#FILE#%t.safetensors# %s | zq-opt --zq-quantize-linear --zq-materialize-weights | FileCheck %s

// CHECK-LABEL: func @f
// CHECK: %[[C:.*]] = arith.constant dense<{{.*}}> : tensor<2x3xf32>
// CHECK-NOT: zq.weight
// CHECK-NOT: dense_resource<input
// CHECK-NOT: linalg.transpose
// CHECK-NOT: arith.extf
// CHECK-COUNT-5: zq.quantized_linear
// CHECK: return {{.*}}, %[[C]] :
// CHECK-DAG: constant: "0x10000000[[CODES:[0-9A-F]+]]"
// CHECK-DAG: file: "0x10000000[[CODES]]"
// CHECK-DAG: half: "0x10000000[[CODES]]"
// CHECK-DAG: resource: "0x10000000[[CODES]]"
// CHECK-DAG: transposed: "0x10000000[[CODES]]"
func.func @f(%x: tensor<?x3xf32>) -> (tensor<?x2xf32>, tensor<?x2xf32>, tensor<?x2xf32>, tensor<?x2xf32>, tensor<?x2xf32>, tensor<2x3xf32>) {
  %c = arith.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]> : tensor<2x3xf32>
  %0 = zq.linear %x, %c {name = "constant"} : (tensor<?x3xf32>, tensor<2x3xf32>) -> tensor<?x2xf32>
  %r = arith.constant dense_resource<input> : tensor<2x3xf32>
  %1 = zq.linear %x, %r {name = "resource"} : (tensor<?x3xf32>, tensor<2x3xf32>) -> tensor<?x2xf32>
  %f = zq.weight "a.w" from "FILE" : tensor<2x3xf32>
  %2 = zq.linear %x, %f {name = "file"} : (tensor<?x3xf32>, tensor<2x3xf32>) -> tensor<?x2xf32>
  %kn = arith.constant dense<[[1.0, 4.0], [2.0, 5.0], [3.0, 6.0]]> : tensor<3x2xf32>
  %empty = tensor.empty() : tensor<2x3xf32>
  %t = linalg.transpose ins(%kn : tensor<3x2xf32>) outs(%empty : tensor<2x3xf32>) permutation = [1, 0]
  %3 = zq.linear %x, %t {name = "transposed"} : (tensor<?x3xf32>, tensor<2x3xf32>) -> tensor<?x2xf32>
  %b = arith.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]> : tensor<2x3xbf16>
  %e = arith.extf %b : tensor<2x3xbf16> to tensor<2x3xf32>
  %4 = zq.linear %x, %e {name = "half"} : (tensor<?x3xf32>, tensor<2x3xf32>) -> tensor<?x2xf32>
  return %0, %1, %2, %3, %4, %c : tensor<?x2xf32>, tensor<?x2xf32>, tensor<?x2xf32>, tensor<?x2xf32>, tensor<?x2xf32>, tensor<2x3xf32>
}

{-#
  dialect_resources: {
    builtin: {
      input: "0x040000000000803F0000004000004040000080400000A0400000C040"
    }
  }
#-}
