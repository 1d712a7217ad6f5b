//===- Sequential.cpp - layer-by-layer calibration ------------------------===//
//
// For each stage, for each site in it: run the stage up to the site's input, in
// the float model and in the one that is quantized so far; add up moments;
// quantize the site's layers by them. Then run the whole stage: its results are
// what the next one sees.
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SequentialCalibration.h"
#include "SiteReports.h"

#include "zq/Support/OutputFile.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/JSON.h"
#include <cmath>

using namespace mlir;
using namespace zq;

LogicalResult SequentialCalibration::openStreams(Value value,
                                                 const Twine &name) {
  auto type = FunctionType::get(value.getContext(), {value.getType()}, {});
  FailureOr<Signature> signature = parseSignature(type, value.getLoc());
  if (failed(signature))
    return failure();
  const Slot &slot = signature->arguments[0];
  std::vector<int64_t> shape(slot.shape.begin(), slot.shape.end());
  StreamPair pair;
  for (bool quantized : {false, true}) {
    Result<Stream> stream = Stream::open(state->getStreamPath(name, quantized),
                                         slot.dtype, shape, windows);
    if (!stream)
      return emitError(value.getLoc()) << stream.message();
    (quantized ? pair.quantized : pair.inFloat) = std::move(*stream);
  }
  streams[value] = std::move(pair);
  return success();
}

void SequentialCalibration::dropStreams(Value value, const Twine &name) {
  streams.erase(value);
  for (bool quantized : {false, true})
    llvm::sys::fs::remove(state->getStreamPath(name, quantized));
}

//===----------------------------------------------------------------------===//
// A stage
//===----------------------------------------------------------------------===//

namespace {
/// Sums of squares of what a stage returns.
struct StreamError {
  double error = 0.0, signal = 0.0;

  void add(const Array &inFloat, const Array &quantized) {
    if (inFloat.getDType() != DType::F32 && inFloat.getDType() != DType::BF16 &&
        inFloat.getDType() != DType::F16)
      return;
    FloatView a(inFloat), b(quantized);
    for (int64_t i = 0; i < a.getNumElements(); ++i) {
      double x = a.data()[i], y = b.data()[i];
      error += (x - y) * (x - y);
      signal += x * x;
    }
  }
};
} // namespace

/// Runs the whole stage, quantized by now, and writes its results.
LogicalResult SequentialCalibration::advance(size_t number) {
  Stage &stage = stages[number];
  Operation *terminator = stage.function.front().getTerminator();
  SmallVector<SliceValue> values;
  std::vector<StreamWriter> writers;
  for (auto [value, returned] :
       llvm::zip_equal(stage.results, terminator->getOperands()))
    for (Side side : {Side::Float, Side::Quantized}) {
      values.push_back({returned, side});
      Result<StreamWriter> writer = StreamWriter::create(state->getStreamPath(
          Twine(numbers.at(value)), side == Side::Quantized));
      if (!writer)
        return emitError(module.getLoc()) << writer.message();
      writers.push_back(std::move(*writer));
    }
  StreamError error;
  auto write = [&](int64_t window,
                   std::vector<Array> &results) -> Result<void> {
    for (size_t i = 0; i < results.size(); ++i)
      if (Result<void> done = writers[i].write(window, results[i]); !done)
        return done;
    return {};
  };
  auto consume = [&](int64_t, std::vector<Array> results) -> Result<void> {
    for (size_t i = 0; i + 1 < results.size(); i += 2)
      error.add(results[i], results[i + 1]);
    return {};
  };
  if (failed(runner->run(buildSlice(stage, known, values),
                         stage.function.getLoc(), streams, decisions, write,
                         consume)))
    return failure();
  for (StreamWriter &writer : writers)
    if (failed(report(writer.commit(), module.getLoc())))
      return failure();
  llvm::json::Object object{
      {"function", stage.function.getName().str()},
      {"output_error",
       error.signal > 0.0 ? std::sqrt(error.error / error.signal) : 0.0}};
  std::string text;
  llvm::raw_string_ostream(text) << llvm::json::Value(std::move(object));
  return report(
      writeFile(state->getPath("stage-" + std::to_string(number) + ".json"),
                text),
      module.getLoc());
}

LogicalResult SequentialCalibration::runStage(size_t number) {
  Stage &stage = stages[number];
  bool isDone = int64_t(number) < state->getNumStages();
  for (size_t index = 0; index < stage.sites.size(); ++index)
    if (failed(runSite(number, index)))
      return failure();
  uint64_t work = 0;
  for (const Site &site : stage.sites)
    work += site.getNumWeights();
  if (!isDone) {
    if (!stage.results.empty() && failed(advance(number)))
      return failure();
    if (failed(report(state->setNumStages(number + 1), module.getLoc())))
      return failure();
    progress->advance(work, stage.function.getName());
  } else {
    progress->skip(work);
  }
  runner->finishStage();

  // Streams that a later stage reads stay; an earlier run may have gone on
  // without those of this one.
  auto isRead = [&](Value value) {
    size_t first = std::max<size_t>(number + 1, state->getNumStages());
    for (size_t later = first; later < stages.size(); ++later)
      if (llvm::is_contained(stages[later].operands, value))
        return true;
    return false;
  };
  for (Value value : stage.results)
    if (isRead(value) && failed(openStreams(value, Twine(numbers.at(value)))))
      return failure();
  for (auto &[value, stream] : numbers)
    if (!isRead(value))
      dropStreams(value, Twine(stream));
  for (auto [value, name] : llvm::zip_equal(known, knownNames))
    dropStreams(value, name);
  known.clear();
  knownNames.clear();
  return success();
}

//===----------------------------------------------------------------------===//
// After the work
//===----------------------------------------------------------------------===//

LogicalResult SequentialCalibration::finish() {
  std::vector<std::string> reports, statistics, outputs;
  for (auto [number, stage] : llvm::enumerate(stages)) {
    for (size_t index = 0; index < stage.sites.size(); ++index) {
      reports.push_back(state->getSitePath(number, index, ".json"));
      statistics.push_back(state->getSitePath(number, index, ".safetensors"));
    }
    if (!stage.results.empty())
      outputs.push_back(
          state->getPath("stage-" + std::to_string(number) + ".json"));
    for (const Site &site : stage.sites)
      replaceDecisions(site, decisions);
  }
  if (!options.report.empty() &&
      failed(report(
          mergeReports(options.report, reports, outputs, options, windows),
          module.getLoc())))
    return failure();
  if (!options.statistics.empty() &&
      failed(report(mergeStatistics(options.statistics, statistics),
                    module.getLoc())))
    return failure();
  progress->finish();
  return success();
}

LogicalResult SequentialCalibration::run() {
  if (failed(prepare()))
    return failure();
  for (size_t number = 0; number < stages.size(); ++number)
    if (failed(runStage(number)))
      return failure();
  return finish();
}

LogicalResult zq::calibrateSequentially(ModuleOp module,
                                        const SequentialOptions &options) {
  return SequentialCalibration(module, options).run();
}
