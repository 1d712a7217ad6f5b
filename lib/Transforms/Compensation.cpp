//===- Compensation.cpp - find LoRC beside a quantized linear -------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "zq/Transforms/Compensation.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace zq;

std::optional<Compensation> zq::findCompensation(QuantizedLinearOp layer) {
  Value output = layer.getOutput();
  auto activation = layer.getInput().getDefiningOp<QuantizeActivationOp>();
  if (!activation || !output.hasOneUse())
    return std::nullopt;
  auto sum = dyn_cast<arith::AddFOp>(*output.user_begin());
  if (!sum)
    return std::nullopt;
  Value other = sum.getLhs() == output ? sum.getRhs() : sum.getLhs();
  auto up = other.getDefiningOp<LinearOp>();
  if (!up || up.getBias())
    return std::nullopt;
  auto down = up.getInput().getDefiningOp<LinearOp>();
  if (!down || down.getBias() || down.getInput() != activation.getInput())
    return std::nullopt;
  return Compensation{down, up, sum};
}
