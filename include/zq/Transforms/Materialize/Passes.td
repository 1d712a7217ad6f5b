//===- Passes.td - the materialize phase ----------------------*- tablegen -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_TRANSFORMS_MATERIALIZE_PASSES_TD
#define ZQ_TRANSFORMS_MATERIALIZE_PASSES_TD

include "mlir/Pass/PassBase.td"

def MaterializeWeightsPass : Pass<"zq-materialize-weights", "::mlir::ModuleOp"> {
  let summary = "Compute the quantized weights";
  let description = [{
    Each decision becomes its result: codes in a resource, scales and low-rank
    factors in constants. The float weights are read where they are (a constant, a
    resource or a mapped file), some layers at a time in bounded memory, each once:
    decisions that agree on one weight share their result. The result does not
    depend on the number of threads.

    Before:
    ```mlir
    %w = zq.weight "up_proj.weight" from "model.safetensors" : tensor<1536x576xbf16>
    %q, %anchors, %shifts = zq.quantize_weight %w {name = "up_proj", shift = "nearest"} : ...
    %down, %up = zq.low_rank_compensation %w, %q scales(%anchors, %shifts) {rank = 8} : ...
    ```
    After:
    ```mlir
    %codes = arith.constant dense_resource<up_proj> : tensor<1536x288xi8>
    %q = zq.storage_cast %codes : tensor<1536x288xi8> -> tensor<1536x576x!zq.quantized<...>>
    %anchors = arith.constant dense<...> : tensor<1536xf32>
    %shifts = arith.constant dense<...> : tensor<1536x5xi8>
    %down = arith.constant dense<...> : tensor<8x576xbf16>
    %up = arith.constant dense<...> : tensor<1536x8xbf16>
    ```

    With `weights-output` results leave memory one by one, for a safetensors file
    that the IR then refers to. It is called `FILE.partial` until all are there;
    the next run with the same layers goes on with what an interrupted one (or one
    that failed) has left, as far as it was asked for the same and weights and
    statistics are the same numbers, and ends with the same bits.

    After, with `weights-output=quantized.safetensors`:
    ```mlir
    %codes = zq.weight "up_proj.codes" from "quantized.safetensors" : tensor<1536x288xi8>
    %q = zq.storage_cast %codes : tensor<1536x288xi8> -> tensor<1536x576x!zq.quantized<...>>
    %anchors = arith.constant dense<...> : tensor<1536xf32>
    %shifts = zq.weight "up_proj.shifts" from "quantized.safetensors" : tensor<1536x5xi8>
    ```

    With `statistics` weights are quantized by the inputs of their layers, found by
    the layer's name: searches of scales weight errors by the Hessian's diagonal
    (or by what of it columns that are quantized later cannot make up for,
    `scale-importance=conditional`),
    `algorithm=gptq` makes up for the error of each column in the later ones,
    `descent-passes` takes up every code again, and low-rank factors (fitted to
    codes and codes to them, `lorc-rounds` times) are weighted by the Hessian. Each
    is an option of its own; so many as are taken follow in this order. Layers that
    share inputs share the factored Hessian. The same bits for any number of threads
    on one machine.

    A NaN or an infinity in a weight is an error that names the layer, the tensor
    and the element. Groups whose shift is past the constraint's window are clamped
    to it, and reported by a missed remark.

    A passed remark gives the SQNR and bytes of each layer. With `report` it is
    measured more closely, and the report says:
    - `sqnr_db`: 10 log10(sum w^2 / sum (w - w^)^2) of the weight, in dB, without
      and with LoRC; null where the error is 0;
    - `output_error`: ||y - y^|| / ||y|| of the layer's output (Frobenius), without
      bias, on a probe batch of `probe-tokens` tokens of independent standard normal
      values of fixed seed; y in float, y^ with quantized activations, quantized
      weights and LoRC. It stands in for calibration data, it is none;
    - `calibration_error`: with statistics, ||y - y^|| / ||y|| over the calibration
      data, that is (tr(E H E^T) / tr(W H W^T))^(1/2), E the error of weight and
      LoRC; activations in float. `steps` has it after each step, if asked for,
      against what the weight aims at;
    - `gains`: if asked for, of each option that is on, `error_before` and
      `error_after` of the chain that ends before it and of the one that ends with
      it, in the order of docs/calibration.md: as `calibration_error`, or without
      statistics as ||w - w^|| / ||w||; null where such a chain fails, with a missed
      remark;
    - `input_histogram`: with statistics, the magnitudes of the layer's inputs in the
      bins of docs/statistics.md;
    - `bits_per_weight`: of codes, scales and low-rank factors where each takes no
      more bits than it needs: a shift 4 (M2) or 6 (M3), a power of two 8, a free
      scale 16, an anchor 32. `bytes_after` is what the module has.
  }];
  let options = [
    Option<"algorithm", "algorithm", "std::string", "\"rtn\"",
           "How codes are found: rtn (round to nearest) or gptq">,
    Option<"statistics", "statistics", "std::string", "\"\"",
           "Statistics of the layers' inputs (docs/statistics.md); needed by gptq and descent-passes">,
    Option<"uncalibrated", "uncalibrated", "std::string", "\"error\"",
           "With statistics, a layer without any is an error, or rounded by itself: rtn">,
    Option<"damping", "damping", "std::string", "\"mean\"",
           "What is added to the Hessian's diagonal: a part of its mean, or of each entry: diagonal">,
    Option<"dampingAmount", "damping-amount", "double", "0.01",
           "How large that part is">,
    Option<"columnOrder", "column-order", "std::string", "\"natural\"",
           "GPTQ's order of columns: natural, or descending by the Hessian's diagonal">,
    Option<"scaleImportance", "scale-importance", "std::string", "\"diagonal\"",
           "What searches of scales weight a column's errors with: the Hessian's diagonal, or conditional, what of it later columns cannot make up for">,
    Option<"groupScales", "group-scales", "std::string", "\"static\"",
           "GPTQ finds scales before its first column: static; or by what it has left at each group: updated">,
    Option<"descentPasses", "descent-passes", "int", "0",
           "Passes of coordinate descent over the codes, scales refitted after each">,
    Option<"targetStrength", "target-strength", "double", "0.5",
           "How far weights aim at the float model's output, where statistics have its moments">,
    Option<"lorcWeighted", "lorc-weighted", "bool", "true",
           "With statistics, low-rank factors make the output's error small, not the weight's">,
    Option<"lorcFormat", "lorc-format", "std::string", "\"type\"",
           "With statistics, what low-rank factors are rounded to: their element type, or e4m3 with a power of two for each of their vectors, in that type">,
    Option<"lorcRounds", "lorc-rounds", "int", "3",
           "With descent-passes: rounds of factors and codes fitted to each other">,
    Option<"reportSteps", "report-steps", "bool", "false",
           "Add the error after each step of the calibration to the report; costs time">,
    Option<"reportGains", "report-gains", "bool", "false",
           "Add what each option of the chain brings to the report, each measured without it and with it; takes several times as long">,
    Option<"outputWeights", "weights-output", "std::string", "\"\"",
           "Write results to this safetensors file, which the IR then refers to; an interrupted run is gone on with">,
    Option<"keepJournal", "keep-journal", "bool", "false",
           "Leave FILE.partial.journal of weights-output: who renames FILE to FILE.partial again can go on with it">,
    Option<"showProgress", "progress", "bool", "false",
           "Show on standard error how far it is">,
    Option<"threads", "threads", "unsigned", "0",
           "Threads to compute with; 0 takes all cores">,
    Option<"report", "report", "std::string", /*default=*/"",
           "Write what was measured for each layer to this JSON file">,
    Option<"probeTokens", "probe-tokens", "int64_t", "32",
           "Tokens of the probe batch for output errors; 0 measures none">
  ];
  let dependentDialects = ["::zq::ZqDialect", "::mlir::arith::ArithDialect"];
  let statistics = [
    Statistic<"numWeights", "weights-computed", "Weights computed">,
    Statistic<"numRestored", "weights-restored", "Weights that an interrupted run had computed">,
    Statistic<"numShared", "weights-shared", "Decisions that share another's weight">,
    Statistic<"numClamped", "groups-clamped", "Groups whose shift was clamped">,
    Statistic<"bytesBefore", "bytes-before", "Bytes of the float weights">,
    Statistic<"bytesAfter", "bytes-after", "Bytes of codes, scales and factors">
  ];
}

#endif // ZQ_TRANSFORMS_MATERIALIZE_PASSES_TD
