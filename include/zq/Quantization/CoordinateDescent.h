//===- CoordinateDescent.h - codes refined one by one -----------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// GPTQ decides on each code once, before it knows the later ones. Here every
// code is taken up again with all others as they are, and gets the value of
// least tr(E H E^T); in between, scales are fitted to the codes. No step makes
// the error larger.
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_QUANTIZATION_COORDINATEDESCENT_H
#define ZQ_QUANTIZATION_COORDINATEDESCENT_H

#include "zq/Quantization/Hessian.h"

namespace zq {

struct DescentOptions {
  /// Times that each code is taken up; a row whose codes stay is left alone.
  int passes = 6;
  /// After each pass, gives a row's anchor (M2) or each group's scale (free)
  /// the value of least error for the codes, in closed form. M1 has none to
  /// fit.
  bool refitScales = true;
};

/// Refines `matrix`, which was found for `weight` in whichever way. Its
/// energies are those against `weight` afterwards.
Result<void> refineCodes(const WeightView &weight, const DampedHessian &hessian,
                         const DescentOptions &options, QuantizedMatrix &matrix,
                         const ParallelFor &parallelFor = {});

} // namespace zq

#endif // ZQ_QUANTIZATION_COORDINATEDESCENT_H
