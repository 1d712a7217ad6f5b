//===- Compensation.h - find LoRC beside a quantized linear -----*- C++ -*-===//
//
// LoRC is plain IR, so that every backend can run it; who wants to treat a
// layer and its compensation as one finds them here.
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_TRANSFORMS_COMPENSATION_H
#define ZQ_TRANSFORMS_COMPENSATION_H

#include "dialects/Zq/Zq.h"

#include <optional>

namespace zq {

/// %x8, %sx = zq.quantize_activation %x
/// %y = zq.quantized_linear %x8 scale(%sx), ...   (the layer)
/// %t = zq.linear %x, %down_factor                (down)
/// %c = zq.linear %t, %up_factor                  (up)
/// %z = arith.addf %y, %c                         (sum)
struct Compensation {
  LinearOp down;
  LinearOp up;
  mlir::Operation *sum;
};

/// The compensation of `layer`, if its one use is such a sum (in either order)
/// and the linears between have no bias.
std::optional<Compensation> findCompensation(QuantizedLinearOp layer);

} // namespace zq

#endif // ZQ_TRANSFORMS_COMPENSATION_H
