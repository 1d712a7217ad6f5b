//===- Statistics.cpp - run calibration data through a module -------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Statistics.h"

#include "zq/Calibration/Statistics.h"
#include "zq/Execution/CallInOrder.h"

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

Result<void> zq::writeStatistics(std::vector<std::vector<std::string>> layers,
                                 const CompiledFunction &function,
                                 const InputOptions &inputs,
                                 const std::string &path) {
  if (layers.empty())
    return Error{"no layer is observed: --statistics wants zq-insert-observers "
                 "in --pipeline, after what makes a zq.linear of each layer, "
                 "and layers with names"};
  const Signature &signature = function.getSignature();
  Result<std::vector<std::vector<std::string>>> batches =
      divideIntoBatches(inputs.sources, countSources(signature, inputs));
  if (!batches)
    return batches.takeError();

  size_t numLayers = 0;
  for (const std::vector<std::string> &names : layers)
    numLayers += names.size();
  StatisticsCollector collector(std::move(layers));
  ParallelFor parallelFor = makeParallelFor(0);
  auto where = [](int64_t i) { return "batch " + std::to_string(i) + ": "; };
  auto makeInputs = [&](int64_t i) -> Result<std::vector<Array>> {
    InputOptions batch = inputs;
    batch.sources = (*batches)[i];
    Result<std::vector<Array>> arrays = loadInputs(signature, batch);
    if (!arrays)
      return Error{where(i) + arrays.message()};
    return arrays;
  };
  auto consume = [&](int64_t i, CallRecord record) -> Result<void> {
    for (const Observation &seen : record.observations) {
      const std::vector<int64_t> &shape = seen.tokens.getShape();
      const auto *x = reinterpret_cast<const float *>(seen.tokens.data());
      Result<void> added =
          collector.add(seen.number, x, shape[0], shape[1], parallelFor);
      if (!added)
        return Error{where(i) + added.message()};
    }
    return {};
  };
  if (Result<void> done = callInOrder(function, batches->size(), /*threads=*/0,
                                      makeInputs, consume, /*observes=*/true);
      !done)
    return done;

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
