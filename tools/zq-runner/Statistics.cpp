//===- Statistics.cpp - run calibration data through a module -------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Statistics.h"

#include "zq/Calibration/Statistics.h"

#include "llvm/Support/WithColor.h"
#include "llvm/Support/raw_ostream.h"

using namespace zq;

/// The sources of each call. A random one that stands for all arguments is one
/// call.
static Result<std::vector<std::vector<std::string>>>
divideIntoBatches(const std::vector<std::string> &sources, size_t perCall) {
  std::vector<std::vector<std::string>> batches;
  if (sources.size() <= perCall || perCall == 0) {
    batches.push_back(sources);
    return batches;
  }
  if (sources.size() % perCall != 0)
    return Error{"--inputs has " + std::to_string(sources.size()) +
                 " sources, want a multiple of the " + std::to_string(perCall) +
                 " that each batch takes"};
  for (size_t i = 0; i < sources.size(); i += perCall)
    batches.emplace_back(sources.begin() + i, sources.begin() + i + perCall);
  return batches;
}

Result<void> zq::writeStatistics(CompiledModule &module,
                                 const InputOptions &inputs,
                                 const std::string &path) {
  std::vector<std::vector<std::string>> layers = module.getObservedLayers();
  if (layers.empty())
    return Error{"no layer is observed: --statistics wants zq-insert-observers "
                 "in --pipeline, after what makes a zq.linear of each layer, "
                 "and layers with names"};
  const Signature &signature = module.getSignature();
  Result<std::vector<std::vector<std::string>>> batches =
      divideIntoBatches(inputs.sources, countSources(signature, inputs));
  if (!batches)
    return batches.takeError();

  size_t numLayers = 0;
  for (const std::vector<std::string> &names : layers)
    numLayers += names.size();
  StatisticsCollector collector(std::move(layers));
  ParallelFor parallelFor = makeParallelFor(0);
  for (size_t i = 0; i < batches->size(); ++i) {
    std::string where = "batch " + std::to_string(i) + ": ";
    InputOptions batch = inputs;
    batch.sources = (*batches)[i];
    Result<std::vector<Array>> arrays = loadInputs(signature, batch);
    if (!arrays)
      return Error{where + arrays.message()};
    Result<void> seen;
    auto observe = [&](int64_t number, const float *x, int64_t tokens,
                       int64_t k) {
      if (seen)
        seen = collector.add(number, x, tokens, k, parallelFor);
    };
    if (failed(module.call(*arrays, observe)))
      return Error{where + "the call failed"};
    if (!seen)
      return Error{where + seen.message()};
  }

  std::vector<std::string> unseen = collector.getUnseenLayers();
  if (unseen.size() == numLayers)
    return Error{"no layer had any inputs: there is nothing to write"};
  for (const std::string &layer : unseen)
    llvm::WithColor::warning(llvm::errs(), "zq-runner")
        << "layer '" << layer << "' had no inputs and gets no statistics\n";
  if (Result<void> written = collector.write(path); !written)
    return written;
  llvm::outs() << "statistics of " << batches->size() << " batches\n";
  return {};
}
