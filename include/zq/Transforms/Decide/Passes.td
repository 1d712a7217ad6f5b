//===- Passes.td - the decide phase ---------------------------*- tablegen -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Format, groups, scale constraint and compensation of each layer. These passes
// change types and attributes; no weight is read before the materialize phase.
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_TRANSFORMS_DECIDE_PASSES_TD
#define ZQ_TRANSFORMS_DECIDE_PASSES_TD

include "mlir/Pass/PassBase.td"

class Zq_DecidePass<string name> : Pass<name, "::mlir::ModuleOp"> {
  let dependentDialects = ["::zq::ZqDialect"];

  // Every pass of this phase takes the same rules and reads its own keys.
  list<Option> ruleOptions = [
    Option<"rules", "rules", "std::string", /*default=*/"",
           "Settings of layers by name, `glob=setting,...;glob=...`: see "
           "zq-quantize-linear">,
    Option<"rulesFile", "rules-file", "std::string", /*default=*/"",
           "The same in a JSON file: an array of objects with `layers` (the "
           "glob) and the settings">
  ];
}

def QuantizeLinearPass : Zq_DecidePass<"zq-quantize-linear"> {
  let summary = "Decide format and groups of each linear layer";
  let description = [{
    A float linear becomes a quantized one: its weight a decision with free
    scales, its input quantized token by token.

    Before:
    ```mlir
    %y = zq.linear %x, %w bias(%b) {name = "up_proj"}
       : (tensor<?x576xbf16>, tensor<1536x576xbf16>, tensor<1536xbf16>) -> tensor<?x1536xbf16>
    ```
    After:
    ```mlir
    %q, %s = zq.quantize_weight %w {name = "up_proj"}
       : tensor<1536x576xbf16> -> tensor<1536x576x!zq.quantized<f4E2M1FN : bf16, blocks = 1x128, scale = #zq.free>>, tensor<1536x5xf32>
    %x8, %sx = zq.quantize_activation %x : tensor<?x576xbf16> -> tensor<?x576xf8E4M3FN>, tensor<?xf32>
    %y = zq.quantized_linear %x8 scale(%sx), %q scales(%s) bias(%b) {name = "up_proj"} : ...
    ```

    Weights of 4 bits are the purpose; those of 8 bits (`e4m3`, `e5m2`, `int8`) and
    `none`, where only activations are quantized, are there to be compared with:
    ```mlir
    %x8, %sx = zq.quantize_activation %x : tensor<?x576xbf16> -> tensor<?x576xf8E4M3FN>, tensor<?xf32>
    %y = zq.quantized_linear %x8 scale(%sx), %w bias(%b) {name = "up_proj"} : ...
    ```

    Layers that are left alone (a rule says so, the weight is no constant) are
    reported by a missed remark with the reason.

    **Rules** change the settings of layers whose name matches a glob (`*`, `?`,
    `[a-z]`, `{a,b}`); all rules that match apply, a later one over an earlier one:
    ```
    rules="lm_head=skip;*.down_proj=group-size:64,weight-format:e3m0"
    ```
    The settings are `skip` and the options of the passes of this phase, by their
    names; each pass reads its own, so that a pipeline hands one text to all. A rule
    that sets something here and matches no layer gives a warning. As a file:
    ```json
    [
      {"layers": "lm_head", "skip": true},
      {"layers": "*.down_proj", "group-size": 64, "weight-format": "e3m0"}
    ]
    ```
  }];
  let options = [
    Option<"weightFormat", "weight-format", "std::string", "\"e2m1\"",
           "Format of weights: e2m1, e3m0, e1m2 or int4; e4m3, e5m2 or int8 on the "
           "CPU only; none keeps them float and quantizes activations, on the CPU only">,
    Option<"activationFormat", "activation-format", "std::string", "\"e4m3\"",
           "Format of activations: e4m3, e5m2 or int8">,
    Option<"groupSize", "group-size", "std::string", "\"128\"",
           "Elements along K that share a scale: 32, 64, 128, 256 or row">,
    Option<"clip", "clip", "std::string", "\"absmax\"",
           "How a free scale is found: absmax or search (the clipping range of "
           "least squared error)">
  ] # ruleOptions;
  let statistics = [
    Statistic<"numQuantized", "layers-quantized", "Layers decided to quantize">,
    Statistic<"numLeft", "layers-left", "Layers left in float">
  ];
}

def ConstrainScalesPass : Zq_DecidePass<"zq-constrain-scales"> {
  let summary = "Constrain the scales of weights to steps below an anchor";
  let description = [{
    Free scales become powers of two (M1), an anchor for each row times powers of
    two (M2; ZeroQuant-FP, section 3), or that times 1, 1.25 or 1.5 (M3), so that
    the cast to FP8 needs integers only (`zq-fold-scales`). The types of a decision
    and of its consumers change; no weight is read.

    Before:
    ```mlir
    %q, %s = zq.quantize_weight %w : tensor<1536x576xbf16> -> tensor<1536x576x!zq.quantized<f4E2M1FN : bf16, blocks = 1x128,
        scale = #zq.free>>, tensor<1536x5xf32>
    ```
    After:
    ```mlir
    %q, %anchors, %shifts = zq.quantize_weight %w {shift = "nearest"} : tensor<1536x576xbf16> -> tensor<1536x576x!zq.quantized<f4E2M1FN : bf16, blocks = 1x128,
        scale = #zq.pow2<anchor = row, max_shift = 11>>>, tensor<1536xf32>, tensor<1536x5xi8>
    ```
    With `constraint=m3` the type has `scale = #zq.step<max_shift = 10>`. M3 needs
    `e2m1` or `e3m0`: with `e1m2` and `int4` the products are not exact.

    Left alone, with a missed remark: weights that are materialized already, those
    of 8 bits, and decisions whose type something other than a zq op fixes.
  }];
  let options = [
    Option<"constraint", "constraint", "std::string", "\"m2\"",
           "m1 (powers of two), m2 (a row's anchor times powers of two), m3 (that "
           "times 1, 1.25 or 1.5) or none">,
    Option<"rounding", "rounding", "std::string", /*default=*/"",
           "Of the shift: ceil, floor, nearest or mse (least squared error); by "
           "default ceil for m1, as the paper, and nearest for m2 and m3">,
    Option<"anchorSearch", "anchor-search", "bool", "false",
           "Search each row's anchor for the least squared error (m2, m3)">,
    Option<"maxShift", "max-shift", "int64_t", "-1",
           "The largest shift; by default the largest that keeps all FP8 values "
           "normal numbers">
  ] # ruleOptions;
  let statistics = [
    Statistic<"numConstrained", "weights-constrained", "Weights whose scales are constrained">
  ];
}

def InsertLoRCPass : Zq_DecidePass<"zq-insert-lorc"> {
  let summary = "Add low-rank compensation of the quantization error";
  let description = [{
    Beside each quantized linear stand two small float linears with the factors of
    its weight's error (LoRC; ZeroQuant-V2 and ZeroQuant-FP, section 3), and an add.
    It is plain IR: a later pass may fuse it, every backend can run it.

    Before:
    ```mlir
    %x8, %sx = zq.quantize_activation %x : ...
    %y = zq.quantized_linear %x8 scale(%sx), %q scales(%s) : ...
    ```
    After:
    ```mlir
    %x8, %sx = zq.quantize_activation %x : ...
    %y = zq.quantized_linear %x8 scale(%sx), %q scales(%s) : ...
    %down, %up = zq.low_rank_compensation %w, %q scales(%s) {rank = 8} : ...
    %t = zq.linear %x, %down : (tensor<?x576xbf16>, tensor<8x576xbf16>) -> tensor<?x8xbf16>
    %c = zq.linear %t, %up : (tensor<?x8xbf16>, tensor<1536x8xbf16>) -> tensor<?x1536xbf16>
    %z = arith.addf %y, %c : tensor<?x1536xbf16>
    ```
  }];
  let options = [
    Option<"rank", "rank", "int64_t", "8", "Rank of the factors; 0 adds none">,
    Option<"factorType", "factor-type", "std::string", "\"expressed\"",
           "Element type of the factors: expressed (that of the float weight) or bf16">
  ] # ruleOptions;
  let dependentDialects = ["::zq::ZqDialect", "::mlir::arith::ArithDialect"];
  let statistics = [
    Statistic<"numCompensated", "layers-compensated", "Layers with low-rank compensation">
  ];
}

#endif // ZQ_TRANSFORMS_DECIDE_PASSES_TD
