//===- Moments.cpp - what calibration learns of a site --------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Moments.h"

#include <algorithm>
#include <cmath>

using namespace zq;

FloatView::FloatView(const Array &array)
    : array(array), count(array.getNumElements()) {
  if (array.getDType() == DType::F32) {
    values = reinterpret_cast<const float *>(this->array.data());
    return;
  }
  copy.resize(count);
  for (int64_t i = 0; i < count; ++i)
    copy[i] = float(array.get(i));
  values = copy.data();
}

FloatView::FloatView(const Array &codes, const Array &scales, Format format)
    : copy(codes.getNumElements()), values(copy.data()),
      count(codes.getNumElements()) {
  decode(format, codes.data(), count, copy.data());
  int64_t tokens = scales.getNumElements();
  int64_t k = tokens == 0 ? 0 : count / tokens;
  auto *scale = reinterpret_cast<const float *>(scales.data());
  for (int64_t token = 0; token < tokens; ++token)
    for (int64_t i = 0; i < k; ++i)
      copy[token * k + i] *= scale[token];
}

SiteMoments::SiteMoments(StatisticsOutline given)
    : outline(std::move(given)), hessian(outline.k), absmax(outline.k) {
  if (outline.hasInputMoment)
    inputs.emplace(outline.k, outline.k);
  for (const auto &[layer, rows] : outline.residualRows)
    residualSums.emplace_back(rows, outline.k);
}

Result<void> SiteMoments::add(int64_t tokens, const float *x,
                              const float *inFloat,
                              const std::vector<Residual> &residuals,
                              const ParallelFor &parallelFor) {
  auto fail = [&](const std::string &what, const std::string &message) {
    return Error{"layer '" + outline.layers[0] + "': " + what + message};
  };
  if (Result<void> added = hessian.add(x, tokens, parallelFor); !added)
    return fail("", added.message());
  for (int64_t token = 0; token < tokens; ++token)
    for (int64_t i = 0; i < outline.k; ++i)
      absmax[i] = std::max(absmax[i], std::abs(x[token * outline.k + i]));
  histogram.add(x, tokens * outline.k);
  if (inputs)
    if (Result<void> added = inputs->add(inFloat, x, tokens, parallelFor);
        !added)
      return fail("in the float model: ", added.message());
  auto next = residuals.begin();
  auto sums = residualSums.begin();
  for (const auto &[layer, rows] : outline.residualRows) {
    std::vector<float> missing(tokens * rows);
    for (size_t i = 0; i < missing.size(); ++i)
      missing[i] = next->inFloat[i] - next->quantized[i];
    if (Result<void> added = sums->add(missing.data(), x, tokens, parallelFor);
        !added)
      return fail("residual stream: ", added.message());
    ++next;
    ++sums;
  }
  return {};
}

Result<void> SiteMoments::write(const std::string &path) const {
  return writeStatistics(path, {outline}, [&](size_t) {
    LayerStatistics statistics{
        hessian.getHessian(), absmax, histogram.getCounts(), std::nullopt, {}};
    if (inputs)
      statistics.inputMoment = inputs->getCrossMoment();
    auto sums = residualSums.begin();
    for (const auto &[layer, rows] : outline.residualRows)
      statistics.residualMoments.emplace(layer, (sums++)->getCrossMoment());
    return statistics;
  });
}
