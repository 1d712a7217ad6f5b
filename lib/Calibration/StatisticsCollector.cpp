//===- StatisticsCollector.cpp - statistics while a model runs ------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "zq/Calibration/Statistics.h"

#include <algorithm>
#include <cmath>

using namespace zq;

StatisticsCollector::StatisticsCollector(
    std::vector<std::vector<std::string>> layers) {
  for (std::vector<std::string> &names : layers)
    inputs.push_back({std::move(names), std::nullopt, {}, {}});
}

Result<void> StatisticsCollector::add(size_t index, const float *x,
                                      int64_t tokens, int64_t k,
                                      const ParallelFor &parallelFor) {
  Input &input = inputs[index];
  if (tokens == 0)
    return {};
  auto error = [&](const std::string &what) {
    return Error{"layer '" + input.layers[0] + "': " + what};
  };
  if (!input.moments) {
    input.moments.emplace(k);
    input.absmax.resize(k);
  }
  if (int64_t(input.absmax.size()) != k)
    return error("inputs of " + std::to_string(k) + " values, expected " +
                 std::to_string(input.absmax.size()) + " as before");
  if (Result<void> added = input.moments->add(x, tokens, parallelFor); !added)
    return error(added.message());
  for (int64_t token = 0; token < tokens; ++token)
    for (int64_t i = 0; i < k; ++i)
      input.absmax[i] = std::max(input.absmax[i], std::abs(x[token * k + i]));
  input.histogram.add(x, tokens * k);
  return {};
}

std::vector<std::string> StatisticsCollector::getUnseenLayers() const {
  std::vector<std::string> unseen;
  for (const Input &input : inputs)
    if (!input.isSeen())
      unseen.insert(unseen.end(), input.layers.begin(), input.layers.end());
  return unseen;
}

Result<void> StatisticsCollector::write(const std::string &path) const {
  std::vector<const Input *> seen;
  std::vector<StatisticsOutline> outlines;
  for (const Input &input : inputs) {
    if (!input.isSeen())
      continue;
    seen.push_back(&input);
    outlines.push_back({input.layers, int64_t(input.absmax.size()), false, {}});
  }
  // One Hessian at a time is made from its sums.
  return writeStatistics(path, outlines, [&](size_t i) {
    return LayerStatistics{seen[i]->moments->getHessian(),
                           seen[i]->absmax,
                           seen[i]->histogram.getCounts(),
                           std::nullopt,
                           {}};
  });
}
