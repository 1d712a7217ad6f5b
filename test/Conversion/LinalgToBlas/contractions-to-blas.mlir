// RUN: zq-opt --zq-contractions-to-blas --canonicalize --cse --split-input-file %s | FileCheck %s
// RUN: zq-opt --zq-contractions-to-blas --split-input-file --remarks-filter='zq-lowering' %s -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK

// y = x w^T into fresh zeros: w is passed as it lies, and nothing is filled.

// CHECK:       func.func private @zq_sgemm(index, index, index, index, index, index, index, index, index, index, index, index)
// CHECK-LABEL: func.func @linear(
// CHECK-SAME:    %[[X:.*]]: memref<?x64xf32>, %[[W:.*]]: memref<32x64xf32>
// CHECK-DAG:     %[[C0:.*]] = arith.constant 0 : index
// CHECK-DAG:     %[[C1:.*]] = arith.constant 1 : index
// CHECK-DAG:     %[[C32:.*]] = arith.constant 32 : index
// CHECK-DAG:     %[[C64:.*]] = arith.constant 64 : index
// CHECK-DAG:     %[[M:.*]] = memref.dim %[[X]], %[[C0]]
// CHECK:         %[[Y:.*]] = memref.alloc(%[[M]])
// CHECK-NOT:     linalg.fill
// CHECK-DAG:     %[[BX:.*]], %{{.*}}, %{{.*}}, %{{.*}} = memref.extract_strided_metadata %[[X]]
// CHECK-DAG:     %[[PX:.*]] = memref.extract_aligned_pointer_as_index %[[BX]]
// CHECK-DAG:     %[[BW:.*]], %{{.*}}, %{{.*}}, %{{.*}} = memref.extract_strided_metadata %[[W]]
// CHECK-DAG:     %[[PW:.*]] = memref.extract_aligned_pointer_as_index %[[BW]]
// CHECK-DAG:     %[[BY:.*]], %{{.*}}, %{{.*}}, %{{.*}} = memref.extract_strided_metadata %[[Y]]
// CHECK-DAG:     %[[PY:.*]] = memref.extract_aligned_pointer_as_index %[[BY]]
// CHECK:         call @zq_sgemm(%[[C0]], %[[C1]], %[[M]], %[[C32]], %[[C64]], %[[PX]], %[[C64]], %[[PW]], %[[C64]], %[[C0]], %[[PY]], %[[C32]])
// REMARK:        remark: [Passed] zq-contractions-to-blas {{.*}}"a product by the library"
#x = affine_map<(m, n, k) -> (m, k)>
#w = affine_map<(m, n, k) -> (n, k)>
#y = affine_map<(m, n, k) -> (m, n)>
func.func @linear(%x: memref<?x64xf32>, %w: memref<32x64xf32>) -> memref<?x32xf32> {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %m = memref.dim %x, %c0 : memref<?x64xf32>
  %y = memref.alloc(%m) : memref<?x32xf32>
  linalg.fill ins(%zero : f32) outs(%y : memref<?x32xf32>)
  linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : memref<?x64xf32>, memref<32x64xf32>) outs(%y : memref<?x32xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %c, %p : f32
    linalg.yield %s : f32
  }
  return %y : memref<?x32xf32>
}

// -----

// What is added to stays: beta is 1.
// CHECK-LABEL: func.func @accumulate(
// CHECK:         call @zq_sgemm(%c0, %c0, %c8, %c32, %c64, %{{.*}}, %c64, %{{.*}}, %c32, %c1, %{{.*}}, %c32)
func.func @accumulate(%x: memref<8x64xf32>, %w: memref<64x32xf32>, %y: memref<8x32xf32>) {
  linalg.matmul ins(%x, %w : memref<8x64xf32>, memref<64x32xf32>) outs(%y : memref<8x32xf32>)
  return
}

// -----

// A value that somebody reads between the zeros and the product keeps them.
// CHECK-LABEL: func.func @read_between(
// CHECK:         linalg.fill
// CHECK:         call @zq_sgemm(%c0, %c0, %c8, %c32, %c64, %{{.*}}, %c64, %{{.*}}, %c32, %c1, %{{.*}}, %c32)
func.func private @look(memref<8x32xf32>)
func.func @read_between(%x: memref<8x64xf32>, %w: memref<64x32xf32>) -> memref<8x32xf32> {
  %zero = arith.constant 0.0 : f32
  %y = memref.alloc() : memref<8x32xf32>
  linalg.fill ins(%zero : f32) outs(%y : memref<8x32xf32>)
  call @look(%y) : (memref<8x32xf32>) -> ()
  linalg.matmul ins(%x, %w : memref<8x64xf32>, memref<64x32xf32>) outs(%y : memref<8x32xf32>)
  return %y : memref<8x32xf32>
}

// -----

// Heads of attention: a loop over a dimension that is neither the first of the
// operands nor the same in both. 64 columns of every 576 are a matrix.
// CHECK-LABEL: func.func @heads(
// CHECK:         scf.for %[[H:.*]] = %c0 to %c9 step %c1
// CHECK-DAG:       %[[PAST:.*]] = arith.muli %[[H]], %c256 : index
// CHECK-DAG:       %[[Q:.*]] = arith.addi %{{.*}}, %[[PAST]]
// CHECK:           call @zq_sgemm(%c0, %c1, %c128, %c128, %c64, %[[Q]], %c576, %{{.*}}, %c64, %c1, %{{.*}}, %c128)
#q = affine_map<(h, m, n, k) -> (m, h, k)>
#k = affine_map<(h, m, n, k) -> (h, n, k)>
#s = affine_map<(h, m, n, k) -> (h, m, n)>
func.func @heads(%q: memref<128x9x64xf32>, %k: memref<9x128x64xf32>, %s: memref<9x128x128xf32>) {
  linalg.generic {indexing_maps = [#q, #k, #s], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%q, %k : memref<128x9x64xf32>, memref<9x128x64xf32>) outs(%s : memref<9x128x128xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %p = arith.mulf %a, %b : f32
    %t = arith.addf %c, %p : f32
    linalg.yield %t : f32
  }
  return
}

// -----

// A result that is written column by column is the product of the transposed.
// CHECK-LABEL: func.func @transposed_result(
// CHECK-SAME:    %[[X:.*]]: memref<8x64xf32>, %[[W:.*]]: memref<64x32xf32>, %[[Y:.*]]: memref<32x8xf32>
// CHECK-DAG:     %[[BX:.*]], %{{.*}}, %{{.*}}, %{{.*}} = memref.extract_strided_metadata %[[X]]
// CHECK-DAG:     %[[PX:.*]] = memref.extract_aligned_pointer_as_index %[[BX]]
// CHECK-DAG:     %[[BW:.*]], %{{.*}}, %{{.*}}, %{{.*}} = memref.extract_strided_metadata %[[W]]
// CHECK-DAG:     %[[PW:.*]] = memref.extract_aligned_pointer_as_index %[[BW]]
// CHECK-DAG:     %[[BY:.*]], %{{.*}}, %{{.*}}, %{{.*}} = memref.extract_strided_metadata %[[Y]]
// CHECK-DAG:     %[[PY:.*]] = memref.extract_aligned_pointer_as_index %[[BY]]
// CHECK:         call @zq_sgemm(%c1, %c1, %c32, %c8, %c64, %[[PW]], %c32, %[[PX]], %c64, %c1, %[[PY]], %c8)
#a = affine_map<(m, n, k) -> (m, k)>
#b = affine_map<(m, n, k) -> (k, n)>
#c = affine_map<(m, n, k) -> (n, m)>
func.func @transposed_result(%x: memref<8x64xf32>, %w: memref<64x32xf32>, %y: memref<32x8xf32>) {
  linalg.generic {indexing_maps = [#a, #b, #c], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : memref<8x64xf32>, memref<64x32xf32>) outs(%y : memref<32x8xf32>) {
  ^bb0(%p: f32, %q: f32, %r: f32):
    %s = arith.mulf %p, %q : f32
    %t = arith.addf %r, %s : f32
    linalg.yield %t : f32
  }
  return
}

// -----

// What BLAS cannot do is left alone, and says why.

// CHECK-LABEL: func.func @left_alone(
// CHECK-COUNT-3: linalg.{{matmul|generic}}
// REMARK:        remark: [Missed] {{.*}}"stays loops: operand 0 is no strided memref of f32"
// REMARK:        remark: [Missed] {{.*}}"stays loops: neither dimension of the matrices in operand 0 is contiguous"
#i = affine_map<(m, n, k) -> (m, k)>
#j = affine_map<(m, n, k) -> (k, n)>
#l = affine_map<(m, n, k) -> (m, n)>
func.func @left_alone(%x: memref<8x64xbf16>, %w: memref<64x32xf32>, %y: memref<8x32xf32>,
                      %strided: memref<8x64xf32, strided<[128, 2]>>, %i: memref<8x64xi32>,
                      %j: memref<64x32xi32>, %l: memref<8x32xi32>) {
  linalg.generic {indexing_maps = [#i, #j, #l], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : memref<8x64xbf16>, memref<64x32xf32>) outs(%y : memref<8x32xf32>) {
  ^bb0(%p: bf16, %q: f32, %r: f32):
    %e = arith.extf %p : bf16 to f32
    %s = arith.mulf %e, %q : f32
    %t = arith.addf %r, %s : f32
    linalg.yield %t : f32
  }
  linalg.matmul ins(%strided, %w : memref<8x64xf32, strided<[128, 2]>>, memref<64x32xf32>) outs(%y : memref<8x32xf32>)
  linalg.matmul ins(%i, %j : memref<8x64xi32>, memref<64x32xi32>) outs(%l : memref<8x32xi32>)
  return
}
