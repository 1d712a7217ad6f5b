//===- ChainGains.cpp - what each option of the chain brings --------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "zq/Quantization/ChainGains.h"

using namespace zq;

/// Options of scales, one after the other, from none of them on.
static std::vector<std::pair<const char *, QuantizeOptions>>
getScaleSteps(const QuantizeOptions &options) {
  QuantizeOptions step = options;
  step.clip = ClipMethod::AbsMax;
  step.shift.reset();
  step.anchorSearch = false;
  step.columnImportance.clear();
  std::vector<std::pair<const char *, QuantizeOptions>> steps{{"", step}};
  if (options.clip != ClipMethod::AbsMax) {
    step.clip = options.clip;
    steps.emplace_back("clip", step);
  }
  bool isConstrained = options.constraint != ScaleConstraint::Free;
  if (isConstrained && options.shift) {
    step.shift = options.shift;
    // Any but the default, which is the step before.
    if (*options.shift != (options.constraint == ScaleConstraint::M1
                               ? ShiftRounding::Ceil
                               : ShiftRounding::Nearest))
      steps.emplace_back("shifts", step);
  }
  if (isConstrained && options.anchorSearch) {
    step.anchorSearch = true;
    steps.emplace_back("anchors", step);
  }
  return steps;
}

Result<std::vector<ChainGain>>
zq::measureSearchGains(const WeightView &weight, const QuantizeOptions &options,
                       const ParallelFor &parallelFor) {
  std::vector<ChainGain> gains;
  double last = 0.0;
  for (const auto &[name, step] : getScaleSteps(options)) {
    Result<QuantizedMatrix> matrix =
        RoundToNearest().quantize(weight, step, parallelFor);
    if (!matrix)
      return matrix.takeError();
    double error = matrix->signalEnergy == 0.0
                       ? 0.0
                       : matrix->errorEnergy / matrix->signalEnergy;
    if (*name)
      gains.push_back({name, last, error});
    last = error;
  }
  return gains;
}

/// The Hessian before it was damped.
static Hessian getUndamped(const DampedHessian &damped) {
  Hessian hessian = damped;
  for (int64_t i = 0; i < hessian.k; ++i)
    hessian.values[i * hessian.k + i] = damped.importance[i];
  return hessian;
}

namespace {
class ChainMeter {
public:
  ChainMeter(const WeightView &weight, const LayerInputs &inputs,
             const DampingOptions &damping, const CalibrationOptions &options,
             const TargetMoments &moments, const ParallelFor &parallelFor)
      : weight(weight), target(weight), inputs(inputs), damping(damping),
        options(options), moments(moments), parallelFor(parallelFor) {}

  Result<std::vector<ChainGain>> run() {
    for (auto steps : {&ChainMeter::takeScales, &ChainMeter::takeGPTQ,
                       &ChainMeter::takeConditional, &ChainMeter::takeDescent,
                       &ChainMeter::takeTargets, &ChainMeter::takeLowRank})
      if (Result<void> done = (this->*steps)(); !done)
        return done.takeError();
    return std::move(gains);
  }

private:
  Result<void> takeScales() {
    step = options;
    step.reportSteps = false;
    step.gptq = step.weightScales = false;
    step.scaleImportance = ScaleImportance::Diagonal;
    step.descent.passes = 0;
    step.lowRank.rank = 0;
    for (const auto &[name, scales] : getScaleSteps(options.weight)) {
      step.weight = scales;
      if (Result<void> done = take(name, inputs); !done)
        return done;
    }
    step.weight = options.weight;
    step.weightScales = options.weightScales;
    return options.weightScales ? take("importance", inputs) : Result<void>();
  }

  Result<void> takeGPTQ() {
    step.gptq = options.gptq;
    if (!options.gptq)
      return {};
    bool isOrdered = inputs.factor->columnOrder != ColumnOrder::Natural;
    DampingOptions published;
    bool isDamped =
        damping.kind != published.kind || damping.amount != published.amount;
    if (!isOrdered && !isDamped)
      return take("gptq", inputs);
    Hessian hessian = getUndamped(inputs.hessian);
    auto takeInOrder = [&](const char *name, const DampingOptions &damping) {
      Result<LayerInputs> other = LayerInputs::compute(
          hessian, damping, ColumnOrder::Natural, parallelFor);
      return other ? take(name, *other) : Result<void>(other.takeError());
    };
    Result<void> done = takeInOrder("gptq", published);
    if (done && isDamped)
      done =
          isOrdered ? takeInOrder("damping", damping) : take("damping", inputs);
    if (done && isOrdered)
      done = take("order", inputs);
    return done;
  }

  Result<void> takeConditional() {
    if (!options.weightScales ||
        options.scaleImportance == ScaleImportance::Diagonal)
      return {};
    step.scaleImportance = options.scaleImportance;
    return take("conditional", inputs);
  }

  Result<void> takeDescent() {
    if (options.descent.passes == 0)
      return {};
    step.descent.passes = options.descent.passes;
    step.descent.refitScales = false;
    Result<void> done = take("descent", inputs);
    if (done && options.descent.refitScales) {
      step.descent.refitScales = true;
      done = take("refit", inputs);
    }
    return done;
  }

  Result<void> takeTargets() {
    if (options.targetStrength == 0.0)
      return {};
    Result<void> done;
    if (moments.inputs) {
      aim.inputs = moments.inputs;
      done = takeTarget("float output");
    }
    if (done && moments.residual) {
      aim.residual = moments.residual;
      done = takeTarget("residual");
    }
    return done;
  }

  Result<void> takeTarget(const char *name) {
    Result<std::vector<float>> values =
        computeTargetWeight(weight, inputs.hessian, *inputs.factor, aim,
                            options.targetStrength, parallelFor);
    if (!values)
      return values.takeError();
    targetValues = std::move(*values);
    target = WeightView::rowMajor(targetValues.data(), weight.n, weight.k);
    // By the new measure.
    if (Result<void> done = measure(); !done)
      return done;
    return take(name, inputs);
  }

  Result<void> takeLowRank() {
    if (options.lowRank.rank == 0)
      return {};
    step.lowRank = options.lowRank;
    step.weightLowRank = false;
    step.lowRankRounds = 1;
    Result<void> done = take("lorc", inputs);
    if (done && options.weightLowRank) {
      step.weightLowRank = true;
      done = take("lorc weighted", inputs);
    }
    if (done && options.lowRankRounds > 1) {
      step.lowRankRounds = options.lowRankRounds;
      done = take("lorc rounds", inputs);
    }
    return done;
  }

  /// Quantizes by `step`; without a name it is where the chain begins.
  Result<void> take(const char *name, const LayerInputs &stepInputs) {
    Result<CalibratedWeight> result =
        quantizeCalibrated(weight, stepInputs, step, aim, parallelFor);
    if (!result)
      return result.takeError();
    current = std::move(*result);
    double before = error;
    if (Result<void> done = measure(); !done)
      return done;
    if (*name)
      gains.push_back({name, before, error});
    return {};
  }

  Result<void> measure() {
    std::vector<float> compensation;
    if (current.lowRank)
      compensation = multiplyFactors(*current.lowRank, parallelFor);
    Result<double> found = computeHessianError(
        target, current.matrix, inputs.hessian,
        compensation.empty() ? nullptr : compensation.data(), parallelFor);
    if (!found)
      return found.takeError();
    error = *found;
    return {};
  }

  const WeightView &weight;
  WeightView target;
  std::vector<float> targetValues;
  const LayerInputs &inputs;
  const DampingOptions &damping;
  const CalibrationOptions &options;
  const TargetMoments &moments;
  const ParallelFor &parallelFor;

  CalibrationOptions step;
  TargetMoments aim;
  CalibratedWeight current;
  double error = 0.0; ///< of `current`
  std::vector<ChainGain> gains;
};
} // namespace

Result<std::vector<ChainGain>> zq::measureChainGains(
    const WeightView &weight, const LayerInputs &inputs,
    const DampingOptions &damping, const CalibrationOptions &options,
    const TargetMoments &moments, const ParallelFor &parallelFor) {
  return ChainMeter(weight, inputs, damping, options, moments, parallelFor)
      .run();
}
