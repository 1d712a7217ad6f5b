//===- Calibration.cpp - statistics for the weights that want them --------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Calibration.h"

using namespace zq;

Result<std::shared_ptr<const Calibration::Inputs>>
Calibration::get(const std::string &inputs, int64_t k,
                 const ParallelFor &parallelFor) {
  Entry &entry = entries.at(inputs);
  std::lock_guard<std::mutex> lock(entry.mutex);
  if (entry.inputs && entry.inputs->layer.hessian.k == k)
    return entry.inputs;
  Result<InputStatistics> statistics = file.load(inputs, k);
  if (!statistics)
    return statistics.takeError();
  Result<LayerInputs> layer = LayerInputs::compute(
      statistics->hessian, settings.damping, settings.order, parallelFor);
  if (!layer)
    return Error{file.getPath() + ": statistics of '" + inputs +
                 "': " + layer.message()};
  entry.inputs = std::make_shared<const Inputs>(
      Inputs{std::move(*layer), std::move(statistics->inputMoment)});
  return entry.inputs;
}

void Calibration::release(const std::string &inputs) {
  Entry &entry = entries.at(inputs);
  std::lock_guard<std::mutex> lock(entry.mutex);
  if (--entry.users == 0)
    entry.inputs.reset();
}
