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
      weights and LoRC. It stands in for calibration data, it is none.
  }];
  let options = [
    Option<"algorithm", "algorithm", "std::string", "\"rtn\"",
           "How codes are found: rtn (round to nearest)">,
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
    Statistic<"numShared", "weights-shared", "Decisions that share another's weight">,
    Statistic<"numClamped", "groups-clamped", "Groups whose shift was clamped">,
    Statistic<"bytesBefore", "bytes-before", "Bytes of the float weights">,
    Statistic<"bytesAfter", "bytes-after", "Bytes of codes, scales and factors">
  ];
}

#endif // ZQ_TRANSFORMS_MATERIALIZE_PASSES_TD
