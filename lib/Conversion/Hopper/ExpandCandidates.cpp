//===- ExpandCandidates.cpp - a linear for every schedule -----------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Schedules.h"

#include "zq/Conversion/Hopper/Passes.h"

#include "mlir/IR/Builders.h"

#include <array>
#include <limits>
#include <set>

namespace zq::hopper {
#define GEN_PASS_DEF_EXPANDCANDIDATES
#include "zq/Conversion/Hopper/Passes.h.inc"
} // namespace zq::hopper

using namespace mlir;
using namespace zq::hopper;
using namespace zq::zqgpu;

namespace {
/// What tables of schedules tell linears apart by: N, K, group, rank.
using Shape = std::array<int64_t, 4>;

Shape getShape(LinearOp op) {
  return {static_cast<int64_t>(op.getN()), static_cast<int64_t>(op.getK()),
          static_cast<int64_t>(op.getGroup()), op.getRank()};
}

struct ExpandCandidates
    : WithScheduleOptions<
          zq::hopper::impl::ExpandCandidatesBase<ExpandCandidates>> {
  using WithScheduleOptions::WithScheduleOptions;

  void runOnOperation() override {
    FailureOr<ScheduleChooser> chooser = getChooser();
    if (failed(chooser))
      return signalPassFailure();
    SymbolTable symbols(getOperation());
    std::set<Shape> seen;
    SmallVector<LinearOp> linears;
    for (auto op : getOperation().getOps<LinearOp>())
      if (!op.getSchedules() && !op.getVariants())
        linears.push_back(op);
    for (LinearOp op : linears) {
      if (failed(checkLinear(op)))
        return signalPassFailure();
      // The same schedules are the fastest for linears of one shape.
      if (!seen.insert(getShape(op)).second) {
        op.erase();
        continue;
      }
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
