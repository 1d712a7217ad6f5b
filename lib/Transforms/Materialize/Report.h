//===- Report.h - what was measured for each layer --------------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_LIB_TRANSFORMS_MATERIALIZE_REPORT_H
#define ZQ_LIB_TRANSFORMS_MATERIALIZE_REPORT_H

#include "WeightJob.h"

namespace zq {

/// One layer of the report: a linear, or a weight that no linear uses.
struct LayerRecord {
  std::string name;
  std::string function;
  const WeightJob *job;
  FloatType expressed;
  size_t measurement; ///< index in the job's measurements

  const MeasureRequest &getRequest() const {
    return job->measureRequests[measurement];
  }
  /// Null where nothing was measured.
  const Measurement *getMeasurement() const {
    return job->measurements.empty() ? nullptr
                                     : &job->measurements[measurement];
  }
  const FactorRequest *getFactors() const {
    int factors = getRequest().factors;
    return factors < 0 ? nullptr : &job->factorRequests[factors];
  }
  /// Of the float weight.
  int64_t getBytesBefore() const;
  /// Of codes, scale values and factors.
  int64_t getBytesAfter() const;
};

/// The report as JSON text.
std::string formatReport(llvm::ArrayRef<LayerRecord> records,
                         const JobSettings &settings);

} // namespace zq

#endif // ZQ_LIB_TRANSFORMS_MATERIALIZE_REPORT_H
