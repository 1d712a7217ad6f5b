//===- CollectJobs.h - the jobs of a module ---------------------*- C++ -*-===//
//
// Finds what is asked for in the IR: one job for each weight and decision,
// however often it is used, and who waits for it.
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_LIB_TRANSFORMS_MATERIALIZE_COLLECTJOBS_H
#define ZQ_LIB_TRANSFORMS_MATERIALIZE_COLLECTJOBS_H

#include "Report.h"
#include "WeightJob.h"

#include "dialects/Zq/Zq.h"

namespace zq {

/// The type of a float tensor's elements.
FloatType getFloatType(mlir::Type element);

/// A decision in the IR and the job that computes it.
struct Decision {
  QuantizeWeightOp op;
  size_t job;
  /// Its factors, with their index in the job.
  llvm::SmallVector<std::pair<LowRankOp, size_t>, 1> factors;
};

/// The jobs of a module, and the decisions and layers that wait for them.
class Jobs {
public:
  /// Without `calibration` no weight has statistics; `roundsRest` says that
  /// those it does not know are rounded by themselves. Remarks are those of
  /// `pass`.
  Jobs(llvm::StringRef pass, const Calibration *calibration, bool roundsRest)
      : pass(pass), calibration(calibration), roundsRest(roundsRest) {}

  /// A weight that cannot be read is left alone, with a remark; one without
  /// statistics fails, unless the rest is rounded.
  mlir::LogicalResult add(QuantizeWeightOp op);
  /// Once all decisions are there: jobs move no more.
  void finish();

  std::vector<WeightJob> jobs;
  std::vector<Decision> decisions;
  std::vector<LayerRecord> records;
  /// The op of each record, for remarks.
  std::vector<mlir::Operation *> recordOps;

private:
  mlir::FailureOr<std::string> findInputs(QuantizeWeightOp op);
  size_t getJob(QuantizeWeightOp op, WeightSource source,
                llvm::StringRef inputs);
  void addFactors(Decision &decision, WeightJob &job);
  void addRecords(Decision &decision, WeightJob &job);
  void addRecord(mlir::Operation *op, Decision &decision, WeightJob &job,
                 const MeasureRequest &request);

  llvm::StringRef pass;
  const Calibration *calibration;
  bool roundsRest;
  std::map<std::tuple<const void *, const void *, const void *>,
           llvm::SmallVector<size_t, 1>>
      jobsOf;
  std::vector<std::pair<size_t, size_t>> recordJobs;
};

} // namespace zq

#endif // ZQ_LIB_TRANSFORMS_MATERIALIZE_COLLECTJOBS_H
