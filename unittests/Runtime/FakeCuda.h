//===- FakeCuda.h - a CUDA driver that records calls ------------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_UNITTESTS_RUNTIME_FAKECUDA_H
#define ZQ_UNITTESTS_RUNTIME_FAKECUDA_H

#include "zq/Runtime/CudaDriver.h"

#include <map>
#include <vector>

struct FakeLaunch {
  std::string kernel;
  zq::cuda::LaunchConfig config;
  std::vector<zq::cuda::LaunchAttribute> attributes;
  /// The parameters' values; as many bytes of each as a tensor map has.
  std::vector<zq::cuda::TensorMap> params;
};

struct FakeCuda {
  int major = 9;
  size_t memoryLimit = size_t(1) << 30;
  /// How many parameters the next launches have.
  size_t paramCount = 0;
  /// What streamSynchronize returns.
  zq::cuda::Status synchronizeStatus = 0;
  /// What tensorMapEncodeTiled returns.
  zq::cuda::Status tensorMapStatus = 0;
  /// Those that are not freed, and how often memory was.
  int allocations = 0, frees = 0;
  int loadedModules = 0;
  /// What launches of a kernel may have of dynamic shared memory.
  std::map<zq::cuda::Function, unsigned> sharedLimits;
  std::vector<FakeLaunch> launches;
};

#endif // ZQ_UNITTESTS_RUNTIME_FAKECUDA_H
