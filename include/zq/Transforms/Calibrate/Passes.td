//===- Passes.td - the calibrate phase ------------------------*- tablegen -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_TRANSFORMS_CALIBRATE_PASSES_TD
#define ZQ_TRANSFORMS_CALIBRATE_PASSES_TD

include "mlir/Pass/PassBase.td"

def InsertObserversPass : Pass<"zq-insert-observers", "::mlir::ModuleOp"> {
  let summary = "Let calibration see the inputs of linear layers";
  let description = [{
    Puts a `zq.observe` before linear layers, so that a run of the module over
    calibration data shows what their inputs look like. Layers of one block that
    read the same tensor (q, k and v; gate and up) share one observer, and so their
    statistics. `zq-runner --statistics` runs such a module and writes the file
    that `zq-materialize-weights` reads (docs/statistics.md).

    Before:
    ```mlir
    %q = zq.linear %x, %wq {name = "q_proj"} : ...
    %k = zq.linear %x, %wk {name = "k_proj"} : ...
    ```
    After:
    ```mlir
    zq.observe %x for ["q_proj", "k_proj"] : tensor<?x576xbf16>
    %q = zq.linear %x, %wq {name = "q_proj"} : ...
    %k = zq.linear %x, %wk {name = "k_proj"} : ...
    ```

    The input of a `zq.quantized_linear` is that of its `zq.quantize_activation`:
    a model that is quantized in part shows the inputs that it really has.

    Left alone, with a missed remark: a layer without a name, one that is observed
    already, a quantized one whose activations are quantized elsewhere. Two layers
    of one name are an error: statistics are kept by name.
  }];
  let dependentDialects = ["::zq::ZqDialect"];
  let statistics = [
    Statistic<"numObservers", "observers", "Observers inserted">,
    Statistic<"numLayers", "layers-observed", "Layers observed">
  ];
}

#endif // ZQ_TRANSFORMS_CALIBRATE_PASSES_TD
