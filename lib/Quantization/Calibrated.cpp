//===- Calibrated.cpp - a layer quantized by its inputs -------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "zq/Quantization/Calibrated.h"
#include "RowBlocks.h"
#include "RowPanel.h"

#include <limits>

using namespace zq;

std::optional<ScaleImportance> zq::parseScaleImportance(std::string_view name) {
  if (name == "diagonal")
    return ScaleImportance::Diagonal;
  if (name == "conditional")
    return ScaleImportance::Conditional;
  return std::nullopt;
}

Result<LayerInputs> LayerInputs::compute(const Hessian &hessian,
                                         const DampingOptions &damping,
                                         ColumnOrder order,
                                         const ParallelFor &parallelFor) {
  Result<DampedHessian> damped = DampedHessian::compute(hessian, damping);
  if (!damped)
    return damped.takeError();
  Result<HessianFactor> factor =
      HessianFactor::compute(*damped, order, parallelFor);
  if (!factor)
    return factor.takeError();
  return LayerInputs{std::move(*damped),
                     std::make_shared<const HessianFactor>(std::move(*factor))};
}

namespace {
/// Takes the steps for one weight.
class Calibration {
public:
  Calibration(const WeightView &weight, const LayerInputs &inputs,
              const CalibrationOptions &options, const ParallelFor &parallelFor)
      : weight(weight), target(weight), inputs(inputs), options(options),
        parallelFor(parallelFor) {}

  Result<CalibratedWeight> run(const TargetMoments &moments) {
    Result<void> done = aim(moments);
    if (done)
      done = quantize();
    if (done)
      done = descend(target, "descent");
    if (done && options.lowRank.rank > 0)
      done = options.descent.passes > 0 ? compensate() : alternate();
    if (!done)
      return done.takeError();
    computeEnergies(weight, result.matrix, parallelFor);
    return std::move(result);
  }

private:
  /// Replaces the weight by one towards the float model's output.
  Result<void> aim(const TargetMoments &moments) {
    if ((!moments.inputs && !moments.residual) || options.targetStrength == 0.0)
      return {};
    Result<std::vector<float>> values =
        computeTargetWeight(weight, inputs.hessian, *inputs.factor, moments,
                            options.targetStrength, parallelFor);
    if (!values)
      return values.takeError();
    targetValues = std::move(*values);
    target = WeightView::rowMajor(targetValues.data(), weight.n, weight.k);
    return {};
  }

  QuantizeOptions getScaleOptions() const {
    QuantizeOptions scaleOptions = options.weight;
    if (!options.weightScales)
      return scaleOptions;
    std::vector<float> &importance = scaleOptions.columnImportance;
    importance = inputs.hessian.importance;
    if (options.scaleImportance == ScaleImportance::Conditional)
      for (int64_t j = 0; j < weight.k; ++j)
        if (float &entry = importance[inputs.factor->order[j]]; entry > 0.0f)
          entry = float(inputs.factor->d[j]);
    return scaleOptions;
  }
  std::unique_ptr<WeightQuantizer> getQuantizer() const {
    if (options.gptq)
      return std::make_unique<GPTQ>(inputs.factor, options.groupScales);
    return std::make_unique<RoundToNearest>();
  }

  Result<void> quantize() {
    if (options.reportSteps) {
      QuantizeOptions plain = options.weight;
      plain.clip = ClipMethod::AbsMax;
      plain.shift.reset();
      plain.anchorSearch = false;
      plain.columnImportance.clear();
      Result<void> done = quantizeBy(RoundToNearest(), plain, "nearest");
      if (done && options.gptq)
        done = quantizeBy(RoundToNearest(), getScaleOptions(), "scales");
      if (!done)
        return done;
    }
    return quantizeBy(*getQuantizer(), getScaleOptions(),
                      options.gptq ? "gptq" : "scales");
  }

  Result<void> quantizeBy(const WeightQuantizer &quantizer,
                          const QuantizeOptions &quantizeOptions,
                          const char *name) {
    Result<QuantizedMatrix> matrix =
        quantizer.quantize(target, quantizeOptions, parallelFor);
    if (!matrix)
      return matrix.takeError();
    result.matrix = std::move(*matrix);
    return report(name);
  }

  Result<void> descend(const WeightView &towards, const std::string &name) {
    if (options.descent.passes == 0)
      return {};
    Result<void> done = refineCodes(towards, inputs.hessian, options.descent,
                                    result.matrix, parallelFor);
    return done ? report(name) : std::move(done);
  }

  /// Factors, and a descent of the codes for what they leave, in rounds. Only
  /// rounding the factors can make the error larger, and does so little.
  Result<void> compensate() {
    for (int round = 1; round <= options.lowRankRounds; ++round) {
      Result<void> done = fitFactors();
      if (!done)
        return done;
      std::vector<float> rest = subtractFromTarget(compensation);
      done = descend(WeightView::rowMajor(rest.data(), weight.n, weight.k),
                     "lorc " + std::to_string(round));
      if (!done)
        return done;
    }
    return {};
  }

  /// Factors, and new codes for what they leave, in rounds that end with
  /// factors; the best round counts.
  Result<void> alternate() {
    CalibratedWeight best;
    double least = std::numeric_limits<double>::infinity();
    for (int round = 1; round <= options.lowRankRounds; ++round) {
      if (round > 1) {
        std::vector<float> rest = subtractFromTarget(compensation);
        Result<QuantizedMatrix> matrix = getQuantizer()->quantize(
            WeightView::rowMajor(rest.data(), weight.n, weight.k),
            getScaleOptions(), parallelFor);
        if (!matrix)
          return matrix.takeError();
        result.matrix = std::move(*matrix);
      }
      Result<void> done = fitFactors();
      if (!done)
        return done;
      Result<double> error = computeError();
      if (!error)
        return error.takeError();
      if (options.reportSteps)
        result.steps.push_back({"lorc " + std::to_string(round), *error});
      if (*error < least) {
        least = *error;
        best.matrix = result.matrix;
        best.lowRank = result.lowRank;
      }
    }
    result.matrix = std::move(best.matrix);
    result.lowRank = std::move(best.lowRank);
    return {};
  }

  Result<void> fitFactors() {
    std::vector<float> rest =
        subtractFromTarget(dequantize(result.matrix, parallelFor));
    for (int64_t i = 0; i < int64_t(rest.size()); ++i)
      if (inputs.hessian.dead[i % weight.k])
        rest[i] = 0.0f;
    LowRankOptions lowRank = options.lowRank;
    lowRank.hessian = options.weightLowRank ? inputs.factor.get() : nullptr;
    Result<LowRankFactors> factors = computeRoundedLowRankFactors(
        rest.data(), weight.n, weight.k, lowRank, parallelFor);
    if (!factors)
      return factors.takeError();
    result.lowRank = std::move(*factors);
    compensation = multiplyFactors(*result.lowRank, parallelFor);
    return {};
  }

  std::vector<float> subtractFromTarget(std::vector<float> values) const {
    forEachRowBlock(parallelFor, weight.n, 16,
                    [&](int64_t, int64_t begin, int64_t end) {
                      std::vector<float> row(weight.k);
                      for (int64_t i = begin; i < end; ++i) {
                        target.loadRow(i, row.data());
                        float *value = values.data() + i * weight.k;
                        for (int64_t j = 0; j < weight.k; ++j)
                          value[j] = row[j] - value[j];
                      }
                    });
    return values;
  }

  Result<double> computeError() const {
    return computeHessianError(
        target, result.matrix, inputs.hessian,
        compensation.empty() ? nullptr : compensation.data(), parallelFor);
  }

  Result<void> report(const std::string &name) {
    if (!options.reportSteps)
      return {};
    Result<double> error = computeError();
    if (!error)
      return error.takeError();
    result.steps.push_back({name, *error});
    return {};
  }

  const WeightView &weight;
  WeightView target;
  std::vector<float> targetValues;
  const LayerInputs &inputs;
  const CalibrationOptions &options;
  const ParallelFor &parallelFor;
  std::vector<float> compensation;
  CalibratedWeight result;
};
} // namespace

Result<CalibratedWeight>
zq::quantizeCalibrated(const WeightView &weight, const LayerInputs &inputs,
                       const CalibrationOptions &options,
                       const TargetMoments &moments,
                       const ParallelFor &parallelFor) {
  if (inputs.hessian.k != weight.k)
    return Error{"Hessian of " + std::to_string(inputs.hessian.k) +
                 " columns, expected the weight's " + std::to_string(weight.k)};
  if (options.weightScales && !options.weight.columnImportance.empty())
    return Error{"column importance given and asked for from the Hessian, "
                 "expected one of them"};
  if (options.lowRankRounds < 1)
    return Error{"LoRC in " + std::to_string(options.lowRankRounds) +
                 " rounds, expected at least 1"};
  return Calibration(weight, inputs, options, parallelFor).run(moments);
}
