//===- CompensatedSums.cpp - one rounding for linear, LoRC and residual ---===//
//
// A linear with a residual and a low-rank compensation is one sum, which
// compiled linears round once. As plain IR it would be rounded with the
// residual in it, and again with the compensation: what is small beside the
// residual would be lost twice.
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Patterns.h"

#include "dialects/Zq/Zq.h"
#include "zq/Transforms/Compensation.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

using namespace mlir;
using namespace zq;

/// Before:  %y = zq.quantized_linear ... residual(%r) : ... -> bf16
///          %c = zq.linear %t, %up : ... -> bf16
///          %z = arith.addf %y, %c : bf16
/// After:   %y = zq.quantized_linear ... : ... -> f32
///          %c = zq.linear %t, %up : ... -> f32
///          %s = arith.addf %y, %c : f32
///          %w = arith.addf %s, (arith.extf %r) : f32
///          %z = arith.truncf %w : bf16
static void widenSum(QuantizedLinearOp op, Compensation compensation) {
  Operation *sum = compensation.sum;
  ImplicitLocOpBuilder b(op.getLoc(), sum);
  RankedTensorType type = op.getOutput().getType();
  RankedTensorType wide = type.clone(b.getF32Type());

  auto linear = cast<QuantizedLinearOp>(b.clone(*op));
  linear.getResidualMutable().clear();
  linear.getOutput().setType(wide);
  auto up = cast<LinearOp>(b.clone(*compensation.up));
  up.getOutput().setType(wide);
  Value z = arith::AddFOp::create(b, linear.getOutput(), up.getOutput());
  z = arith::AddFOp::create(b, z,
                            arith::ExtFOp::create(b, wide, op.getResidual()));
  sum->getResult(0).replaceAllUsesWith(arith::TruncFOp::create(b, type, z));

  sum->erase();
  op.erase();
  if (compensation.up->use_empty())
    compensation.up.erase();
}

void zq::widenCompensatedSums(ModuleOp module) {
  SmallVector<QuantizedLinearOp> linears;
  module.walk([&](QuantizedLinearOp op) {
    if (op.getResidual() && !op.getOutput().getType().getElementType().isF32())
      linears.push_back(op);
  });
  for (QuantizedLinearOp op : linears)
    if (std::optional<Compensation> compensation = findCompensation(op))
      widenSum(op, *compensation);
}
