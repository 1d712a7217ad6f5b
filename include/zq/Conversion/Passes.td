//===- Passes.td - conversions to other dialects -----------*- tablegen -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_CONVERSION_PASSES
#define ZQ_CONVERSION_PASSES

include "mlir/Pass/PassBase.td"

def ConvertZqToLinalg : Pass<"zq-to-linalg", "::mlir::ModuleOp"> {
  let summary = "Lower the zq dialect to linalg, arith and tensor";
  let description = [{
    The reference meaning of every zq operation, in upstream dialects only. The
    casts are bit-exact: `zq.quantize_activation`, `zq.shift_cast` and the
    decoding of codes are integer arithmetic on the bits, which LLVM vectorizes.
    Sums accumulate in FP32, in an order that is left to LLVM
    (`fastmath<reassoc,contract>` on the accumulation alone), and are rounded
    once. A linear with a residual and a low-rank compensation (LoRC), whose
    results are added as plain IR, is one such sum too.

    - `tensor<NxKx!zq.quantized<...>>` becomes its packed bytes,
      `tensor<N x ceil(K/2) x i8>`, also in signatures of functions. Tensors of
      `f8E4M3FN` and `f8E5M2` stay what they are.
    - `zq.weight` becomes a `dense_resource` constant whose bytes are those of
      the memory-mapped file (a copy only where the file does not align them).
    - Weights are decoded to FP32 once, then multiplied.
    - A token with a NaN or an infinity gets a scale that is no finite number,
      so that every output of that token is NaN; other tokens are not touched.
      A scale that would be zero (a token of zeros, or of numbers so small that
      the division underflows) is 1.

    `zq.observe` becomes a call of the external function `zq_observe`, with the
    number of the input and its tokens in FP32, M x K; the module's attribute
    `zq.observed_layers` has the names of the layers that read each input. Code
    compiled from it calls `_mlir_ciface_zq_observe(int64_t number, memref<?x?xf32>
    *tokens)`, which whoever runs it provides (`zq-runner --statistics` does).

    Before:
    ```mlir
    %w8 = zq.shift_cast %q by %shifts {exponent = 6 : i64} : ...
    %q8, %s = zq.quantize_activation %x : tensor<?x64xf32> -> tensor<?x64xf8E4M3FN>, tensor<?xf32>
    %y = zq.quantized_linear %q8 scale(%s), %w8 scales(%anchors) : ... -> tensor<?x32xf32>
    ```
    After:
    ```mlir
    %w8 = linalg.generic ... ins(%bytes, %shifts : tensor<32x32xi8>, tensor<32x1xi8>) outs(... : tensor<32x64xf8E4M3FN>)
    %max = linalg.generic ... {arith.maxsi}    // |x| as integers
    %q8 = linalg.generic ... {arith.divf, integer rounding, arith.bitcast}
    %wf = linalg.generic ... ins(%w8) outs(... : tensor<32x64xf32>)
    %sum = linalg.generic ... {arith.mulf, arith.addf}
    %y = linalg.generic ... ins(%sum, %anchors, %s) {arith.mulf}
    ```

    With `arith=apfloat` the same operations are lowered to `arith.extf` and
    `arith.truncf` on the builtin 8-bit and 4-bit float types, for
    `convert-arith-to-apfloat`: an independent, slow route to the same bits.
    Formats that are no builtin float types (`!zq.e3m0`, `!zq.e1m2`, `i4`) keep
    the integer route for their codes, with a remark.
  }];
  let options = [
    Option<"arith", "arith", "std::string", /*default=*/"\"integer\"",
           "How codes are converted: integer (fast) or apfloat (slow check)">,
  ];
  let statistics = [
    Statistic<"numLinears", "linears", "linear layers lowered">,
    Statistic<"numMapped", "mapped-weights",
              "weights read in place from their files">,
    Statistic<"numCopied", "copied-weights",
              "weights copied because their file does not align them">,
  ];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::cf::ControlFlowDialect",
    "::mlir::func::FuncDialect",
    "::mlir::linalg::LinalgDialect", "::mlir::math::MathDialect",
    "::mlir::tensor::TensorDialect",
  ];
}

def ExportFunctions : Pass<"zq-export-functions", "::mlir::ModuleOp"> {
  let summary = "Prepare public functions for callers outside of MLIR";
  let description = [{
    Every public function with a body gets a C interface
    (`llvm.emit_c_interface`), leaves its tensor arguments alone
    (`bufferization.writable = false`, so that a caller may use a buffer again),
    and keeps the type that it has now as the attribute `zq.signature`. What
    `zq.weight` says of arguments becomes the attribute `zq.argument_weights` of
    the function. Where elements of an argument, such as tokens, index a table of
    known size, `zq.argument_rows` has the rows of the smallest (-1 for others):
    models read past a table's end without a check of their own. Whoever calls
    compiled functions (`zq-runner`, `zq-evaluate`, `zq-calibrate`) looks at all
    three, also of a module that is already lowered.

    Before:
    ```mlir
    func.func @main(%x: tensor<?x64xf32>, %w: tensor<32x64xf32> {zq.weight = "fc"}) -> tensor<?x32xf32>
    ```
    After:
    ```mlir
    func.func @main(%x: tensor<?x64xf32> {bufferization.writable = false},
                    %w: tensor<32x64xf32> {bufferization.writable = false}) -> tensor<?x32xf32>
        attributes {llvm.emit_c_interface, zq.argument_weights = ["", "fc"],
                    zq.signature = (tensor<?x64xf32>, tensor<32x64xf32>) -> tensor<?x32xf32>}
    ```
  }];
  let dependentDialects = ["::mlir::bufferization::BufferizationDialect",
                           "::mlir::LLVM::LLVMDialect"];
}

def ExpandToReshape : Pass<"zq-expand-to-reshape"> {
  let summary = "Turn expansions into several dynamic dimensions into reshapes";
  let description = [{
    Upstream has no lowering for `memref.expand_shape` with more than one dynamic
    dimension in a group (`expand-strided-metadata` crashes on one in MLIR 22).
    On tensors, before bufferization, the same is a `tensor.reshape`.

    Before:
    ```mlir
    %y = tensor.expand_shape %x [[0, 1], [2]] output_shape [%b, %s, 32] : tensor<?x32xf32> into tensor<?x?x32xf32>
    ```
    After:
    ```mlir
    %c32 = arith.constant 32 : index
    %shape = tensor.from_elements %b, %s, %c32 : tensor<3xindex>
    %y = tensor.reshape %x(%shape) : (tensor<?x32xf32>, tensor<3xindex>) -> tensor<?x?x32xf32>
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::tensor::TensorDialect"];
}

def FuseElementwise : Pass<"zq-fuse-elementwise"> {
  let summary = "Make few loops over tensors of many";
  let description = [{
    Front ends emit a linalg operation for each elementwise operation, each of
    which reads and writes whole tensors. Here one becomes part of the loop that
    reads it, where that repeats nothing (one reader, each element read once) or
    only a few instructions (masks, broadcasts, conversions). Transpositions and
    broadcasts go into the maps of whatever reads them, a contraction among
    them, as long as its rows stay contiguous for `zq-contractions-to-blas`.

    Sums over a dimension may be taken in any order from here on
    (`fastmath<reassoc>`), like those of contractions, so that they vectorize.
    Results that nobody reads (the indices of a maximum) are removed.

    Before:
    ```mlir
    %t = linalg.transpose ins(%w : tensor<32x64xf32>) outs(%e0 : tensor<64x32xf32>) permutation = [1, 0]
    %y = linalg.matmul ins(%x, %t : tensor<?x64xf32>, tensor<64x32xf32>) outs(%zeros : tensor<?x32xf32>) -> tensor<?x32xf32>
    %a = linalg.generic ins(%y) {math.exp}
    %b = linalg.generic ins(%a, %y) {arith.mulf}
    ```
    After:
    ```mlir
    %y = linalg.generic {indexing_maps = [(m, n, k) -> (m, k), (m, n, k) -> (n, k), (m, n, k) -> (m, n)], ...} ins(%x, %w) {arith.mulf, arith.addf}
    %b = linalg.generic ins(%y) {math.exp, arith.mulf}
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect"];
}

def PrepareContractions : Pass<"zq-prepare-contractions"> {
  let summary = "Give contractions FP32 operands and a destination of their own";
  let description = [{
    Contractions that widen their operands in the body get operands that are
    widened already: once for each element instead of once for each product.
    Each contraction starts from zeros of its own: a tensor of zeros that two of
    them read would be copied by bufferization.

    Before:
    ```mlir
    %c = linalg.generic ins(%x, %w : tensor<?x64xf32>, tensor<32x64xbf16>) {arith.extf, arith.mulf, arith.addf}
    ```
    After:
    ```mlir
    %f = linalg.generic ins(%w : tensor<32x64xbf16>) outs(... : tensor<32x64xf32>) {arith.extf}
    %c = linalg.generic ins(%x, %f : tensor<?x64xf32>, tensor<32x64xf32>) {arith.mulf, arith.addf}
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect"];
}

def ContractionsToBlas : Pass<"zq-contractions-to-blas", "::mlir::ModuleOp"> {
  let summary = "Turn contractions on buffers into calls of a matrix product";
  let description = [{
    An FP32 contraction on memrefs becomes a call of the external function
    `zq_sgemm` for each matrix of a batch. Operands are passed where they lie:
    strides become leading dimensions, a transposed operand a flag. Zeros that
    the product is added to are not written before it (`beta` is 0 then). What
    is left alone (other element types, other bodies, matrices of which neither
    dimension is contiguous) stays for `convert-linalg-to-loops`, with a remark.

    ```c
    // C (m x n) = A (m x k) B (k x n) + beta C; beta is 0 or 1. Addresses; rows
    // are `ld` elements apart; a transposed A is stored k x m, B n x k.
    void zq_sgemm(intptr_t transposeA, intptr_t transposeB,
                  intptr_t m, intptr_t n, intptr_t k,
                  intptr_t a, intptr_t lda, intptr_t b, intptr_t ldb,
                  intptr_t beta, intptr_t c, intptr_t ldc);
    ```
    Whoever runs the code provides it: `zq/Execution` (and so `zq-runner`) does,
    with OpenBLAS on the calling thread.

    Before:
    ```mlir
    linalg.fill ins(%zero : f32) outs(%y : memref<?x32xf32>)
    linalg.generic {indexing_maps = [(m, n, k) -> (m, k), (m, n, k) -> (n, k), (m, n, k) -> (m, n)], ...}
      ins(%x, %w : memref<?x64xf32>, memref<32x64xf32>) outs(%y : memref<?x32xf32>) {arith.mulf, arith.addf}
    ```
    After:
    ```mlir
    func.call @zq_sgemm(%c0, %c1, %m, %c32, %c64, %px, %c64, %pw, %c64, %c0, %py, %c32)
    ```
  }];
  let statistics = [
    Statistic<"numCalls", "calls", "contractions that became calls">,
    Statistic<"numLoops", "loops", "contractions that stay loops">,
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::func::FuncDialect",
                           "::mlir::memref::MemRefDialect",
                           "::mlir::scf::SCFDialect"];
}

def ApproximateMath : Pass<"zq-approximate-math"> {
  let summary = "Compute functions of math by polynomials";
  let description = [{
    A call of the C library stands in the way of vectorization. The functions
    named by `functions` become polynomials (of upstream's), which cost about as
    much for a vector of sixteen numbers as the call for one. In units of the
    last place they are off by at most 1 (`math.exp`; results below 2^-126 are
    0), 5 (`math.tanh`) and 5 (`math.erf`).

    Before:
    ```mlir
    %y = math.exp %x : f32
    ```
    After:
    ```mlir
    %n = math.floor %0 : f32    // %0 = x / ln 2
    ...
    %p = math.fma %r, %c4, %c3 : f32
    ```
  }];
  let options = [
    ListOption<"functions", "functions", "std::string",
               "Names of operations, as in math.exp">,
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::math::MathDialect",
                           "::mlir::vector::VectorDialect"];
}

def ExpandArith : Pass<"zq-expand-arith"> {
  let summary = "Expand what LLVM has no instructions for, or flushing ones";
  let description = [{
    Conversions between `bf16` and FP32 become integer arithmetic: the
    instructions that CPUs have for them flush subnormal numbers. Divisions that
    round up or down become divisions towards zero. Unlike upstream's
    `arith-expand` this leaves `arith.maximumf` alone, which LLVM has and
    vectorizes.

    Before:
    ```mlir
    %y = arith.extf %x : bf16 to f32
    ```
    After:
    ```mlir
    %0 = arith.bitcast %x : bf16 to i16
    %1 = arith.extui %0 : i16 to i32
    %2 = arith.shli %1, %c16_i32 : i32
    %y = arith.bitcast %2 : i32 to f32
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
}

#endif // ZQ_CONVERSION_PASSES
