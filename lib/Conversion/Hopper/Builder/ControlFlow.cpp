//===- ControlFlow.cpp - loops and branches of kernels --------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelBuilder.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace zq::hopper;

KernelBuilder::State
KernelBuilder::loop(Scalar first, Scalar last, Scalar step, ValueRange carried,
                    llvm::function_ref<State(Scalar, ValueRange)> body) {
  auto op = create<scf::ForOp>(
      first, last, step, carried,
      [&](OpBuilder &nested, Location, Value i, ValueRange values) {
        OpBuilder::InsertionGuard guard(builder);
        builder.setInsertionPointToEnd(nested.getInsertionBlock());
        create<scf::YieldOp>(body(Scalar(*this, i), values));
      },
      /*unsignedCmp=*/true);
  return State(op.getResults());
}

void KernelBuilder::ifThen(Scalar condition, llvm::function_ref<void()> then) {
  auto op = create<scf::IfOp>(condition, /*withElseRegion=*/false);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(op.thenBlock());
  then();
}

KernelBuilder::State
KernelBuilder::ifThen(Scalar condition, ValueRange values,
                      llvm::function_ref<State(ValueRange)> then) {
  auto op = create<scf::IfOp>(values.getTypes(), condition,
                              /*addThenBlock=*/true, /*addElseBlock=*/true);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(op.thenBlock());
  create<scf::YieldOp>(then(values));
  builder.setInsertionPointToStart(op.elseBlock());
  create<scf::YieldOp>(values);
  return State(op.getResults());
}

void KernelBuilder::ifElse(Scalar condition, llvm::function_ref<void()> then,
                           llvm::function_ref<void()> otherwise) {
  auto op = create<scf::IfOp>(condition, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(op.thenBlock());
  then();
  builder.setInsertionPointToStart(op.elseBlock());
  otherwise();
}

KernelBuilder::State
KernelBuilder::choose(Scalar condition, llvm::function_ref<State()> then,
                      llvm::function_ref<State()> otherwise) {
  auto op = create<scf::IfOp>(
      condition,
      [&](OpBuilder &nested, Location) {
        OpBuilder::InsertionGuard guard(builder);
        builder.setInsertionPointToEnd(nested.getInsertionBlock());
        create<scf::YieldOp>(then());
      },
      [&](OpBuilder &nested, Location) {
        OpBuilder::InsertionGuard guard(builder);
        builder.setInsertionPointToEnd(nested.getInsertionBlock());
        create<scf::YieldOp>(otherwise());
      });
  return State(op.getResults());
}
