//===- MaterializeWeights.cpp - compute the quantized weights -------------===//
//
// Collects what is asked for, runs the jobs away from the IR, then puts the
// results in.
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CollectJobs.h"
#include "ReplaceDecisions.h"
#include "ResultFile.h"

#include "zq/Support/OutputFile.h"
#include "zq/Support/Paths.h"
#include "zq/Transforms/Materialize/Passes.h"
#include "zq/Transforms/Remarks.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/Threading.h"

namespace zq {
#define GEN_PASS_DEF_MATERIALIZEWEIGHTSPASS
#include "zq/Transforms/Materialize/Passes.h.inc"
} // namespace zq

using namespace mlir;
using namespace zq;

/// What could not be computed, at the decision that asked for it.
static void emitJobError(QuantizeWeightOp op, const WeightJob &job) {
  InFlightDiagnostic error = op.emitOpError();
  if (!getLayerName(op).empty())
    error << "of layer '" << getLayerName(op) << "': ";
  error << job.error;
  std::string tensor = job.source.getName();
  if (auto weight = dyn_cast<WeightOp>(job.source.getOp()))
    error << " (tensor '" << tensor << "' of " << weight.getFile() << ")";
  else if (!isa<arith::ConstantOp>(job.source.getOp()))
    error << " (global '" << tensor << "')";
  else if (!tensor.empty())
    error << " (resource '" << tensor << "')";
}

static std::string formatDecibels(double value) {
  return llvm::formatv("{0:f2} dB", value).str();
}

/// What was found for a layer, and what of it a user should look at.
static void remarkLayer(Operation *op, StringRef pass,
                        const LayerRecord &record) {
  const QuantizedMatrix &matrix = record.job->matrix;
  {
    auto remark = remarkPassed(op, pass);
    remark << remark::metric("SQNR", formatDecibels(matrix.getSQNR()))
           << remark::metric("BytesBefore", record.getBytesBefore())
           << remark::metric("BytesAfter", record.getBytesAfter());
    if (const Measurement *measurement = record.getMeasurement()) {
      if (measurement->sqnrWithFactors)
        remark << remark::metric("SQNRWithLoRC",
                                 formatDecibels(*measurement->sqnrWithFactors));
      if (measurement->outputError)
        remark << remark::metric(
            "OutputError",
            llvm::formatv("{0:f4}", *measurement->outputError).str());
      if (measurement->calibrationError)
        remark << remark::metric(
            "CalibrationError",
            llvm::formatv("{0:f4}", *measurement->calibrationError).str());
    }
  }
  if (matrix.clampedGroups != 0)
    remarkMissed(op, pass) << remark::reason(
        "{0} of {1} groups wanted a shift past {2} and were quantized with "
        "that one",
        matrix.clampedGroups, matrix.n * matrix.getNumGroups(),
        record.job->options.maxShift);
  if (!record.job->gainsError.empty())
    remarkMissed(op, pass) << remark::reason(
        "its gains are null in the report: {0}", record.job->gainsError);
}

namespace {
struct MaterializeWeightsPass
    : public zq::impl::MaterializeWeightsPassBase<MaterializeWeightsPass> {
  using MaterializeWeightsPassBase::MaterializeWeightsPassBase;

  LogicalResult initialize(MLIRContext *context) override {
    auto fail = [&] {
      return emitError(UnknownLoc::get(context)) << getArgument() << ": ";
    };
    if (algorithm != "rtn" && algorithm != "gptq")
      return fail() << "algorithm is '" << algorithm << "', want rtn or gptq";
    // Enough for any mean, and activations that fit in memory.
    constexpr int64_t kMaxProbeTokens = 4096;
    if (probeTokens < 0 || probeTokens > kMaxProbeTokens)
      return fail() << "probe-tokens is " << probeTokens.getValue()
                    << ", want 0 to " << kMaxProbeTokens;
    if (statistics.empty() && (algorithm == "gptq" || descentPasses > 0))
      return fail() << (algorithm == "gptq" ? "algorithm=gptq"
                                            : "descent-passes")
                    << " wants the file of statistics= (docs/statistics.md)";
    return parseCalibration(fail);
  }

  void runOnOperation() override {
    if (failed(checkOptions()) || failed(checkFiles()))
      return signalPassFailure();
    // Before the work, so that a path that cannot be written costs nothing.
    std::optional<OutputFile> reportFile;
    if (!report.empty()) {
      Result<OutputFile> opened = OutputFile::create(report);
      if (!opened) {
        emitError(getOperation().getLoc()) << opened.message();
        return signalPassFailure();
      }
      reportFile = std::move(*opened);
    }

    std::optional<Calibration> calibration;
    if (!statistics.empty()) {
      Result<StatisticsFile> opened = StatisticsFile::open(statistics);
      if (!opened) {
        emitError(getOperation().getLoc()) << opened.message();
        return signalPassFailure();
      }
      calibration.emplace(std::move(*opened), calibrationSettings);
    }
    Calibration *known = calibration ? &*calibration : nullptr;

    Jobs jobs(getArgument(), known, uncalibrated == "rtn");
    WalkResult added = getOperation()->walk(
        [&](QuantizeWeightOp op) { return WalkResult(jobs.add(op)); });
    if (added.wasInterrupted())
      return signalPassFailure();
    jobs.finish();
    std::unique_ptr<ResultFile> resultFile;
    if (failed(openResultFile(jobs, resultFile)))
      return signalPassFailure();
    RoundToNearest quantizer;
    std::optional<Progress> progress;
    if (showProgress)
      progress.emplace("quantize", getNumElements(jobs));
    JobSettings settings{&quantizer,       known,
                         getThreads(),     reportFile.has_value(),
                         probeTokens,      reportGains,
                         resultFile.get(), progress ? &*progress : nullptr};
    runJobs(jobs.jobs, settings);
    if (progress)
      progress->finish();
    if (failed(checkErrors(jobs))) {
      if (resultFile)
        remarkKept(jobs, *resultFile);
      return signalPassFailure();
    }
    if (failed(finishFile(jobs, resultFile.get())))
      return signalPassFailure();

    if (reportFile &&
        failed(writeReport(*reportFile, formatReport(jobs.records, settings))))
      return signalPassFailure();
    replaceDecisions(jobs, resultFile.get());
  }

private:
  /// The options as the library takes them.
  LogicalResult
  parseCalibration(llvm::function_ref<InFlightDiagnostic()> fail) {
    CalibrationSettings &settings = calibrationSettings;
    std::optional<Damping> kind = parseDamping(damping.getValue());
    if (!kind)
      return fail() << "damping is '" << damping << "', want mean or diagonal";
    settings.damping = {*kind, dampingAmount};
    if (!(dampingAmount >= 0.0))
      return fail() << "damping-amount is " << dampingAmount.getValue()
                    << ", want 0 or more";
    std::optional<ColumnOrder> order = parseColumnOrder(columnOrder.getValue());
    if (!order)
      return fail() << "column-order is '" << columnOrder
                    << "', want natural or descending";
    settings.order = *order;
    std::optional<GroupScales> scales =
        parseGroupScales(groupScales.getValue());
    if (!scales)
      return fail() << "group-scales is '" << groupScales
                    << "', want static or updated";
    if (*scales == GroupScales::Updated && *order != ColumnOrder::Natural)
      return fail()
             << "group-scales=updated wants column-order=natural: groups "
                "are complete one after the other";
    std::optional<ScaleImportance> importance =
        parseScaleImportance(scaleImportance.getValue());
    if (!importance)
      return fail() << "scale-importance is '" << scaleImportance
                    << "', want diagonal or conditional";
    if (descentPasses < 0 || lorcRounds < 1)
      return fail() << "descent-passes is " << descentPasses.getValue()
                    << " and lorc-rounds " << lorcRounds.getValue()
                    << ", want at least 0 and 1";
    if (lorcFormat != "type" && lorcFormat != "e4m3")
      return fail() << "lorc-format is '" << lorcFormat
                    << "', want type or e4m3";
    if (lorcFormat != "type" && statistics.empty())
      return fail() << "lorc-format=" << lorcFormat
                    << " wants the file of statistics= (docs/statistics.md)";
    if (uncalibrated != "error" && uncalibrated != "rtn")
      return fail() << "uncalibrated is '" << uncalibrated
                    << "', want error or rtn";
    CalibrationOptions &options = settings.options;
    options.gptq = algorithm == "gptq";
    options.groupScales = *scales;
    options.scaleImportance = *importance;
    options.descent.passes = descentPasses;
    options.targetStrength = targetStrength;
    options.lowRank.format =
        lorcFormat == "e4m3" ? FactorFormat::E4M3 : FactorFormat::F32;
    options.weightLowRank = lorcWeighted;
    options.lowRankRounds = lorcRounds;
    options.reportSteps = reportSteps;
    return success();
  }

  unsigned getThreads() {
    if (threads != 0)
      return threads;
    return getContext().isMultithreadingEnabled()
               ? llvm::hardware_concurrency().compute_thread_count()
               : 1;
  }

  static LogicalResult checkErrors(const Jobs &jobs) {
    LogicalResult result = success();
    llvm::SmallDenseSet<size_t> reported;
    for (const Decision &decision : jobs.decisions) {
      const WeightJob &job = jobs.jobs[decision.job];
      if (job.error.empty() || !reported.insert(decision.job).second)
        continue;
      emitJobError(decision.op, job);
      result = failure();
    }
    return result;
  }

  /// What is only for a file wants it.
  LogicalResult checkOptions() {
    if (keepJournal && outputWeights.empty())
      return emitError(getOperation().getLoc())
             << getArgument()
             << ": keep-journal is true and there is no file to keep it of: "
                "name one with weights-output=, or leave keep-journal out";
    if (!report.empty())
      return success();
    for (const Option<bool> *option : {&reportSteps, &reportGains})
      if (*option)
        return emitError(getOperation().getLoc())
               << getArgument() << ": " << option->getArgStr()
               << " is true and there is no report to write them to: name one "
                  "with report=, or leave "
               << option->getArgStr() << " out";
    return success();
  }

  /// No output may be a file that is read, or another output.
  LogicalResult checkFiles() {
    auto check = [&](StringRef name, const std::string &output,
                     StringRef otherName, const std::string &other) {
      if (!isSameFile(output, other))
        return success();
      emitError(getOperation().getLoc())
          << name << " and " << otherName << " are both the file " << output
          << ", which would be replaced: give " << name << " another name";
      return failure();
    };
    if (failed(
            check("weights-output", outputWeights, "statistics", statistics)) ||
        failed(check("weights-output", outputWeights, "report", report)) ||
        failed(check("report", report, "statistics", statistics)))
      return failure();
    // Weights that stay in float are still to be read afterwards.
    WalkResult checked = getOperation()->walk([&](WeightOp op) {
      bool isWeights = isSameFile(op.getFile().str(), outputWeights);
      if (!isWeights && !isSameFile(op.getFile().str(), report))
        return WalkResult::advance();
      op.emitOpError() << "is in the file of "
                       << (isWeights ? "weights-output" : "report")
                       << ", which would replace it: give that another name";
      return WalkResult::interrupt();
    });
    return failure(checked.wasInterrupted());
  }

  /// Opens the file of results before the work, if there is to be one.
  LogicalResult openResultFile(const Jobs &jobs,
                               std::unique_ptr<ResultFile> &file) {
    if (outputWeights.empty() || jobs.jobs.empty())
      return success();
    Result<std::unique_ptr<ResultFile>> opened =
        ResultFile::open(outputWeights, jobs.jobs);
    if (!opened)
      return emitError(getOperation().getLoc()) << opened.message();
    file = std::move(*opened);
    return success();
  }

  /// What a run that failed has done is not lost.
  void remarkKept(const Jobs &jobs, ResultFile &file) {
    int64_t kept = llvm::count_if(
        jobs.jobs, [](const WeightJob &job) { return job.error.empty(); });
    if (kept == 0)
      return file.discard();
    emitRemark(getOperation().getLoc())
        << kept << " of " << jobs.jobs.size() << " weights are kept in "
        << file.getPath() << ".partial: the next run goes on with them";
  }

  LogicalResult finishFile(const Jobs &jobs, ResultFile *file) {
    if (!file)
      return success();
    if (Result<void> done = file->finish(keepJournal); !done)
      return emitError(getOperation().getLoc()) << done.message();
    int64_t restored = llvm::count_if(
        jobs.jobs, [](const WeightJob &job) { return job.restored; });
    if (restored != 0)
      emitRemark(getOperation().getLoc())
          << restored << " of " << jobs.jobs.size()
          << " weights are those of an interrupted run that wrote "
          << file->getPath() << ".partial";
    return success();
  }

  static uint64_t getNumElements(const Jobs &jobs) {
    uint64_t count = 0;
    for (const WeightJob &job : jobs.jobs)
      count += job.source.getType().getNumElements();
    return count;
  }

  LogicalResult writeReport(OutputFile &file, StringRef text) {
    if (Result<void> done = file.writeAt(0, text.data(), text.size()); !done)
      return emitError(getOperation().getLoc()) << done.message();
    if (Result<void> done = file.commit(); !done)
      return emitError(getOperation().getLoc()) << done.message();
    return success();
  }

  void replaceDecisions(Jobs &jobs, const ResultFile *file) {
    for (auto [op, record] : llvm::zip_equal(jobs.recordOps, jobs.records))
      remarkLayer(op, getArgument(), record);
    for (const LayerRecord &record : jobs.records) {
      bytesBefore += record.getBytesBefore();
      bytesAfter += record.getBytesAfter();
    }
    for (const WeightJob &job : jobs.jobs) {
      ++numWeights;
      numRestored += job.restored;
      numClamped += job.matrix.clampedGroups;
    }
    numShared += jobs.decisions.size() - jobs.jobs.size();
    DecisionReplacer replacer(file);
    for (Decision &decision : jobs.decisions)
      replacer.replace(decision, jobs.jobs[decision.job]);
  }

  CalibrationSettings calibrationSettings;
};
} // namespace
