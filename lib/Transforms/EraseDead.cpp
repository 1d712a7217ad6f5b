//===- EraseDead.cpp - erase what nothing needs any more ------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "zq/Transforms/EraseDead.h"

#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

void zq::eraseDead(ArrayRef<Operation *> roots) {
  llvm::SetVector<Operation *> work(roots.begin(), roots.end());
  work.remove(nullptr); // block arguments have no defining operation
  while (!work.empty()) {
    Operation *op = work.pop_back_val();
    if (!isOpTriviallyDead(op))
      continue;
    for (Value operand : op->getOperands())
      if (Operation *producer = operand.getDefiningOp())
        work.insert(producer);
    op->erase();
  }
}
