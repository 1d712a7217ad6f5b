//===- ReplaceDecisions.h - from results to the IR --------------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_LIB_TRANSFORMS_MATERIALIZE_REPLACEDECISIONS_H
#define ZQ_LIB_TRANSFORMS_MATERIALIZE_REPLACEDECISIONS_H

#include "CollectJobs.h"
#include "ResultFile.h"

namespace zq {

/// Puts a job's result where its decisions are. Codes in memory become a
/// resource, shared by all decisions of the job.
///
/// Before:  %q, %a, %s = zq.quantize_weight %w
///          %down, %up = zq.low_rank_compensation %w, %q scales(%a, %s)
/// After:   %q = zq.storage_cast (constant dense_resource<...>)
///          %a, %s, %down, %up = constants
/// or, with results in `file`,
///          %q = zq.storage_cast (zq.weight "layer.codes" from "file")
///          %s, %down, %up = zq.weight ...
///          %a = constant
class DecisionReplacer {
public:
  explicit DecisionReplacer(const ResultFile *file) : file(file) {}
  void replace(Decision &decision, WeightJob &job);

private:
  mlir::Value createFloats(mlir::OpBuilder &builder, mlir::Value replaced,
                           llvm::StringRef tensor,
                           const std::vector<float> &values);
  mlir::Value createWeight(mlir::OpBuilder &builder, mlir::Location loc,
                           mlir::Type type, llvm::StringRef tensor);
  mlir::Value createCodes(mlir::OpBuilder &builder, QuantizeWeightOp op,
                          WeightJob &job);

  const ResultFile *file;
  llvm::DenseMap<const WeightJob *, mlir::DenseResourceElementsAttr> resources;
};

} // namespace zq

#endif // ZQ_LIB_TRANSFORMS_MATERIALIZE_REPLACEDECISIONS_H
