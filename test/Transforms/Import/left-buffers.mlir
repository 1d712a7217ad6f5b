// The layers are found before bufferization.
// RUN: zq-opt --zq-raise-linear --remarks-filter-missed=zq %s 2>&1 | FileCheck %s

// CHECK: remark: [Missed] zq-raise-linear {{.*}}it is on buffers; run zq-import before bufferization
// CHECK: linalg.matmul
func.func @buffers(%x: memref<8x64xf32>, %w: memref<64x96xf32>, %y: memref<8x96xf32>) {
  linalg.matmul ins(%x, %w : memref<8x64xf32>, memref<64x96xf32>) outs(%y : memref<8x96xf32>)
  return
}
