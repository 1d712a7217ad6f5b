// RUN: zq-opt --zq-to-cpu=contractions=loops %s | FileCheck %s
// RUN: zq-opt --zq-to-cpu %s | FileCheck %s --check-prefix=BLAS
// RUN: zq-opt --zq-to-cpu=arith=apfloat %s | FileCheck %s --check-prefix=APFLOAT

// Nothing but the LLVM dialect is left; buffers do not alias, so that LLVM
// keeps the sum in registers; bf16 is rounded by integers.

// CHECK-NOT:   {{(arith|memref|tensor|linalg|math|scf|cf|zq)\.}}
// CHECK:       llvm.func @aligned_alloc
// CHECK:       llvm.func @main(
// CHECK-SAME:    attributes {llvm.emit_c_interface, {{.*}}zq.signature = (tensor<?x64xbf16>, tensor<32x64xbf16>) -> tensor<?x32xbf16>}
// CHECK-NOT:   unrealized_conversion_cast
// CHECK:       llvm.fadd %{{.*}}, %{{.*}} {fastmathFlags = #llvm.fastmath<contract, reassoc>} : f32
// CHECK-NOT:   llvm.fptrunc
// CHECK:       llvm.func @_mlir_ciface_main(

// By default a library computes the sum.

// BLAS-NOT:    {{(arith|memref|tensor|linalg|math|scf|cf|zq)\.}}
// BLAS:        llvm.func {{.*}}@zq_sgemm(i64, i64
// BLAS:        llvm.call @zq_sgemm(
// BLAS-NOT:    llvm.fadd

// APFLOAT-NOT: llvm.fadd
// APFLOAT:     llvm.call @_mlir_apfloat_add
// APFLOAT-NOT: llvm.fadd
func.func @main(%x: tensor<?x64xbf16>, %w: tensor<32x64xbf16>) -> tensor<?x32xbf16> {
  %y = zq.linear %x, %w : (tensor<?x64xbf16>, tensor<32x64xbf16>) -> tensor<?x32xbf16>
  return %y : tensor<?x32xbf16>
}
