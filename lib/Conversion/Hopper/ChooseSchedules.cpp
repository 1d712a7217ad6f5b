//===- ChooseSchedules.cpp - schedules for linears without ----------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Schedules.h"

#include "zq/Conversion/Hopper/Passes.h"

namespace zq::hopper {
#define GEN_PASS_DEF_CHOOSESCHEDULES
#include "zq/Conversion/Hopper/Passes.h.inc"
} // namespace zq::hopper

using namespace mlir;
using namespace zq::hopper;
using namespace zq::zqgpu;

namespace {

struct ChooseSchedules
    : zq::hopper::impl::ChooseSchedulesBase<ChooseSchedules> {
  using ChooseSchedulesBase::ChooseSchedulesBase;

  void runOnOperation() override {
    FailureOr<ScheduleChooser> chooser = ScheduleChooser::get(
        getOperation(), {SmallVector<int64_t>(tokens.begin(), tokens.end()),
                         stages, split, accumulation, interval, target, table});
    if (failed(chooser))
      return signalPassFailure();
    for (auto op : getOperation().getOps<LinearOp>()) {
      if (op.getSchedules() || op.getVariants())
        continue;
      FailureOr<ArrayAttr> schedules = chooser->choose(op);
      if (failed(schedules))
        return signalPassFailure();
      op.setSchedulesAttr(*schedules);
      ++numLinears;
    }
  }
};

} // namespace
