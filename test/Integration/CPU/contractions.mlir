// Products by the library are those of the loops, whatever the operands look
// like: transposed, batched, heads inside of rows, widened, vectors, added to,
// with dynamic sizes and no tokens at all.
// RUN: zq-opt --zq-to-cpu=contractions=loops %s -o %t.loops.mlir
// RUN: zq-opt --zq-to-cpu %s -o %t.blas.mlir
// RUN: FileCheck %s < %t.blas.mlir
// RUN: zq-runner %t.blas.mlir --inputs=random --dims=5 --compare=%t.loops.mlir --tolerance=1e-6
// RUN: zq-runner %t.blas.mlir --inputs=random --dims=1 --compare=%t.loops.mlir --tolerance=1e-6
// RUN: zq-runner %t.blas.mlir --inputs=random --dims=0 --compare=%t.loops.mlir --tolerance=1e-6

// CHECK-COUNT-6: llvm.call @zq_sgemm
// CHECK-NOT:     llvm.call @zq_sgemm
#q = affine_map<(h, m, n, k) -> (m, h, k)>
#k = affine_map<(h, m, n, k) -> (n, h, k)>
#s = affine_map<(h, m, n, k) -> (h, m, n)>
func.func @main(%x: tensor<?x24xf32>, %w: tensor<40x24xf32>, %b: tensor<40x24xbf16>, %c: tensor<24x40xf32>)
    -> (tensor<?x40xf32>, tensor<?x40xf32>, tensor<?x40xf32>, tensor<3x?x?xf32>, tensor<40xf32>, tensor<40x?xf32>) {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %one = arith.constant 1.0 : f32
  %m = tensor.dim %x, %c0 : tensor<?x24xf32>
  %0 = zq.linear %x, %w : (tensor<?x24xf32>, tensor<40x24xf32>) -> tensor<?x40xf32>
  %bf = arith.extf %b : tensor<40x24xbf16> to tensor<40x24xf32>
  %1 = zq.linear %x, %bf : (tensor<?x24xf32>, tensor<40x24xf32>) -> tensor<?x40xf32>

  // Added to ones.
  %e = tensor.empty(%m) : tensor<?x40xf32>
  %ones = linalg.fill ins(%one : f32) outs(%e : tensor<?x40xf32>) -> tensor<?x40xf32>
  %2 = linalg.matmul ins(%x, %c : tensor<?x24xf32>, tensor<24x40xf32>) outs(%ones : tensor<?x40xf32>) -> tensor<?x40xf32>

  // Three heads of eight values in each row.
  %heads = tensor.expand_shape %x [[0], [1, 2]] output_shape [%m, 3, 8] : tensor<?x24xf32> into tensor<?x3x8xf32>
  %es = tensor.empty(%m, %m) : tensor<3x?x?xf32>
  %zs = linalg.fill ins(%zero : f32) outs(%es : tensor<3x?x?xf32>) -> tensor<3x?x?xf32>
  %3 = linalg.generic {indexing_maps = [#q, #k, #s], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%heads, %heads : tensor<?x3x8xf32>, tensor<?x3x8xf32>) outs(%zs : tensor<3x?x?xf32>) {
  ^bb0(%p: f32, %q: f32, %r: f32):
    %a = arith.mulf %p, %q : f32
    %d = arith.addf %r, %a : f32
    linalg.yield %d : f32
  } -> tensor<3x?x?xf32>

  // A matrix and a vector.
  %v = tensor.extract_slice %c[0, 7] [24, 1] [1, 1] : tensor<24x40xf32> to tensor<24xf32>
  %ev = tensor.empty() : tensor<40xf32>
  %zv = linalg.fill ins(%zero : f32) outs(%ev : tensor<40xf32>) -> tensor<40xf32>
  %4 = linalg.matvec ins(%w, %v : tensor<40x24xf32>, tensor<24xf32>) outs(%zv : tensor<40xf32>) -> tensor<40xf32>

  // The result is transposed.
  %et = tensor.empty(%m) : tensor<?x40xf32>
  %zt = linalg.fill ins(%zero : f32) outs(%et : tensor<?x40xf32>) -> tensor<?x40xf32>
  %y = linalg.matmul ins(%x, %c : tensor<?x24xf32>, tensor<24x40xf32>) outs(%zt : tensor<?x40xf32>) -> tensor<?x40xf32>
  %eu = tensor.empty(%m) : tensor<40x?xf32>
  %5 = linalg.transpose ins(%y : tensor<?x40xf32>) outs(%eu : tensor<40x?xf32>) permutation = [1, 0]
  return %0, %1, %2, %3, %4, %5 : tensor<?x40xf32>, tensor<?x40xf32>, tensor<?x40xf32>, tensor<3x?x?xf32>, tensor<40xf32>, tensor<40x?xf32>
}
