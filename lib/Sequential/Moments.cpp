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

Array zq::dequantize(const Array &codes, const Array &scales, Format format) {
  int64_t count = codes.getNumElements(), tokens = scales.getNumElements();
  int64_t k = tokens == 0 ? 0 : count / tokens;
  Array result(DType::F32, codes.getShape());
  auto *values = reinterpret_cast<float *>(result.data());
  decode(format, codes.data(), count, values);
  auto *scale = reinterpret_cast<const float *>(scales.data());
  for (int64_t token = 0; token < tokens; ++token)
    for (int64_t i = 0; i < k; ++i)
      values[token * k + i] *= scale[token];
  return result;
}

SiteMoments::SiteMoments(StatisticsOutline given, bool weightsTokens)
    : outline(std::move(given)), weightsTokens(weightsTokens),
      hessian(outline.k), absmax(outline.k) {
  if (outline.hasInputMoment)
    inputs.emplace(outline.k, outline.k);
  for (const auto &[layer, rows] : outline.residualRows)
    residualSums.emplace_back(rows, outline.k);
}

/// The roots of the tokens' weights: 1 / (r^2's mean)^(1/2), 1 where r is 0.
static std::vector<float> getTokenRoots(const float *residual, int64_t tokens,
                                        int64_t rows) {
  std::vector<float> roots(tokens, 1.0f);
  for (int64_t token = 0; token < tokens; ++token) {
    double sum = 0.0;
    for (int64_t i = 0; i < rows; ++i) {
      double value = residual[token * rows + i];
      sum += value * value;
    }
    if (sum > 0.0)
      roots[token] = float(std::sqrt(double(rows) / sum));
  }
  return roots;
}

static std::vector<float> scaleTokens(const float *values, int64_t width,
                                      const std::vector<float> &factors) {
  std::vector<float> scaled(factors.size() * width);
  for (size_t i = 0; i < scaled.size(); ++i)
    scaled[i] = values[i] * factors[i / width];
  return scaled;
}

Result<void> SiteMoments::add(int64_t tokens, const float *x,
                              const float *inFloat,
                              const std::vector<Residual> &residuals,
                              const ParallelFor &parallelFor) {
  auto fail = [&](const std::string &what, const std::string &message) {
    return Error{"layer '" + outline.layers[0] + "': " + what + message};
  };
  for (int64_t token = 0; token < tokens; ++token)
    for (int64_t i = 0; i < outline.k; ++i)
      absmax[i] = std::max(absmax[i], std::abs(x[token * outline.k + i]));
  histogram.add(x, tokens * outline.k);
  std::vector<float> roots, scaledInputs, scaledFloats;
  if (weightsTokens && !residuals.empty()) {
    roots = getTokenRoots(residuals[0].inFloat, tokens,
                          outline.residualRows.begin()->second);
    scaledInputs = scaleTokens(x, outline.k, roots);
    x = scaledInputs.data();
    if (inputs) {
      scaledFloats = scaleTokens(inFloat, outline.k, roots);
      inFloat = scaledFloats.data();
    }
  }
  if (Result<void> added = hessian.add(x, tokens, parallelFor); !added)
    return fail("", added.message());
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
    if (!roots.empty())
      missing = scaleTokens(missing.data(), rows, roots);
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
