//===- Pipelines.h - the phases of zq as named pipelines --------*- C++ -*-===//
//
// Each phase is a pipeline of its own; zq-quantize and zq-compile are pipelines
// of pipelines that take the options of their parts. The passes' own options
// (Passes.td of each phase) are the source of every default.
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_PIPELINES_PIPELINES_H
#define ZQ_PIPELINES_PIPELINES_H

#include "zq/Transforms/Decide/Passes.h"
#include "zq/Transforms/Materialize/Passes.h"

#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassOptions.h"

namespace zq {

//===----------------------------------------------------------------------===//
// Options
//===----------------------------------------------------------------------===//

/// Options of the import phase.
struct ImportOptions : public virtual mlir::detail::PassOptions {
  ListOption<std::string> weights{
      *this, "weights",
      llvm::cl::desc(
          "The safetensors file, or files, that arguments marked "
          "zq.weight are bound to; without one they stay arguments")};
  ListOption<std::string> weightNames{
      *this, "weight-names",
      llvm::cl::desc("Tensors of arguments without the attribute, "
                     "`[function:]index=tensor`")};
};

/// Options of the decide phase: those of its three passes.
struct DecideOptions : public virtual mlir::detail::PassOptions {
  Option<std::string> weightFormat{
      *this, "weight-format",
      llvm::cl::desc("Format of weights: e2m1, e3m0, e1m2 or int4; e4m3, e5m2 "
                     "or int8, or none (float) on the CPU only"),
      llvm::cl::init(QuantizeLinearPassOptions().weightFormat)};
  Option<std::string> activationFormat{
      *this, "activation-format",
      llvm::cl::desc("Format of activations: e4m3, e5m2 or int8"),
      llvm::cl::init(QuantizeLinearPassOptions().activationFormat)};
  Option<std::string> groupSize{
      *this, "group-size",
      llvm::cl::desc(
          "Elements along K that share a scale: 32, 64, 128, 256 or row"),
      llvm::cl::init(QuantizeLinearPassOptions().groupSize)};
  Option<std::string> clip{
      *this, "clip",
      llvm::cl::desc("How a free scale is found: absmax or search"),
      llvm::cl::init(QuantizeLinearPassOptions().clip)};
  Option<std::string> constraint{
      *this, "constraint",
      llvm::cl::desc("Of scales: m1 (powers of two), m2 (a row's anchor times "
                     "powers of two), m3 (that times 1, 1.25 or 1.5) or none"),
      llvm::cl::init(ConstrainScalesPassOptions().constraint)};
  Option<std::string> rounding{
      *this, "rounding",
      llvm::cl::desc(
          "Of the shift: ceil, floor, nearest or mse (least squared "
          "error); by default ceil for m1 and nearest for m2 and m3"),
      llvm::cl::init(ConstrainScalesPassOptions().rounding)};
  Option<bool> anchorSearch{
      *this, "anchor-search",
      llvm::cl::desc("Search each row's anchor for the least squared error"),
      llvm::cl::init(ConstrainScalesPassOptions().anchorSearch)};
  Option<int64_t> maxShift{
      *this, "max-shift",
      llvm::cl::desc("The largest shift; -1 for the format's"),
      llvm::cl::init(ConstrainScalesPassOptions().maxShift)};
  Option<int64_t> lorcRank{
      *this, "lorc-rank",
      llvm::cl::desc("Rank of the low-rank compensation; 0 adds none"),
      llvm::cl::init(0)};
  Option<std::string> lorcFactorType{
      *this, "lorc-factor-type",
      llvm::cl::desc("Element type of its factors: expressed or bf16"),
      llvm::cl::init(InsertLoRCPassOptions().factorType)};
  Option<std::string> rules{
      *this, "rules",
      llvm::cl::desc("Settings of layers by name, `glob=setting,...;glob=...`"),
      llvm::cl::init("")};
  Option<std::string> rulesFile{*this, "rules-file",
                                llvm::cl::desc("The same in a JSON file"),
                                llvm::cl::init("")};
};

/// Options of the materialize phase: those of its pass.
struct MaterializeOptions : public virtual mlir::detail::PassOptions {
  Option<std::string> algorithm{
      *this, "algorithm",
      llvm::cl::desc("How codes are found: rtn (round to nearest) or gptq"),
      llvm::cl::init(MaterializeWeightsPassOptions().algorithm)};
  Option<std::string> statistics{
      *this, "statistics", llvm::cl::desc("Statistics of the layers' inputs"),
      llvm::cl::init(MaterializeWeightsPassOptions().statistics)};
  Option<std::string> uncalibrated{
      *this, "uncalibrated",
      llvm::cl::desc("With statistics, a layer without any is an error, or "
                     "rounded by itself: rtn"),
      llvm::cl::init(MaterializeWeightsPassOptions().uncalibrated)};
  Option<std::string> damping{
      *this, "damping",
      llvm::cl::desc("What is added to the Hessian's diagonal: a part of its "
                     "mean, or of each entry: diagonal"),
      llvm::cl::init(MaterializeWeightsPassOptions().damping)};
  Option<double> dampingAmount{
      *this, "damping-amount", llvm::cl::desc("How large that part is"),
      llvm::cl::init(MaterializeWeightsPassOptions().dampingAmount)};
  Option<std::string> columnOrder{
      *this, "column-order",
      llvm::cl::desc("GPTQ's order of columns: natural, or descending by the "
                     "Hessian's diagonal"),
      llvm::cl::init(MaterializeWeightsPassOptions().columnOrder)};
  Option<std::string> groupScales{
      *this, "group-scales",
      llvm::cl::desc("GPTQ finds scales before its first column: static; or by "
                     "what it has left at each group: updated"),
      llvm::cl::init(MaterializeWeightsPassOptions().groupScales)};
  Option<std::string> scaleImportance{
      *this, "scale-importance",
      llvm::cl::desc("What searches of scales weight a column's errors with: "
                     "the Hessian's diagonal, or conditional, what of it later "
                     "columns cannot make up for"),
      llvm::cl::init(MaterializeWeightsPassOptions().scaleImportance)};
  Option<int> descentPasses{
      *this, "descent-passes",
      llvm::cl::desc("Passes of coordinate descent over the codes, scales "
                     "refitted after each"),
      llvm::cl::init(MaterializeWeightsPassOptions().descentPasses)};
  Option<double> targetStrength{
      *this, "target-strength",
      llvm::cl::desc("How far weights aim at the float model's output, where "
                     "statistics have its moments"),
      llvm::cl::init(MaterializeWeightsPassOptions().targetStrength)};
  Option<bool> lorcWeighted{
      *this, "lorc-weighted",
      llvm::cl::desc("With statistics, low-rank factors make the output's "
                     "error small, not the weight's"),
      llvm::cl::init(MaterializeWeightsPassOptions().lorcWeighted)};
  Option<std::string> lorcFormat{
      *this, "lorc-format",
      llvm::cl::desc("With statistics, what low-rank factors are rounded to: "
                     "their element type, or e4m3 with a power of two for each "
                     "of their vectors, in that type"),
      llvm::cl::init(MaterializeWeightsPassOptions().lorcFormat)};
  Option<int> lorcRounds{
      *this, "lorc-rounds",
      llvm::cl::desc("With descent-passes: rounds of factors and codes fitted "
                     "to each other"),
      llvm::cl::init(MaterializeWeightsPassOptions().lorcRounds)};
  Option<bool> reportSteps{
      *this, "report-steps",
      llvm::cl::desc("Add the error after each step of the calibration to the "
                     "report; costs time"),
      llvm::cl::init(MaterializeWeightsPassOptions().reportSteps)};
  Option<bool> reportGains{
      *this, "report-gains",
      llvm::cl::desc("Add what each option of the chain brings to the report, "
                     "each measured without it and with it; takes several "
                     "times as long"),
      llvm::cl::init(MaterializeWeightsPassOptions().reportGains)};
  Option<std::string> outputWeights{
      *this, "weights-output",
      llvm::cl::desc("Write quantized weights to this safetensors file instead "
                     "of keeping them in memory; an interrupted run is gone on "
                     "with"),
      llvm::cl::init("")};
  Option<bool> keepJournal{
      *this, "keep-journal",
      llvm::cl::desc("Leave the journal of weights-output beside it: who "
                     "renames FILE to FILE.partial can go on with it"),
      llvm::cl::init(MaterializeWeightsPassOptions().keepJournal)};
  Option<bool> showProgress{
      *this, "progress",
      llvm::cl::desc("Show on standard error how far quantization is"),
      llvm::cl::init(MaterializeWeightsPassOptions().showProgress)};
  Option<unsigned> threads{
      *this, "threads",
      llvm::cl::desc("Threads to compute with; 0 takes all cores"),
      llvm::cl::init(MaterializeWeightsPassOptions().threads)};
  Option<std::string> report{
      *this, "report",
      llvm::cl::desc(
          "Write what was measured for each layer to this JSON file"),
      llvm::cl::init("")};
  Option<int64_t> probeTokens{
      *this, "probe-tokens",
      llvm::cl::desc("Tokens of the probe batch for output errors; 0 measures "
                     "none"),
      llvm::cl::init(MaterializeWeightsPassOptions().probeTokens)};
};

/// Options of the optimize phase.
struct OptimizeOptions : public virtual mlir::detail::PassOptions {
  Option<bool> fuseSiblings{
      *this, "fuse-siblings",
      llvm::cl::desc("Make one linear of those that read one input (q, k and "
                     "v; gate and up)"),
      llvm::cl::init(false)};
  Option<bool> fuseResidual{
      *this, "fuse-residual",
      llvm::cl::desc("Make the add of a residual a part of the linear before "
                     "it: calls of compiled linears get it as an argument"),
      llvm::cl::init(false)};
};

/// Options of zq-quantize: those of the phases that it is made of.
struct QuantizePipelineOptions : public ImportOptions,
                                 public DecideOptions,
                                 public MaterializeOptions,
                                 public OptimizeOptions {};

//===----------------------------------------------------------------------===//
// Pipelines
//===----------------------------------------------------------------------===//

/// zq-import: linear layers as zq.linear, weights bound to their files.
void buildImportPipeline(mlir::OpPassManager &pm, const ImportOptions &options);

/// zq-decide: format, groups, constraint and compensation of each layer.
void buildDecidePipeline(mlir::OpPassManager &pm, const DecideOptions &options);

/// zq-materialize: decisions become codes, scales and factors.
void buildMaterializePipeline(mlir::OpPassManager &pm,
                              const MaterializeOptions &options);

/// zq-optimize: constrained scales become integer shifts; linears of one input
/// become one and take over the add of a residual, where that is asked for.
void buildOptimizePipeline(mlir::OpPassManager &pm,
                           const OptimizeOptions &options);

/// zq-quantize: a front end's module to one with quantized linears, by all of
/// the above.
void buildQuantizePipeline(mlir::OpPassManager &pm,
                           const QuantizePipelineOptions &options);

/// Registers every pipeline of zq.
void registerZqPipelines();

} // namespace zq

#endif // ZQ_PIPELINES_PIPELINES_H
