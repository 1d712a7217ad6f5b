// RUN: not zq-opt --zq-contractions-to-blas %s 2>&1 | FileCheck %s

// CHECK: error: 'func.func' op is called 'zq_sgemm', which is the name of what contractions become calls of: rename it
func.func @zq_sgemm() { return }
func.func @main(%x: memref<8x64xf32>, %w: memref<64x32xf32>, %y: memref<8x32xf32>) {
  linalg.matmul ins(%x, %w : memref<8x64xf32>, memref<64x32xf32>) outs(%y : memref<8x32xf32>)
  return
}
