//===- ReplaceDecisions.cpp - from results to the IR ----------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ReplaceDecisions.h"

#include "zq/Transforms/EraseDead.h"
#include "zq/Transforms/Remarks.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/DialectResourceBlobManager.h"

using namespace mlir;
using namespace zq;

static Value createConstant(OpBuilder &builder, Location loc,
                            RankedTensorType type, ArrayRef<uint8_t> bytes) {
  return arith::ConstantOp::create(
      builder, loc,
      DenseElementsAttr::getFromRawBuffer(
          type, ArrayRef<char>(reinterpret_cast<const char *>(bytes.data()),
                               bytes.size())));
}

Value DecisionReplacer::createWeight(OpBuilder &builder, Location loc,
                                     Type type, StringRef tensor) {
  return WeightOp::create(builder, loc, type, tensor, file->getPath());
}

/// Floats in place of `replaced`, from the file where there is one.
Value DecisionReplacer::createFloats(OpBuilder &builder, Value replaced,
                                     StringRef tensor,
                                     const std::vector<float> &values) {
  auto type = cast<RankedTensorType>(replaced.getType());
  if (file)
    return createWeight(builder, replaced.getLoc(), type, tensor);
  return createConstant(
      builder, replaced.getLoc(), type,
      encodeFloats(getFloatType(type.getElementType()), values));
}

/// The codes' bytes. As a resource the module then owns them: they never pass
/// through text, and are freed with the context.
Value DecisionReplacer::createCodes(OpBuilder &builder, QuantizeWeightOp op,
                                    WeightJob &job) {
  auto type = RankedTensorType::get({job.matrix.n, job.matrix.getRowBytes()},
                                    builder.getI8Type());
  if (file)
    return createWeight(builder, op.getLoc(), type,
                        getTensorName(job, "codes"));
  DenseResourceElementsAttr &resource = resources[&job];
  if (!resource) {
    StringRef name = getLayerName(op);
    resource = DenseResourceElementsAttr::get(
        type, name.empty() ? "weight" : name, std::move(job.codes));
  }
  return arith::ConstantOp::create(builder, op.getLoc(), resource);
}

void DecisionReplacer::replace(Decision &decision, WeightJob &job) {
  QuantizeWeightOp op = decision.op;
  OpBuilder builder(op);
  Location loc = op.getLoc();
  for (auto [lowRank, index] : decision.factors) {
    static const LowRankFactors none;
    const LowRankFactors &factors = file ? none : job.factors[index];
    lowRank.getDown().replaceAllUsesWith(
        createFloats(builder, lowRank.getDown(),
                     getFactorName(job, "down", index), factors.down));
    lowRank.getUp().replaceAllUsesWith(createFloats(
        builder, lowRank.getUp(), getFactorName(job, "up", index), factors.up));
    lowRank.erase();
  }

  op.getQuantized().replaceAllUsesWith(
      StorageCastOp::create(builder, loc, op.getQuantized().getType(),
                            createCodes(builder, op, job)));
  const QuantizedMatrix &matrix = job.matrix;
  ResultRange scales = op.getScales();
  if (matrix.constraint == ScaleConstraint::Free) {
    scales[0].replaceAllUsesWith(createFloats(
        builder, scales[0], getTensorName(job, "scales"), matrix.scales));
  } else {
    // Anchors are constants even so: zq-fold-scales computes with them.
    scales[0].replaceAllUsesWith(createConstant(
        builder, loc, cast<RankedTensorType>(scales[0].getType()),
        encodeFloats(zq::FloatType::F32, matrix.anchors)));
    auto type = cast<RankedTensorType>(scales[1].getType());
    scales[1].replaceAllUsesWith(
        file ? createWeight(builder, loc, type, getTensorName(job, "shifts"))
             : createConstant(builder, loc, type, matrix.shifts));
  }
  Value weight = op.getWeight();
  op.erase();
  eraseDead(weight.getDefiningOp());
}
