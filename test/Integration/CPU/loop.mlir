// A layer in a loop that carries its activation, and one in a branch: x W three
// times for an identity times 2, then once more.
// RUN: %python -c "import struct; d = struct.pack('<4f', 127, 0, -64, 1); h = str({'descr': '<f4', 'fortran_order': False, 'shape': (1, 4)}); h = h.ljust(117) + chr(10); open(r'%t.npy', 'wb').write(b'\x93NUMPY\x01\x00' + struct.pack('<H', len(h)) + h.encode() + d)"
// RUN: zq-runner %s --inputs=%t.npy,random --print | FileCheck %s
// RUN: zq-runner %s --pipeline='zq-quantize{activation-format=int8},zq-to-cpu' --inputs=%t.npy,random --print | FileCheck %s

// Powers of two times integers up to 127: exact, quantized or not.
// CHECK: [2032, 0, -1024, 16]
func.func @main(%x: tensor<1x4xf32>, %again: i1) -> tensor<1x4xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c3 = arith.constant 3 : index
  %w = arith.constant dense<[[2.0, 0.0, 0.0, 0.0], [0.0, 2.0, 0.0, 0.0], [0.0, 0.0, 2.0, 0.0], [0.0, 0.0, 0.0, 2.0]]> : tensor<4x4xf32>
  %z = arith.constant dense<0.0> : tensor<1x4xf32>
  %y = scf.for %i = %c0 to %c3 step %c1 iter_args(%a = %x) -> tensor<1x4xf32> {
    %p = linalg.matmul ins(%a, %w : tensor<1x4xf32>, tensor<4x4xf32>) outs(%z : tensor<1x4xf32>) -> tensor<1x4xf32>
    scf.yield %p : tensor<1x4xf32>
  }
  %r = scf.if %again -> tensor<1x4xf32> {
    %p = linalg.matmul ins(%y, %w : tensor<1x4xf32>, tensor<4x4xf32>) outs(%z : tensor<1x4xf32>) -> tensor<1x4xf32>
    scf.yield %p : tensor<1x4xf32>
  } else {
    scf.yield %y : tensor<1x4xf32>
  }
  return %r : tensor<1x4xf32>
}
