//===- ChainGains.h - what each option of the chain brings ------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_QUANTIZATION_CHAINGAINS_H
#define ZQ_QUANTIZATION_CHAINGAINS_H

#include "zq/Quantization/Calibrated.h"

namespace zq {

/// Relative squared errors without an option and with it, both with all options
/// before it in the chain and none of those behind it.
struct ChainGain {
  std::string name;
  double before, after;
};

/// Quantizes the weight again with one option of the chain after the other. Of
/// those that are on:
///
/// - "clip": free scales searched; "shifts": those of least error; "anchors":
///   searched with them; "importance": the three by the Hessian's diagonal
/// - "gptq": as published, damped by 0.01 of the mean, columns in order
/// - "damping", "order", "conditional": importance by what later columns cannot
///   make up for
/// - "descent": of codes alone; "refit": of scales with them
/// - "float output", "residual": the targets
/// - "lorc": factors of the plain error, once; "lorc weighted": by the inputs;
///   "lorc rounds": factors and codes by turns
///
/// Errors are those of `computeHessianError`. Up to "refit" they are against
/// the weight's own output, from the targets on against the target of that
/// step: of it, `before` is what the chain without it has.
///
/// `damping` is that of `inputs`. Takes a few times as long as the chain.
Result<std::vector<ChainGain>> measureChainGains(
    const WeightView &weight, const LayerInputs &inputs,
    const DampingOptions &damping, const CalibrationOptions &options,
    const TargetMoments &moments = {}, const ParallelFor &parallelFor = {});

/// The same for rounding to nearest without inputs: "clip", "shifts" and
/// "anchors", errors relative to the weight.
Result<std::vector<ChainGain>>
measureSearchGains(const WeightView &weight, const QuantizeOptions &options,
                   const ParallelFor &parallelFor = {});

} // namespace zq

#endif // ZQ_QUANTIZATION_CHAINGAINS_H
