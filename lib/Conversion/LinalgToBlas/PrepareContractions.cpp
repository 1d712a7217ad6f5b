//===- PrepareContractions.cpp - operands of contractions -----------------===//
//
// On tensors, before contractions become calls of a library: FP32 operands, and
// a destination of its own for each.
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "MatrixProduct.h"

#include "zq/Conversion/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace zq {
#define GEN_PASS_DEF_PREPARECONTRACTIONS
#include "zq/Conversion/Passes.h.inc"
} // namespace zq

using namespace mlir;
using namespace zq;

/// `tensor` in FP32, which is exact.
static Value widen(ImplicitLocOpBuilder &b, Value tensor) {
  auto type = cast<RankedTensorType>(tensor.getType());
  SmallVector<Value> sizes;
  for (int64_t i = 0; i < type.getRank(); ++i)
    if (type.isDynamicDim(i))
      sizes.push_back(tensor::DimOp::create(b, tensor, i));
  Value empty =
      tensor::EmptyOp::create(b, type.getShape(), b.getF32Type(), sizes);
  AffineMap identity = b.getMultiDimIdentityMap(type.getRank());
  SmallVector<utils::IteratorType> iterators(type.getRank(),
                                             utils::IteratorType::parallel);
  return linalg::GenericOp::create(
             b, empty.getType(), tensor, empty, ArrayRef{identity, identity},
             iterators,
             [](OpBuilder &builder, Location loc, ValueRange in) {
               Value wide = arith::ExtFOp::create(builder, loc,
                                                  builder.getF32Type(), in[0]);
               linalg::YieldOp::create(builder, loc, wide);
             })
      .getResult(0);
}

/// %c = contraction ins(%a : bf16, %b : f32) {extf, mulf, addf}
///   ->
/// %f = linalg.generic ins(%a) {extf}
/// %c = contraction ins(%f, %b : f32) {mulf, addf}
static void widenInputs(linalg::LinalgOp op) {
  ImplicitLocOpBuilder b(op.getLoc(), op);
  for (OpOperand *input : op.getDpsInputOperands()) {
    BlockArgument argument = op.getMatchingBlockArgument(input);
    if (argument.getType().isF32())
      continue;
    for (Operation *user : llvm::make_early_inc_range(argument.getUsers())) {
      user->getResult(0).replaceAllUsesWith(argument);
      user->erase();
    }
    input->set(widen(b, input->get()));
    argument.setType(b.getF32Type());
  }
}

/// Two contractions that start from one tensor of zeros would make
/// bufferization copy the zeros.
static void separateInit(linalg::LinalgOp op) {
  OpOperand *init = op.getDpsInitOperand(0);
  auto fill = init->get().getDefiningOp<linalg::FillOp>();
  if (!fill)
    return;
  OpBuilder b(op);
  auto empty = fill.getOutputs()[0].getDefiningOp<tensor::EmptyOp>();
  if (!empty)
    return;
  Operation *ownEmpty = b.clone(*empty);
  IRMapping mapping;
  mapping.map(empty.getResult(), ownEmpty->getResult(0));
  init->set(b.clone(*fill, mapping)->getResult(0));
  if (fill->use_empty())
    fill.erase();
}

namespace {

class PrepareContractionsPass
    : public zq::impl::PrepareContractionsBase<PrepareContractionsPass> {
  void runOnOperation() override {
    SmallVector<linalg::LinalgOp> contractions;
    getOperation()->walk([&](linalg::LinalgOp op) {
      if (op.hasPureTensorSemantics() && hasProductBody(op))
        contractions.push_back(op);
    });
    for (linalg::LinalgOp op : contractions) {
      separateInit(op);
      // The bodies of named ops are what their names say.
      if (isa<linalg::GenericOp>(op))
        widenInputs(op);
    }
  }
};

} // namespace
