//===- ReplaceDecisions.cpp - from results to the IR ----------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ReplaceDecisions.h"

#include "zq/Numerics/Formats.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace zq;

static DenseElementsAttr getConstant(Type type, ArrayRef<float> values) {
  auto tensor = cast<RankedTensorType>(type);
  Type element = tensor.getElementType();
  if (isa<Float32Type>(element))
    return DenseElementsAttr::get(tensor, values);
  std::vector<uint16_t> bits(values.size());
  for (auto [bit, value] : llvm::zip_equal(bits, values))
    bit = isa<BFloat16Type>(element) ? encodeBF16(value) : encodeF16(value);
  return DenseElementsAttr::getFromRawBuffer(
      tensor, ArrayRef<char>(reinterpret_cast<const char *>(bits.data()),
                             bits.size() * sizeof(uint16_t)));
}

static DenseElementsAttr getConstant(Type type, ArrayRef<uint8_t> values) {
  return DenseElementsAttr::getFromRawBuffer(
      cast<RankedTensorType>(type),
      ArrayRef<char>(reinterpret_cast<const char *>(values.data()),
                     values.size()));
}

DenseResourceElementsAttr zq::getResource(WeightJob &job, StringRef name) {
  auto type = RankedTensorType::get(
      {job.matrix.n, job.matrix.getRowBytes()},
      IntegerType::get(job.source.getType().getContext(), 8));
  return DenseResourceElementsAttr::get(type, name.empty() ? "weight" : name,
                                        std::move(job.codes));
}

/// Erases what computed `value`, as far as nothing else needs it.
static void eraseDeadProducers(Value value) {
  llvm::SmallSetVector<Operation *, 4> worklist;
  if (Operation *op = value.getDefiningOp())
    worklist.insert(op);
  while (!worklist.empty()) {
    Operation *op = worklist.pop_back_val();
    if (!isOpTriviallyDead(op))
      continue;
    SmallVector<Value> operands(op->getOperands());
    op->erase();
    for (Value operand : operands)
      if (Operation *producer = operand.getDefiningOp())
        worklist.insert(producer);
  }
}

void zq::replaceDecision(Decision &decision, const WeightJob &job,
                         DenseResourceElementsAttr codes) {
  QuantizeWeightOp op = decision.op;
  OpBuilder builder(op);
  Location loc = op.getLoc();
  auto createConstant = [&](TypedAttr value) -> Value {
    return arith::ConstantOp::create(builder, loc, value);
  };

  for (auto [lowRank, index] : decision.factors) {
    const LowRankFactors &factors = job.factors[index];
    lowRank.getDown().replaceAllUsesWith(
        createConstant(getConstant(lowRank.getDown().getType(), factors.down)));
    lowRank.getUp().replaceAllUsesWith(
        createConstant(getConstant(lowRank.getUp().getType(), factors.up)));
    lowRank.erase();
  }

  op.getQuantized().replaceAllUsesWith(StorageCastOp::create(
      builder, loc, op.getQuantized().getType(), createConstant(codes)));
  const QuantizedMatrix &matrix = job.matrix;
  ResultRange scales = op.getScales();
  if (matrix.constraint == ScaleConstraint::Free) {
    scales[0].replaceAllUsesWith(
        createConstant(getConstant(scales[0].getType(), matrix.scales)));
  } else {
    scales[0].replaceAllUsesWith(
        createConstant(getConstant(scales[0].getType(), matrix.anchors)));
    scales[1].replaceAllUsesWith(
        createConstant(getConstant(scales[1].getType(), matrix.shifts)));
  }
  Value weight = op.getWeight();
  op.erase();
  eraseDeadProducers(weight);
}
