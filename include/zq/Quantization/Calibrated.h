//===- Calibrated.h - a layer quantized by its inputs -----------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The steps of calibrated quantization in their order, each an option:
//   target   a weight towards the float model's output takes the weight's place
//   scales   searched with errors weighted by the Hessian's diagonal
//   GPTQ     instead of rounding each code on its own
//   descent  over the codes, with refitted scales
//   LoRC     of what is left, by the Hessian, and descent again, in rounds
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_QUANTIZATION_CALIBRATED_H
#define ZQ_QUANTIZATION_CALIBRATED_H

#include "zq/Quantization/CoordinateDescent.h"
#include "zq/Quantization/GPTQ.h"
#include "zq/Quantization/LowRank.h"
#include "zq/Quantization/Target.h"

#include <string>

namespace zq {

/// What is known of the inputs of one layer, or of several with the same
/// inputs.
struct LayerInputs {
  DampedHessian hessian;
  std::shared_ptr<const HessianFactor> factor;

  static Result<LayerInputs> compute(const Hessian &hessian,
                                     const DampingOptions &damping,
                                     ColumnOrder order,
                                     const ParallelFor &parallelFor = {});
};

/// What the Hessian weights a column's squared errors with where scales are
/// searched.
enum class ScaleImportance : uint8_t {
  Diagonal,    ///< its entry on the diagonal, as if errors stayed
  Conditional, ///< what of it later columns cannot make up for: D of R D R^T
};
/// "diagonal", "conditional".
std::optional<ScaleImportance> parseScaleImportance(std::string_view name);

struct CalibrationOptions {
  QuantizeOptions weight;
  /// Scales are searched with column importances from the Hessian;
  /// `weight.columnImportance` must then be empty.
  bool weightScales = true;
  ScaleImportance scaleImportance = ScaleImportance::Diagonal;
  /// Otherwise codes are rounded one by one.
  bool gptq = true;
  GroupScales groupScales = GroupScales::Static;
  /// No descent where passes is 0.
  DescentOptions descent;
  /// How far the target goes from the weight's own output towards that of the
  /// moments given; without moments there is none.
  double targetStrength = 0.5;
  /// LoRC of rank 0 is none. `lowRank.hessian` is set from the inputs where
  /// `weightLowRank`.
  LowRankOptions lowRank{0, FactorFormat::BF16, nullptr};
  bool weightLowRank = true;
  /// Factors of what the codes leave, then codes for what the factors leave, so
  /// often. Codes are refined by descent; without descent they are found anew,
  /// which may make things worse: then the best round counts, and it ends with
  /// its factors.
  int lowRankRounds = 3;
  /// Computes the error after each step, which costs as much as a step.
  bool reportSteps = false;
};

/// The relative squared error of the layer's output against the target's, on
/// the calibration data (see computeHessianError).
struct CalibrationStep {
  std::string name;
  double error;
};

struct CalibratedWeight {
  QuantizedMatrix matrix;
  std::optional<LowRankFactors> lowRank;
  /// "nearest", "scales", "gptq", "descent", "lorc 1", ...: those that were
  /// taken, if asked for. "nearest" is rounding to nearest without any of it.
  std::vector<CalibrationStep> steps;
};

Result<CalibratedWeight>
quantizeCalibrated(const WeightView &weight, const LayerInputs &inputs,
                   const CalibrationOptions &options,
                   const TargetMoments &moments = {},
                   const ParallelFor &parallelFor = {});

} // namespace zq

#endif // ZQ_QUANTIZATION_CALIBRATED_H
