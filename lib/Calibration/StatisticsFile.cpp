//===- StatisticsFile.cpp - read what calibration has found ---------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "StatisticsNames.h"
#include "zq/Calibration/Statistics.h"

#include <cmath>
#include <cstring>
#include <limits>

using namespace zq;
using namespace zq::statistics;

Error StatisticsFile::tensorError(const std::string &tensor,
                                  const std::string &what) const {
  return Error{getPath() + ": tensor '" + tensor + "': " + what};
}

Result<StatisticsFile> StatisticsFile::open(const std::string &path) {
  Result<SafetensorsFile> file = SafetensorsFile::open(path);
  if (!file)
    return file.takeError();
  const auto &metadata = file->getMetadata();
  auto get = [&](const std::string &key) {
    auto found = metadata.find(key);
    return found == metadata.end() ? std::string() : found->second;
  };
  if (get(kFormatKey) != kFormat)
    return Error{path + ": its metadata has the format '" + get(kFormatKey) +
                 "', want '" + kFormat + "': it is no statistics file"};
  if (get(kVersionKey) != kVersion)
    return Error{path + ": its statistics have version '" + get(kVersionKey) +
                 "', want '" + kVersion + "'"};
  // Every layer that shares inputs shares some that are there.
  std::string suffix = kInputs;
  for (const auto &[key, inputs] : metadata) {
    if (key.size() <= suffix.size() ||
        key.compare(key.size() - suffix.size(), suffix.size(), suffix) != 0)
      continue;
    if (!file->lookup(inputs + kHessian))
      return Error{path + ": its metadata says that '" +
                   key.substr(0, key.size() - suffix.size()) +
                   "' has the inputs of '" + inputs +
                   "', but there is no tensor '" + inputs + kHessian + "'"};
  }
  return StatisticsFile(std::move(*file));
}

std::optional<std::string>
StatisticsFile::findInputs(std::string_view layer) const {
  std::string name(layer);
  if (file.lookup(name + kHessian))
    return name;
  auto shared = file.getMetadata().find(name + kInputs);
  if (shared != file.getMetadata().end())
    return shared->second;
  return std::nullopt;
}

static std::string getShapeText(const std::vector<int64_t> &shape) {
  std::string text;
  for (int64_t size : shape)
    text += (text.empty() ? "" : "x") + std::to_string(size);
  return text;
}

/// The floats of a tensor of this shape, all finite.
Result<std::vector<float>>
StatisticsFile::loadMatrix(const std::string &name,
                           std::vector<int64_t> shape) const {
  const TensorView *tensor = file.lookup(name);
  if (!tensor)
    return tensorError(name, "it is missing");
  if (tensor->dtype != DType::F32 || tensor->shape != shape)
    return tensorError(name, "it is " + tensor->getShapeText() + " of " +
                                 std::string(getDTypeName(tensor->dtype)) +
                                 ", want " + getShapeText(shape) + " of F32");
  std::vector<float> values(tensor->getNumElements());
  loadFloats(*tensor, 0, values.size(), values.data());
  for (size_t i = 0; i < values.size(); ++i) {
    if (std::isfinite(values[i]))
      continue;
    std::string where = "element " + std::to_string(i);
    if (shape.size() == 2)
      where = "row " + std::to_string(i / shape[1]) + ", column " +
              std::to_string(i % shape[1]);
    return tensorError(name, std::isnan(values[i])
                                 ? "NaN at " + where + ", want finite values"
                                 : "an infinity at " + where +
                                       ", want finite values");
  }
  return values;
}

Result<int64_t> StatisticsFile::loadCount(const std::string &inputs) const {
  std::string name = inputs + kCount;
  const TensorView *tensor = file.lookup(name);
  if (!tensor)
    return tensorError(name, "it is missing");
  if (tensor->dtype != DType::I64 || tensor->getNumElements() != 1)
    return tensorError(name, "it is " + tensor->getShapeText() + " of " +
                                 std::string(getDTypeName(tensor->dtype)) +
                                 ", want one number of I64");
  int64_t count;
  std::memcpy(&count, tensor->data, sizeof(count));
  if (count < 1)
    return tensorError(name, "it counts " + std::to_string(count) +
                                 " tokens, want at least 1");
  return count;
}

/// The first pair of entries across the diagonal that are not the same number
/// up to what sums in FP32 lose; negative where there is none.
static int64_t findAsymmetry(const std::vector<float> &values, int64_t k) {
  for (int64_t i = 0; i < k; ++i)
    for (int64_t j = 0; j < i; ++j) {
      double a = values[i * k + j], b = values[j * k + i];
      double size = std::sqrt(double(values[i * k + i]) * values[j * k + j]);
      if (std::abs(a - b) > 1e-3 * size)
        return i * k + j;
    }
  return -1;
}

Result<std::vector<int64_t>>
StatisticsFile::loadHistogram(const std::string &inputs, int64_t k) const {
  std::string name = inputs + kHistogram;
  const TensorView *tensor = file.lookup(name);
  if (!tensor)
    return std::vector<int64_t>();
  Result<int64_t> tokens = loadCount(inputs);
  if (!tokens)
    return tokens.takeError();
  constexpr int64_t bins = MagnitudeHistogram::bins;
  if (tensor->dtype != DType::I64 ||
      tensor->shape != std::vector<int64_t>{bins})
    return tensorError(name, "it is " + tensor->getShapeText() + " of " +
                                 std::string(getDTypeName(tensor->dtype)) +
                                 ", want " + std::to_string(bins) + " of I64");
  std::vector<int64_t> counts(bins);
  std::memcpy(counts.data(), tensor->data, bins * sizeof(int64_t));
  // What is left of the values that must be counted: no sum overflows.
  int64_t values, rest;
  if (__builtin_mul_overflow(*tokens, k, &values))
    values = std::numeric_limits<int64_t>::max();
  rest = values;
  for (int64_t bin = 0; bin < bins; ++bin) {
    if (counts[bin] < 0)
      return tensorError(name, "bin " + std::to_string(bin) + " counts " +
                                   std::to_string(counts[bin]) +
                                   " values, want at least 0");
    if (counts[bin] > rest)
      return tensorError(name, "it counts more than the " +
                                   std::to_string(values) + " values of " +
                                   std::to_string(*tokens) + " tokens");
    rest -= counts[bin];
  }
  if (rest != 0)
    return tensorError(name, "it counts " + std::to_string(values - rest) +
                                 " values, want the " + std::to_string(values) +
                                 " of " + std::to_string(*tokens) + " tokens");
  return counts;
}

Result<InputStatistics> StatisticsFile::load(const std::string &inputs,
                                             int64_t k) const {
  Result<int64_t> count = loadCount(inputs);
  if (!count)
    return count.takeError();
  std::string name = inputs + kHessian;
  Result<std::vector<float>> hessian = loadMatrix(name, {k, k});
  if (!hessian)
    return hessian.takeError();
  for (int64_t i = 0; i < k; ++i)
    if ((*hessian)[i * k + i] < 0.0f)
      return tensorError(name, "a negative number on the diagonal in row " +
                                   std::to_string(i) +
                                   ", want a sum of squares");
  if (int64_t at = findAsymmetry(*hessian, k); at >= 0)
    return tensorError(name, "row " + std::to_string(at / k) + ", column " +
                                 std::to_string(at % k) +
                                 " differs from its mirror image, want a "
                                 "symmetric matrix");
  Result<std::vector<float>> absmax = loadMatrix(inputs + kAbsMax, {k});
  if (!absmax)
    return absmax.takeError();
  Result<std::vector<int64_t>> histogram = loadHistogram(inputs, k);
  if (!histogram)
    return histogram.takeError();
  InputStatistics statistics{{k, *count, std::move(*hessian)},
                             std::move(*absmax),
                             std::move(*histogram),
                             std::nullopt};
  if (file.lookup(inputs + kInputMoment)) {
    Result<std::vector<float>> moment =
        loadMatrix(inputs + kInputMoment, {k, k});
    if (!moment)
      return moment.takeError();
    statistics.inputMoment = CrossMoment{k, k, *count, std::move(*moment)};
  }
  return statistics;
}

bool StatisticsFile::hasResidualMoment(const std::string &layer) const {
  return file.lookup(layer + kResidualMoment);
}

Result<std::optional<CrossMoment>>
StatisticsFile::loadResidualMoment(const std::string &layer, int64_t rows,
                                   int64_t k) const {
  if (!hasResidualMoment(layer))
    return std::optional<CrossMoment>();
  std::optional<std::string> inputs = findInputs(layer);
  if (!inputs)
    return tensorError(layer + kHessian, "it is missing");
  Result<int64_t> count = loadCount(*inputs);
  if (!count)
    return count.takeError();
  Result<std::vector<float>> moment =
      loadMatrix(layer + kResidualMoment, {rows, k});
  if (!moment)
    return moment.takeError();
  return std::optional<CrossMoment>(
      CrossMoment{rows, k, *count, std::move(*moment)});
}

std::vector<const TensorView *>
StatisticsFile::getTensors(const std::string &inputs,
                           const std::string &layer) const {
  std::vector<const TensorView *> tensors;
  for (const std::string &name :
       {inputs + kCount, inputs + kHessian, inputs + kAbsMax,
        inputs + kHistogram, inputs + kInputMoment, layer + kResidualMoment})
    if (const TensorView *tensor = file.lookup(name))
      tensors.push_back(tensor);
  return tensors;
}
