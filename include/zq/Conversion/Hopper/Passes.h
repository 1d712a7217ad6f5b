//===- Passes.h - from zqgpu.linear to NVVM ---------------------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_CONVERSION_HOPPER_PASSES_H
#define ZQ_CONVERSION_HOPPER_PASSES_H

#include "mlir/Pass/Pass.h"

namespace zq::hopper {
#define GEN_PASS_DECL
#include "zq/Conversion/Hopper/Passes.h.inc"
#define GEN_PASS_REGISTRATION
#include "zq/Conversion/Hopper/Passes.h.inc"
} // namespace zq::hopper

#endif // ZQ_CONVERSION_HOPPER_PASSES_H
