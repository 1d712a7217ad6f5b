//===- Statistics.h - what calibration knows of layers ----------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A statistics file says what the inputs of a model's linear layers look like
// on calibration data: what runs of the model leave behind, and what calibrated
// quantization starts from. It is a safetensors file; docs/statistics.md has
// its schema.
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_CALIBRATION_STATISTICS_H
#define ZQ_CALIBRATION_STATISTICS_H

#include "zq/Calibration/Histogram.h"
#include "zq/Quantization/Hessian.h"
#include "zq/Weights/Safetensors.h"

#include <functional>
#include <map>

namespace zq {

/// What is known of the inputs of one layer, or of several that read the same.
struct InputStatistics {
  Hessian hessian;
  /// The largest magnitude of each of the K inputs.
  std::vector<float> absmax;
  /// Counts of a MagnitudeHistogram; empty where the file has none.
  std::vector<int64_t> histogram;
  /// (2/n) sum x_f x^T, x_f the float model's inputs where the Hessian's x are
  /// those of a model that is quantized in part.
  std::optional<CrossMoment> inputMoment;
};

/// A statistics file, open for reading. Every error names the file, the tensor
/// and what was wanted.
class StatisticsFile {
public:
  static Result<StatisticsFile> open(const std::string &path);

  const std::string &getPath() const { return file.getPath(); }
  /// The layer under whose name the inputs of `layer` are stored: itself, or
  /// the one that reads the same. nullopt where the file does not know it.
  std::optional<std::string> findInputs(std::string_view layer) const;
  /// The statistics stored for `inputs` (of `findInputs`), which must be of
  /// `k` values.
  Result<InputStatistics> load(const std::string &inputs, int64_t k) const;
  /// The histogram alone.
  Result<std::vector<int64_t>> loadHistogram(const std::string &inputs,
                                             int64_t k) const;
  /// Whether the layer has a residual moment, which no other layer shares.
  bool hasResidualMoment(const std::string &layer) const;
  /// (2/n) sum (r_f - r) x^T, what is missing in the residual stream behind a
  /// layer with `rows` outputs; nullopt where the file has none.
  Result<std::optional<CrossMoment>>
  loadResidualMoment(const std::string &layer, int64_t rows, int64_t k) const;

  /// What the file has of a layer with these inputs, all that `load` and
  /// `loadResidualMoment` read.
  std::vector<const TensorView *> getTensors(const std::string &inputs,
                                             const std::string &layer) const;

private:
  explicit StatisticsFile(SafetensorsFile file) : file(std::move(file)) {}
  Error tensorError(const std::string &tensor, const std::string &what) const;
  Result<std::vector<float>> loadMatrix(const std::string &tensor,
                                        std::vector<int64_t> shape) const;
  Result<int64_t> loadCount(const std::string &inputs) const;

  SafetensorsFile file;
};

/// What is written of one input: which layers read it, of how many values, and
/// which moments there are beside the Hessian.
struct StatisticsOutline {
  std::vector<std::string> layers; ///< at least one
  int64_t k = 0;
  bool hasInputMoment = false;
  /// Layers with a residual moment, and their outputs.
  std::map<std::string, int64_t> residualRows;
};

/// The numbers to an outline.
struct LayerStatistics {
  Hessian hessian;
  std::vector<float> absmax;
  std::vector<int64_t> histogram; ///< counts of a MagnitudeHistogram
  std::optional<CrossMoment> inputMoment;
  std::map<std::string, CrossMoment> residualMoments;
};

/// Writes a statistics file, one input at a time: number i is
/// `getStatistics(i)`.
Result<void>
writeStatistics(const std::string &path,
                const std::vector<StatisticsOutline> &outlines,
                const std::function<LayerStatistics(size_t)> &getStatistics);

/// Writes one file of several, which have no layer in common.
Result<void> mergeStatistics(const std::string &path,
                             const std::vector<std::string> &parts);

/// Adds up the statistics of several inputs while a model runs.
class StatisticsCollector {
public:
  /// For each input the names of the layers that read it, at least one; no name
  /// twice.
  explicit StatisticsCollector(std::vector<std::vector<std::string>> layers);

  /// Adds tokens of `k` values (tokens x k, row by row) to input number
  /// `input`. Fails on a value that is not finite, and adds nothing then.
  Result<void> add(size_t input, const float *x, int64_t tokens, int64_t k,
                   const ParallelFor &parallelFor = {});
  /// Of layers that read inputs of which there were none.
  std::vector<std::string> getUnseenLayers() const;
  /// Writes what there is; unseen layers are left out.
  Result<void> write(const std::string &path) const;

private:
  struct Input {
    std::vector<std::string> layers;
    std::optional<MomentAccumulator> moments;
    std::vector<float> absmax;
    MagnitudeHistogram histogram;

    bool isSeen() const { return moments && moments->getTokens() > 0; }
  };
  std::vector<Input> inputs;
};

} // namespace zq

#endif // ZQ_CALIBRATION_STATISTICS_H
