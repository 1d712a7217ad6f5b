//===- ExpandCandidates.cpp - a linear for every schedule -----------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Schedules.h"

#include "zq/Conversion/Hopper/Passes.h"

#include "mlir/IR/Builders.h"

#include <limits>

namespace zq::hopper {
#define GEN_PASS_DEF_EXPANDCANDIDATES
#include "zq/Conversion/Hopper/Passes.h.inc"
} // namespace zq::hopper

using namespace mlir;
using namespace zq::hopper;
using namespace zq::zqgpu;

namespace {

struct ExpandCandidates
    : zq::hopper::impl::ExpandCandidatesBase<ExpandCandidates> {
  using ExpandCandidatesBase::ExpandCandidatesBase;

  void runOnOperation() override {
    FailureOr<ScheduleChooser> chooser = ScheduleChooser::get(
        getOperation(), {SmallVector<int64_t>(tokens.begin(), tokens.end()),
                         stages, split, accumulation, interval, target, table});
    if (failed(chooser))
      return signalPassFailure();
    SymbolTable symbols(getOperation());
    SmallVector<LinearOp> linears;
    for (auto op : getOperation().getOps<LinearOp>())
      if (!op.getSchedules() && !op.getVariants())
        linears.push_back(op);
    for (LinearOp op : linears) {
      if (failed(checkLinear(op)))
        return signalPassFailure();
      for (ScheduleAttr schedule : chooser->getCandidates(op)) {
        auto choice = ChoiceAttr::get(
            &getContext(), 1, std::numeric_limits<int32_t>::max(), schedule);
        LinearOp copy = op.clone();
        copy.setSchedulesAttr(ArrayAttr::get(&getContext(), {choice}));
        symbols.insert(copy, op->getIterator()); // makes its name unique
        ++numCandidates;
      }
      op.erase();
    }
  }
};

} // namespace
