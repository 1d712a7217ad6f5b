//===- SequentialCalibration.h - the work and its state ---------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_LIB_SEQUENTIAL_SEQUENTIALCALIBRATION_H
#define ZQ_LIB_SEQUENTIAL_SEQUENTIALCALIBRATION_H

#include "Moments.h"
#include "SliceRunner.h"
#include "State.h"

#include "zq/Sequential/Sequential.h"
#include "zq/Support/Progress.h"

#include <optional>

namespace zq {

class SequentialCalibration {
public:
  SequentialCalibration(mlir::ModuleOp module, const SequentialOptions &options)
      : module(module), options(options),
        parallelFor(makeParallelFor(options.threads)) {}

  mlir::LogicalResult run();

private:
  /// What a site's slice returns: the input of its layers, that as they
  /// multiply it, and the residuals, each in both models.
  struct SiteValues {
    llvm::SmallVector<SliceValue> values;
    StatisticsOutline outline;
    /// In the order of names, which is that of the outline.
    std::map<std::string, mlir::Value> residuals;
  };

  mlir::LogicalResult prepare();
  mlir::LogicalResult openData();
  Result<std::string> getFingerprint();
  mlir::LogicalResult tryOptions();

  /// Finds an activation in the files that were written of it.
  mlir::LogicalResult openStreams(mlir::Value value, const llvm::Twine &name);
  void dropStreams(mlir::Value value, const llvm::Twine &name);

  mlir::LogicalResult runStage(size_t number);
  mlir::LogicalResult runSite(size_t number, size_t index);
  SiteValues getSiteValues(Site site) const;
  mlir::LogicalResult observeSite(size_t number, size_t index,
                                  const std::string &path);
  mlir::LogicalResult materialize(const Stage &stage, const Site &site,
                                  size_t number, size_t index);
  mlir::LogicalResult loadSite(const std::string &path, const Site &site);
  mlir::LogicalResult keep(mlir::OwningOpRef<mlir::ModuleOp> siteModule,
                           const Site &site);
  mlir::LogicalResult advance(size_t number);

  mlir::LogicalResult runMaterialize(mlir::ModuleOp target,
                                     const std::string &files);
  mlir::LogicalResult finish();
  mlir::LogicalResult report(Result<void> done, mlir::Location loc) {
    return done ? mlir::success()
                : mlir::LogicalResult(mlir::emitError(loc) << done.message());
  }

  mlir::ModuleOp module;
  const SequentialOptions &options;
  ParallelFor parallelFor;
  int64_t windows = 0;
  std::vector<Stage> stages;
  llvm::DenseMap<mlir::Value, int64_t> numbers; ///< of the entry's values
  StreamMap streams;
  /// Values in the stage's function that streams have, and their files' names.
  llvm::SmallVector<mlir::Value> known;
  std::vector<std::string> knownNames;
  std::optional<CalibrationState> state;
  std::optional<SliceRunner> runner;
  std::optional<Progress> progress;
  /// What is materialized: it has the constants of `decisions`.
  std::vector<mlir::OwningOpRef<mlir::ModuleOp>> siteModules;
  SiteResults decisions;
};

} // namespace zq

#endif // ZQ_LIB_SEQUENTIAL_SEQUENTIALCALIBRATION_H
