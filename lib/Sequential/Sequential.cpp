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

#include "zq/Sequential/Sequential.h"
#include "Moments.h"
#include "SiteReports.h"
#include "SliceRunner.h"
#include "State.h"

#include "zq/Support/Progress.h"

#include "mlir/Bytecode/BytecodeWriter.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/xxhash.h"
#include <cmath>

using namespace mlir;
using namespace zq;

namespace {
class SequentialCalibration {
public:
  SequentialCalibration(ModuleOp module, const SequentialOptions &options)
      : module(module), options(options),
        parallelFor(makeParallelFor(options.threads)) {}

  LogicalResult run();

private:
  LogicalResult prepare();
  LogicalResult openData();
  Result<std::string> getFingerprint();
  LogicalResult tryOptions();
  LogicalResult openStreams(Value value, const Twine &name);
  void dropStreams(Value value, const Twine &name);

  LogicalResult runStage(size_t number);
  LogicalResult runSite(size_t number, size_t index);
  struct SiteValues;
  SiteValues getSiteValues(Site site) const;
  LogicalResult observeSite(size_t number, size_t index,
                            const std::string &path);
  LogicalResult materialize(const Stage &stage, const Site &site, size_t number,
                            size_t index);
  LogicalResult loadSite(const std::string &path, const Site &site);
  LogicalResult keep(OwningOpRef<ModuleOp> siteModule, const Site &site);
  LogicalResult advance(size_t number);

  LogicalResult runMaterialize(ModuleOp target, const std::string &files);
  LogicalResult finish();
  LogicalResult report(Result<void> done, Location loc) {
    return done ? success() : LogicalResult(emitError(loc) << done.message());
  }

  ModuleOp module;
  const SequentialOptions &options;
  ParallelFor parallelFor;
  int64_t windows = 0;
  std::vector<Stage> stages;
  llvm::DenseMap<Value, int64_t> numbers; ///< of the entry's values
  StreamMap streams;
  /// Values in the stage's function that streams have, and their files' names.
  SmallVector<Value> known;
  std::vector<std::string> knownNames;
  std::optional<CalibrationState> state;
  std::optional<SliceRunner> runner;
  std::optional<Progress> progress;
  /// What is materialized: it has the constants of `decisions`.
  std::vector<OwningOpRef<ModuleOp>> siteModules;
  SiteResults decisions;
};
} // namespace

//===----------------------------------------------------------------------===//
// Before the work
//===----------------------------------------------------------------------===//

LogicalResult SequentialCalibration::openData() {
  auto entry = module.lookupSymbol<func::FuncOp>(options.entry);
  if (entry.getNumArguments() != options.data.size())
    return entry.emitOpError()
           << "has " << entry.getNumArguments()
           << " arguments, and there is calibration data for "
           << options.data.size()
           << (entry.getNumArguments() > options.data.size()
                   ? ": want data for each; weights are bound with --weights"
                   : "");
  FailureOr<Signature> signature =
      parseSignature(entry.getFunctionType(), entry.getLoc());
  if (failed(signature))
    return failure();
  windows = options.data.empty() ? 1 : 0;
  for (unsigned i = 0; i < options.data.size(); ++i) {
    const Slot &slot = signature->arguments[i];
    auto fail = [&](const Twine &what) {
      return entry.emitOpError()
             << "calibration data of argument " << i << ": " << what;
    };
    if (slot.isScalar || !slot.hasStaticShape())
      return fail("the argument is " + Twine(slot.getText()) +
                  ", want a tensor of static shape");
    const Array &array = options.data[i];
    if (array.getDType() != slot.dtype)
      return fail("it is " + Twine(array.getTypeText()) +
                  ", and the argument " + slot.getText());
    Result<Stream> stream = Stream::fromArray(
        array, std::vector<int64_t>(slot.shape.begin(), slot.shape.end()));
    if (!stream)
      return fail(stream.message());
    int64_t count = stream->getNumWindows();
    if (count > 1 && windows > 1 && count != windows)
      return fail("it has " + Twine(count) +
                  " windows, and that of other arguments " + Twine(windows));
    windows = std::max(windows, count);
    streams[entry.getArgument(i)] = {*stream, *stream};
  }
  if (options.windows > windows)
    return entry.emitOpError()
           << "there are " << windows << " windows of calibration data, want "
           << options.windows;
  if (options.windows > 0)
    windows = options.windows;
  return success();
}

/// A number for all that the result depends on.
Result<std::string> SequentialCalibration::getFingerprint() {
  std::string text;
  llvm::raw_string_ostream stream(text);
  module->print(stream);
  stream << "\n"
         << options.entry << " " << windows << " " << options.materialize << " "
         << options.quantizedInputs << options.inputTargets
         << options.residualTargets << "\n";
  for (const Array &array : options.data)
    stream << array.getTypeText() << " "
           << llvm::xxh3_64bits(ArrayRef(array.data(), array.getNumBytes()))
           << "\n";
  std::set<std::string> files;
  module->walk([&](WeightOp op) { files.insert(op.getFile().str()); });
  for (const std::string &path : files) {
    Result<MappedFile> file = MappedFile::open(path);
    if (!file)
      return file.takeError();
    stream << llvm::xxh3_64bits(ArrayRef(file->data(), file->size())) << "\n";
  }
  return llvm::utohexstr(llvm::xxh3_64bits(text), /*LowerCase=*/true);
}

/// Whether the options make sense, before hours of work.
LogicalResult SequentialCalibration::tryOptions() {
  std::string path = state->getPath("none.safetensors");
  if (failed(report(mergeStatistics(path, {}), module.getLoc())))
    return failure();
  OwningOpRef<ModuleOp> empty = ModuleOp::create(module.getLoc());
  LogicalResult result = runMaterialize(*empty, "statistics={" + path + "}");
  llvm::sys::fs::remove(path);
  return result;
}

LogicalResult SequentialCalibration::prepare() {
  FailureOr<std::vector<Stage>> found = findStages(module, options.entry);
  if (failed(found))
    return failure();
  stages = std::move(*found);
  uint64_t work = 0;
  for (Stage &stage : stages) {
    for (Site &site : stage.sites)
      work += 2 * site.getNumWeights();
    for (Value value : stage.results)
      numbers.try_emplace(value, numbers.size());
  }
  if (failed(openData()))
    return failure();
  if (work == 0)
    return emitError(module.getLoc())
           << "@" << options.entry << " has no layers to quantize";
  Result<std::string> fingerprint = getFingerprint();
  if (!fingerprint)
    return emitError(module.getLoc()) << fingerprint.message();
  Result<CalibrationState> opened =
      CalibrationState::open(options.state, *fingerprint);
  if (!opened)
    return emitError(module.getLoc()) << opened.message();
  state.emplace(std::move(*opened));
  if (failed(tryOptions()))
    return failure();
  runner.emplace(windows, options.threads);
  progress.emplace("calibrate", work);
  return success();
}

/// Finds an activation in the files that were written of it.
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
// A site
//===----------------------------------------------------------------------===//

LogicalResult SequentialCalibration::runMaterialize(ModuleOp target,
                                                    const std::string &files) {
  std::string text = "zq-materialize-weights{" + files +
                     " threads=" + std::to_string(options.threads) + " " +
                     options.materialize + "}";
  PassManager pm(target.getContext());
  if (failed(parsePassPipeline(text, pm)))
    return emitError(module.getLoc())
           << "'" << options.materialize
           << "' are no options of zq-materialize-weights";
  return pm.run(target);
}

/// What a site's slice returns: the input of its layers, that as they multiply
/// it, and the residuals, each in both models.
struct SequentialCalibration::SiteValues {
  SmallVector<SliceValue> values;
  StatisticsOutline outline;
  /// In the order of names, which is that of the outline.
  std::map<std::string, Value> residuals;
};

SequentialCalibration::SiteValues
SequentialCalibration::getSiteValues(Site site) const {
  SiteValues result;
  QuantizeActivationOp activation = site.activation;
  result.outline.k = activation.getInput().getType().getShape().back();
  result.outline.hasInputMoment = options.inputTargets;
  for (SiteLayer &layer : site.layers) {
    result.outline.layers.push_back(layer.name);
    if (!layer.residual || !options.residualTargets)
      continue;
    result.outline.residualRows[layer.name] =
        layer.decision.getWeight().getType().getDimSize(0);
    result.residuals[layer.name] = layer.residual;
  }
  result.values = {{activation.getQuantized(), Side::Quantized},
                   {activation.getScale(), Side::Quantized},
                   {activation.getInput(), Side::Float},
                   {activation.getInput(), Side::Quantized}};
  for (auto &[name, value] : result.residuals) {
    result.values.push_back({value, Side::Float});
    result.values.push_back({value, Side::Quantized});
  }
  return result;
}

/// Runs the stage up to the site. Writes what it sees as statistics, if a path
/// is given, and keeps it for what comes later in the stage.
LogicalResult SequentialCalibration::observeSite(size_t number, size_t index,
                                                 const std::string &path) {
  const Stage &stage = stages[number];
  QuantizeActivationOp activation = stage.sites[index].activation;
  SiteValues site = getSiteValues(stage.sites[index]);
  Format format =
      *zq::getFormat(cast<RankedTensorType>(activation.getQuantized().getType())
                         .getElementType());

  // Values that are not in a file yet; they come in pairs from number 2 on.
  std::vector<std::pair<size_t, StreamWriter>> writers;
  SmallVector<Value> added;
  auto getName = [&](size_t i) {
    return (Twine(number) + "-" + Twine(index) + "-" + Twine(i)).str();
  };
  for (size_t i = 2; i < site.values.size(); i += 2) {
    Value value = site.values[i].value;
    if (streams.contains(value) || isa<BlockArgument>(value) ||
        llvm::is_contained(added, value))
      continue;
    for (bool quantized : {false, true}) {
      Result<StreamWriter> writer = StreamWriter::create(state->getStreamPath(
          getName(known.size() + added.size()), quantized));
      if (!writer)
        return emitError(module.getLoc()) << writer.message();
      writers.emplace_back(i + quantized, std::move(*writer));
    }
    added.push_back(value);
  }

  SiteMoments moments(site.outline);
  auto consume = [&](int64_t window,
                     std::vector<Array> results) -> Result<void> {
    for (auto &[i, writer] : writers)
      if (Result<void> done = writer.write(window, results[i]); !done)
        return done;
    if (path.empty())
      return {};
    FloatView inFloat(results[2]);
    std::optional<FloatView> x;
    if (options.quantizedInputs)
      x.emplace(results[0], results[1], format);
    else
      x.emplace(results[3]);
    std::vector<FloatView> views;
    views.reserve(results.size());
    std::vector<SiteMoments::Residual> pairs;
    for (size_t i = 4; i < results.size(); i += 2) {
      views.emplace_back(results[i]);
      views.emplace_back(results[i + 1]);
      pairs.push_back({views[views.size() - 2].data(), views.back().data()});
    }
    Result<void> done = moments.add(results[1].getNumElements(), x->data(),
                                    inFloat.data(), pairs, parallelFor);
    if (!done)
      return Error{"window " + std::to_string(window) + ": " + done.message()};
    return {};
  };
  if (failed(runner->run(buildSlice(stage, known, site.values),
                         activation.getLoc(), streams, decisions, consume)))
    return failure();
  for (auto &[i, writer] : writers)
    if (failed(report(writer.commit(), module.getLoc())))
      return failure();
  for (Value value : added) {
    std::string name = getName(known.size());
    if (failed(openStreams(value, name)))
      return failure();
    known.push_back(value);
    knownNames.push_back(name);
  }
  return path.empty() ? success()
                      : report(moments.write(path), activation.getLoc());
}

/// Keeps what was found for a site.
LogicalResult SequentialCalibration::keep(OwningOpRef<ModuleOp> siteModule,
                                          const Site &site) {
  FailureOr<SiteResults> results = getSiteResults(*siteModule, site);
  if (failed(results))
    return failure();
  decisions.insert(results->begin(), results->end());
  siteModules.push_back(std::move(siteModule));
  return success();
}

LogicalResult SequentialCalibration::loadSite(const std::string &path,
                                              const Site &site) {
  OwningOpRef<ModuleOp> siteModule =
      parseSourceFile<ModuleOp>(path, module.getContext());
  if (!siteModule)
    return failure();
  return keep(std::move(siteModule), site);
}

LogicalResult SequentialCalibration::materialize(const Stage &stage,
                                                 const Site &site,
                                                 size_t number, size_t index) {
  auto getPath = [&](StringRef extension) {
    return state->getSitePath(number, index, extension);
  };
  OwningOpRef<ModuleOp> siteModule = buildSiteModule(stage.function, site);
  if (failed(runMaterialize(*siteModule,
                            "statistics={" + getPath(".safetensors") +
                                "} report={" + getPath(".json") + "}")))
    return failure();
  std::string bytes;
  llvm::raw_string_ostream stream(bytes);
  if (failed(writeBytecodeToFile(*siteModule, stream)) ||
      failed(report(writeFile(getPath(".mlirbc"), bytes), module.getLoc())))
    return failure();
  return keep(std::move(siteModule), site);
}

LogicalResult SequentialCalibration::runSite(size_t number, size_t index) {
  const Stage &stage = stages[number];
  const Site &site = stage.sites[index];
  std::string path = state->getSitePath(number, index, ".mlirbc");
  if (llvm::sys::fs::exists(path)) {
    progress->skip(site.getNumWeights());
    // A stage in the middle of which a run was interrupted goes on from here.
    if (int64_t(number) >= state->getNumStages() &&
        failed(observeSite(number, index, "")))
      return failure();
    return loadSite(path, site);
  }
  std::string statistics = state->getSitePath(number, index, ".safetensors");
  if (failed(observeSite(number, index, statistics)) ||
      failed(materialize(stage, site, number, index)))
    return failure();
  if (options.statistics.empty())
    llvm::sys::fs::remove(statistics);
  progress->advance(site.getNumWeights(), site.layers.front().name);
  return success();
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
  auto consume = [&](int64_t window,
                     std::vector<Array> results) -> Result<void> {
    for (size_t i = 0; i < results.size(); ++i)
      if (Result<void> done = writers[i].write(window, results[i]); !done)
        return done;
    for (size_t i = 0; i + 1 < results.size(); i += 2)
      error.add(results[i], results[i + 1]);
    return {};
  };
  if (failed(runner->run(buildSlice(stage, known, values),
                         stage.function.getLoc(), streams, decisions, consume)))
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
