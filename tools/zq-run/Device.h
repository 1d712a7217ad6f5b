//===- Device.h - where a linear is run -------------------------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_TOOLS_ZQ_RUN_DEVICE_H
#define ZQ_TOOLS_ZQ_RUN_DEVICE_H

#include "zq/Runtime/zq.h"
#include "zq/Support/Result.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace zq::run {

/// How often to run for a time: `warmup` runs, then the median of `repeat`.
struct Timing {
  int64_t warmup;
  int64_t repeat;
};

/// Runs linears by the C interface.
class Device {
public:
  virtual ~Device() = default;
  virtual std::string getName() const = 0;
  /// Runs once on `x`, and on `residual` where it is not null; fills `y`, whose
  /// size is given, and that is poisoned with 0xFF (NaN in every type) before.
  /// Where `timing.repeat` is not 0, `microseconds` is set.
  virtual Result<void> run(ZqModule *module, size_t index, int64_t m,
                           const std::vector<uint8_t> &x,
                           const std::vector<uint8_t> *residual,
                           std::vector<uint8_t> &y, Timing timing,
                           double &microseconds) = 0;
};

std::unique_ptr<Device> createCpu();
/// The first device that CUDA lists.
Result<std::unique_ptr<Device>> createCuda();

} // namespace zq::run

#endif // ZQ_TOOLS_ZQ_RUN_DEVICE_H
