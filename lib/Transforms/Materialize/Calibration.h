//===- Calibration.h - statistics for the weights that want them *- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_LIB_TRANSFORMS_MATERIALIZE_CALIBRATION_H
#define ZQ_LIB_TRANSFORMS_MATERIALIZE_CALIBRATION_H

#include "zq/Calibration/Statistics.h"
#include "zq/Quantization/Calibrated.h"

#include <map>
#include <mutex>

namespace zq {

/// How weights are quantized by the inputs of their layers.
struct CalibrationSettings {
  DampingOptions damping;
  ColumnOrder order = ColumnOrder::Natural;
  /// Of each weight, but for its format and scales.
  CalibrationOptions options;
};

/// The statistics of a module's layers, each made ready once for all weights
/// that share them, and kept no longer than until the last of them is done.
class Calibration {
public:
  struct Inputs {
    LayerInputs layer;
    std::optional<CrossMoment> inputMoment;
  };

  Calibration(StatisticsFile file, CalibrationSettings settings)
      : file(std::move(file)), settings(std::move(settings)) {}

  const StatisticsFile &getFile() const { return file; }
  const CalibrationSettings &getSettings() const { return settings; }

  /// One more weight will `get` and `release` these inputs. Not to be called
  /// once others do.
  void addUser(const std::string &inputs) { ++entries[inputs].users; }
  /// Safe to call from any thread.
  Result<std::shared_ptr<const Inputs>>
  get(const std::string &inputs, int64_t k, const ParallelFor &parallelFor);
  void release(const std::string &inputs);

private:
  struct Entry {
    std::mutex mutex;
    int64_t users = 0;
    std::shared_ptr<const Inputs> inputs;
  };

  StatisticsFile file;
  CalibrationSettings settings;
  std::map<std::string, Entry> entries;
};

} // namespace zq

#endif // ZQ_LIB_TRANSFORMS_MATERIALIZE_CALIBRATION_H
