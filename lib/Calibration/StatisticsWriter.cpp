//===- StatisticsWriter.cpp - write what calibration has found ------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "StatisticsNames.h"
#include "zq/Calibration/Statistics.h"

#include <algorithm>

using namespace zq;
using namespace zq::statistics;

/// The tensors of one input, in the order in which `writeEntry` writes them.
static void addTensors(const StatisticsOutline &outline,
                       std::vector<TensorInfo> &tensors) {
  const std::string &name = outline.layers[0];
  int64_t k = outline.k;
  tensors.push_back({name + kHessian, DType::F32, {k, k}});
  tensors.push_back({name + kCount, DType::I64, {}});
  tensors.push_back({name + kAbsMax, DType::F32, {k}});
  tensors.push_back(
      {name + kHistogram, DType::I64, {MagnitudeHistogram::bins}});
  if (outline.hasInputMoment)
    tensors.push_back({name + kInputMoment, DType::F32, {k, k}});
  for (const auto &[layer, rows] : outline.residualRows)
    tensors.push_back({layer + kResidualMoment, DType::F32, {rows, k}});
}

static Result<void> writeEntry(SafetensorsWriter &writer, size_t &tensor,
                               const StatisticsOutline &outline,
                               const LayerStatistics &entry) {
  auto writeFloats = [&](const std::vector<float> &values) {
    return writer.write(tensor++, values.data(), 4 * values.size());
  };
  Result<void> done = writeFloats(entry.hessian.values);
  if (done)
    done = writer.write(tensor++, &entry.hessian.tokens, sizeof(int64_t));
  if (done)
    done = writeFloats(entry.absmax);
  if (done)
    done = writer.write(tensor++, entry.histogram.data(),
                        sizeof(int64_t) * entry.histogram.size());
  if (done && outline.hasInputMoment)
    done = writeFloats(entry.inputMoment->values);
  for (const auto &[layer, rows] : outline.residualRows)
    if (done)
      done = writeFloats(entry.residualMoments.at(layer).values);
  return done;
}

Result<void> zq::writeStatistics(
    const std::string &path, const std::vector<StatisticsOutline> &outlines,
    const std::function<LayerStatistics(size_t)> &getStatistics) {
  std::vector<TensorInfo> tensors;
  std::map<std::string, std::string> metadata{{kFormatKey, kFormat},
                                              {kVersionKey, kVersion}};
  for (const StatisticsOutline &outline : outlines) {
    addTensors(outline, tensors);
    for (size_t i = 1; i < outline.layers.size(); ++i)
      metadata[outline.layers[i] + kInputs] = outline.layers[0];
  }
  Result<SafetensorsWriter> writer =
      SafetensorsWriter::create(path, std::move(tensors), metadata);
  if (!writer)
    return writer.takeError();
  size_t tensor = 0;
  for (size_t i = 0; i < outlines.size(); ++i)
    if (Result<void> done =
            writeEntry(*writer, tensor, outlines[i], getStatistics(i));
        !done)
      return done;
  return writer->finish();
}

Result<void> zq::mergeStatistics(const std::string &path,
                                 const std::vector<std::string> &parts) {
  std::vector<SafetensorsFile> files;
  std::vector<TensorInfo> tensors;
  std::map<std::string, std::string> metadata;
  for (const std::string &part : parts) {
    Result<SafetensorsFile> file = SafetensorsFile::open(part);
    if (!file)
      return file.takeError();
    for (const TensorView &tensor : file->getTensors())
      tensors.push_back({tensor.name, tensor.dtype, tensor.shape});
    metadata.insert(file->getMetadata().begin(), file->getMetadata().end());
    files.push_back(std::move(*file));
  }
  metadata[kFormatKey] = kFormat;
  metadata[kVersionKey] = kVersion;
  Result<SafetensorsWriter> writer =
      SafetensorsWriter::create(path, std::move(tensors), metadata);
  if (!writer)
    return writer.takeError();
  size_t index = 0;
  for (const SafetensorsFile &file : files)
    for (const TensorView &tensor : file.getTensors())
      if (Result<void> done = writer->write(index++, tensor.data, tensor.size);
          !done)
        return done;
  return writer->finish();
}
