//===- CpuLinear.h - run a linear on the host -------------------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The runtime's own computation of a compiled linear, from the packed tiles of
// the module file: what runs where there is no GPU, and a second implementation
// beside the compiler's CPU lowering.
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_LIB_RUNTIME_CPULINEAR_H
#define ZQ_LIB_RUNTIME_CPULINEAR_H

#include "zq/Runtime/ModuleFile.h"

namespace zq::runtime {

/// x is m x K of the linear's input type, y is m x N of its output type, and so
/// is the residual where the linear has one, all row-major. The residual may be
/// y. Products and sums are in FP32, with one rounding of each output. A token
/// with an infinity or a NaN gives a row of NaN.
void runOnCpu(const ModuleFile &module, const Linear &linear, int64_t m,
              const void *x, const void *residual, void *y);

} // namespace zq::runtime

#endif // ZQ_LIB_RUNTIME_CPULINEAR_H
