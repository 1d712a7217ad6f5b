//===- StatisticsCollector.cpp - statistics while a model runs ------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "StatisticsNames.h"
#include "zq/Calibration/Statistics.h"

#include <algorithm>
#include <cmath>

using namespace zq;
using namespace zq::statistics;

StatisticsCollector::StatisticsCollector(
    std::vector<std::vector<std::string>> layers) {
  for (std::vector<std::string> &names : layers)
    inputs.push_back({std::move(names), std::nullopt, {}});
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
  std::vector<TensorInfo> tensors;
  std::map<std::string, std::string> metadata{{kFormatKey, kFormat},
                                              {kVersionKey, kVersion}};
  for (const Input &input : inputs) {
    if (!input.isSeen())
      continue;
    const std::string &name = input.layers[0];
    int64_t k = input.absmax.size();
    tensors.push_back({name + kHessian, DType::F32, {k, k}});
    tensors.push_back({name + kCount, DType::I64, {}});
    tensors.push_back({name + kAbsMax, DType::F32, {k}});
    for (size_t i = 1; i < input.layers.size(); ++i)
      metadata[input.layers[i] + kInputs] = name;
  }
  Result<SafetensorsWriter> writer =
      SafetensorsWriter::create(path, std::move(tensors), metadata);
  if (!writer)
    return writer.takeError();

  // One Hessian at a time is made from its sums.
  size_t tensor = 0;
  for (const Input &input : inputs) {
    if (!input.isSeen())
      continue;
    Hessian hessian = input.moments->getHessian();
    Result<void> done =
        writer->write(tensor, hessian.values.data(), 4 * hessian.values.size());
    if (done)
      done = writer->write(tensor + 1, &hessian.tokens, sizeof(int64_t));
    if (done)
      done = writer->write(tensor + 2, input.absmax.data(),
                           4 * input.absmax.size());
    if (!done)
      return done;
    tensor += 3;
  }
  return writer->finish();
}
