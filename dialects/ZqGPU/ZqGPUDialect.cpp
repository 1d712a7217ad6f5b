//===- ZqGPUDialect.cpp - the zqgpu dialect -------------------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/ZqGPU/ZqGPU.h"

using namespace mlir;
using namespace zq::zqgpu;

#include "dialects/ZqGPU/ZqGPUDialect.cpp.inc"

void ZqGPUDialect::initialize() {
  registerAttributes();
  registerOps();
  registerDeviceOps();
}
