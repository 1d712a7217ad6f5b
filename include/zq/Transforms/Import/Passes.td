//===- Passes.td - the import phase ---------------------------*- tablegen -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// From what front ends write to zq.linear, and from arguments to weight files.
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_TRANSFORMS_IMPORT_PASSES_TD
#define ZQ_TRANSFORMS_IMPORT_PASSES_TD

include "mlir/Pass/PassBase.td"

def LowerTosaPass : Pass<"zq-lower-tosa", "::mlir::ModuleOp"> {
  let summary = "Lower functions in TOSA to linalg on tensors";
  let description = [{
    Runs the upstream passes that lower TOSA to linalg, arith and tensor on each
    function that has TOSA ops; other functions are not touched. These are the
    passes of the upstream `tosa-to-linalg-pipeline` and those that it leaves out
    (`tosa-to-arith`, `tosa-to-tensor`), without the validation against a TOSA
    profile, which refuses dynamic dimensions and types that front ends use.

    Before:
    ```mlir
    %y = tosa.matmul %x, %w, %zero, %zero : (tensor<1x8x128xf32>, tensor<1x128x96xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x8x96xf32>
    ```
    After:
    ```mlir
    %y = linalg.batch_matmul ins(%x, %w : tensor<1x8x128xf32>, tensor<1x128x96xf32>) outs(%init : tensor<1x8x96xf32>) -> tensor<1x8x96xf32>
    ```
  }];
  let statistics = [
    Statistic<"numLowered", "functions-lowered", "Functions that had TOSA ops">
  ];
}

def BindWeightsPass : Pass<"zq-bind-weights", "::mlir::ModuleOp"> {
  let summary = "Replace marked arguments by tensors of safetensors files";
  let description = [{
    A function argument with the attribute `zq.weight = "name"` is the tensor
    `name` of a weights file. It becomes a `zq.weight`, which stays in the file and
    is mapped when it is read; the argument is removed, and calls within the module
    no longer pass it.

    Before:
    ```mlir
    func.func @main(%x: tensor<?x576xf32>, %w: tensor<1536x576xf32> {zq.weight = "up_proj.weight"}) -> ... {
      ... %w ...
    ```
    After `zq-bind-weights{file=model.safetensors}`, where the file has BF16:
    ```mlir
    func.func @main(%x: tensor<?x576xf32>) -> ... {
      %weight = zq.weight "up_proj.weight" from "model.safetensors" : tensor<1536x576xbf16>
      %w = arith.extf %weight : tensor<1536x576xbf16> to tensor<1536x576xf32>
      ... %w ...
    ```

    An argument of another float type than the file's gets an `arith.extf` or
    `arith.truncf`. Name, type and shape are checked against the files' headers,
    all of them before anything is changed: an unknown tensor (with the nearest
    names), a shape or a type that does not fit, and a file that is missing or
    malformed are errors at the argument.

    Relative paths are relative to the current directory, here and wherever the
    weight is read later. Several files (a sharded checkpoint) are one set of
    names; a name that two files have is an error.

    `names` is for IR without attributes: `names=1=up_proj.weight,2=up_proj.bias`
    binds arguments 1 and 2 of the module's one function, `names=main:1=...` those
    of `@main`. An argument whose attribute has no value (`zq.weight`) is a weight
    but has no name; it stays an argument, with a missed remark.
  }];
  let options = [
    ListOption<"files", "file", "std::string",
               "The safetensors file, or files, of the weights">,
    ListOption<"names", "names", "std::string",
               "Tensors of arguments, `[function:]index=tensor`">
  ];
  let dependentDialects = ["::zq::ZqDialect", "::mlir::arith::ArithDialect"];
  let statistics = [
    Statistic<"numBound", "arguments-bound", "Arguments that became zq.weight">
  ];
}

def RaiseLinearPass : Pass<"zq-raise-linear", "::mlir::ModuleOp"> {
  let summary = "Raise products with a weight to zq.linear";
  let description = [{
    Finds the linear layers of a module, however a front end spells them, and
    writes each as one `zq.linear` with an N x K weight.

    Before:
    ```mlir
    %t = linalg.transpose ins(%w : tensor<96x64xf32>) outs(%e : tensor<64x96xf32>) permutation = [1, 0]
    %c = tensor.collapse_shape %x [[0, 1], [2]] : tensor<2x16x64xf32> into tensor<32x64xf32>
    %p = linalg.matmul ins(%c, %t : tensor<32x64xf32>, tensor<64x96xf32>) outs(%zero : tensor<32x96xf32>) -> tensor<32x96xf32>
    %s = linalg.generic {...} ins(%p, %b : tensor<32x96xf32>, tensor<96xf32>) outs(%f : tensor<32x96xf32>) { arith.addf }
    %y = tensor.expand_shape %s [[0, 1], [2]] output_shape [2, 16, 96] : tensor<32x96xf32> into tensor<2x16x96xf32>
    ```
    After:
    ```mlir
    %y = zq.linear %x, %w bias(%b) {name = "up_proj"} : (tensor<2x16x64xf32>, tensor<96x64xf32>, tensor<96xf32>) -> tensor<2x16x96xf32>
    ```

    **What is a product.** Any linalg op on tensors whose body adds the product of
    its two inputs to its output: named ops with any indexing maps,
    `linalg.contract`, `linalg.generic`. It is read by its loops, not by its name.
    Several dimensions may make up M, N or K (heads, for instance); batch
    dimensions are rows as long as the weight does not depend on them. Transposes,
    reshapes, broadcasts and extensions in front of an operand are followed to
    where it comes from.

    **Which factor is the weight.** A factor can be a weight if it comes, through
    operations that only move or convert elements, from a constant (inline,
    `dense_resource`, `zq.weight`, a constant global) or from a function argument,
    has static N and K, and is the same for every row of the result (a batch
    dimension of it must be of size 1 or a broadcast). If both factors can be:
    1. an argument with the attribute `zq.weight` before a constant, a constant
       before an unmarked argument;
    2. of two of one kind, the one that is a matrix at its source (two dimensions,
       or two that are not of size 1), if the other is not;
    3. the right-hand side.
    A function that marks one argument `zq.weight` has said which arguments are
    weights: unmarked ones are activations.

    **What becomes part of the linear:** an output that is initialized with zeros
    or with a broadcast vector (a bias); a bias add behind the product, before or
    after a reshape, in a body of its own or at the start of a larger one; the
    truncation of the result; extensions of both factors (the linear takes the
    narrow types); products with the constant 1. An output that is initialized
    with anything else is added by a `linalg.add` behind the linear.

    **Numbers.** `zq.linear` adds up in FP32 or better and rounds once. A product
    that a front end accumulates in bf16 or f16, or rounds before it adds the bias,
    becomes more accurate; one in f32 stays the same but for the order of sums.

    **What is left alone**, each with a missed remark that says why: products of
    another matrix for each batch (experts), with a vector, outer products (K = 1,
    as in rotary embeddings), convolutions, integers. Where the model computes both
    factors (attention) there is no layer to miss, and the remark is an analysis
    remark (`--remarks-filter-analyse=zq`).

    Layers are named: after the weight (`zq.weight` or the argument's attribute,
    without a final ".weight"), else its or the product's name location, else the
    key of its resource (not torch-mlir's `torch_tensor_...`, which only says the
    shape), else "linear" and a number. A name that several layers
    would have gets "_1", "_2", ... from the second one on.
  }];
  let dependentDialects = [
    "::zq::ZqDialect", "::mlir::arith::ArithDialect",
    "::mlir::linalg::LinalgDialect", "::mlir::tensor::TensorDialect"
  ];
  let statistics = [
    Statistic<"numRaised", "products-raised", "Products raised to zq.linear">,
    Statistic<"numLeft", "products-left", "Products that are no linear layers">
  ];
}

#endif // ZQ_TRANSFORMS_IMPORT_PASSES_TD
