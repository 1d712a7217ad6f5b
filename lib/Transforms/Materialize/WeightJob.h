//===- WeightJob.h - one weight to compute ----------------------*- C++ -*-===//
//
// What is asked for one weight and what is found: plain data, so that jobs run
// on any thread while the IR stands still.
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_LIB_TRANSFORMS_MATERIALIZE_WEIGHTJOB_H
#define ZQ_LIB_TRANSFORMS_MATERIALIZE_WEIGHTJOB_H

#include "Calibration.h"
#include "zq/Quantization/ChainGains.h"
#include "zq/Quantization/LowRank.h"
#include "zq/Quantization/WeightQuantizer.h"
#include "zq/Support/Progress.h"
#include "zq/Transforms/WeightSource.h"

#include "mlir/IR/AsmState.h"

namespace zq {

/// Factors of the weight's error, in the type in which they are stored.
struct FactorRequest {
  int64_t rank;
  FloatType type;

  bool operator==(const FactorRequest &other) const {
    return rank == other.rank && type == other.type;
  }
};

/// A linear that uses the weight.
struct MeasureRequest {
  std::optional<Format> activation; ///< nullopt: the weight alone
  int factors = -1;                 ///< index of its factors, -1 without

  bool operator==(const MeasureRequest &other) const {
    return activation == other.activation && factors == other.factors;
  }
};

struct Measurement {
  /// In dB, infinite where the error is 0; nullopt without factors.
  std::optional<double> sqnrWithFactors;
  /// ||y - y^|| / ||y|| on the probe batch.
  std::optional<double> outputError;
  /// The same on the calibration data, activations in float; nullopt without
  /// statistics.
  std::optional<double> calibrationError;
};

struct WeightJob {
  WeightSource source;
  QuantizeOptions options;
  /// What its tensors are called in a file; no other job has it.
  std::string name;
  /// The type of the quantized weight and the decision's attributes.
  std::string typeText;
  std::string decisionText;
  /// Under which name the statistics of its inputs are kept, and which layer it
  /// belongs to; empty without statistics.
  std::string inputs;
  std::string layer;
  llvm::SmallVector<FactorRequest, 1> factorRequests;
  llvm::SmallVector<MeasureRequest, 1> measureRequests;

  /// Everything but the codes, which are in `codes`. Of a result in a file only
  /// sizes, counts and anchors.
  QuantizedMatrix matrix;
  mlir::AsmResourceBlob codes;
  std::vector<LowRankFactors> factors;   ///< one for each request; see above
  std::vector<int64_t> shiftHistogram;   ///< see getShiftHistogram
  std::vector<Measurement> measurements; ///< one for each request
  int64_t calibrationTokens = 0;         ///< 0 without statistics
  std::vector<CalibrationStep> steps;    ///< if asked for, as are gains
  std::vector<ChainGain> gains;
  std::string
      gainsError;    ///< why there are none, the result is there all the same
  std::string error; ///< empty where all went well
  bool restored = false; ///< by an earlier run's file

  explicit WeightJob(WeightSource source) : source(std::move(source)) {}
};

class ResultFile;

/// How jobs are run.
struct JobSettings {
  /// Of weights without statistics.
  const RoundToNearest *quantizer;
  /// Null without statistics.
  Calibration *calibration;
  unsigned threads; ///< at least 1
  bool measure;
  int64_t probeTokens; ///< 0 measures no outputs
  bool measureGains;
  /// Where results go; null keeps them in memory.
  ResultFile *file;
  /// What a person sees meanwhile; may be null.
  Progress *progress;
};

/// Floats as they are stored.
std::vector<uint8_t> encodeFloats(FloatType type,
                                  const std::vector<float> &values);

/// Runs all jobs, several at a time as threads and memory allow.
void runJobs(llvm::MutableArrayRef<WeightJob> jobs,
             const JobSettings &settings);

} // namespace zq

#endif // ZQ_LIB_TRANSFORMS_MATERIALIZE_WEIGHTJOB_H
