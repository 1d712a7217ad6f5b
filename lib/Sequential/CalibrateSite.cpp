//===- CalibrateSite.cpp - layers with one input --------------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SequentialCalibration.h"

#include "zq/Support/OutputFile.h"

#include "mlir/Bytecode/BytecodeWriter.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "llvm/Support/FileSystem.h"

using namespace mlir;
using namespace zq;

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

  SiteMoments moments(site.outline, options.tokenWeights);
  auto prepare = [&](int64_t window,
                     std::vector<Array> &results) -> Result<void> {
    for (auto &[i, writer] : writers)
      if (Result<void> done = writer.write(window, results[i]); !done)
        return done;
    if (!path.empty() && options.quantizedInputs)
      results[0] = dequantize(results[0], results[1], format);
    return {};
  };
  auto consume = [&](int64_t window,
                     std::vector<Array> results) -> Result<void> {
    if (path.empty())
      return {};
    FloatView inFloat(results[2]);
    FloatView x(results[options.quantizedInputs ? 0 : 3]);
    std::vector<FloatView> views;
    views.reserve(results.size());
    std::vector<SiteMoments::Residual> pairs;
    for (size_t i = 4; i < results.size(); i += 2) {
      views.emplace_back(results[i]);
      views.emplace_back(results[i + 1]);
      pairs.push_back({views[views.size() - 2].data(), views.back().data()});
    }
    Result<void> done = moments.add(results[1].getNumElements(), x.data(),
                                    inFloat.data(), pairs, parallelFor);
    if (!done)
      return Error{"window " + std::to_string(window) + ": " + done.message()};
    return {};
  };
  if (failed(runner->run(buildSlice(stage, known, site.values),
                         activation.getLoc(), streams, decisions, prepare,
                         consume)))
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
