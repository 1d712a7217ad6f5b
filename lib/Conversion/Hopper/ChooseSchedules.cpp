//===- ChooseSchedules.cpp - schedules for linears without ----------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Schedules.h"

#include "zq/Conversion/Hopper/Passes.h"

#include "mlir/IR/Remarks.h"
#include "llvm/Support/FormatVariadic.h"

#include <limits>

namespace zq::hopper {
#define GEN_PASS_DEF_CHOOSESCHEDULES
#include "zq/Conversion/Hopper/Passes.h.inc"
} // namespace zq::hopper

using namespace mlir;
using namespace zq::hopper;
using namespace zq::zqgpu;

namespace {

struct ChooseSchedules
    : WithScheduleOptions<
          zq::hopper::impl::ChooseSchedulesBase<ChooseSchedules>> {
  using WithScheduleOptions::WithScheduleOptions;

  void runOnOperation() override {
    FailureOr<ScheduleChooser> chooser = getChooser();
    if (failed(chooser))
      return signalPassFailure();
    for (auto op : getOperation().getOps<LinearOp>()) {
      if (op.getSchedules() || op.getVariants())
        continue;
      FailureOr<ArrayAttr> schedules = chooser->choose(op);
      if (failed(schedules))
        return signalPassFailure();
      op.setSchedulesAttr(*schedules);
      for (auto choice : schedules->getAsRange<ChoiceAttr>())
        for (TargetAttr target : chooser->getTargets())
          explain(op, choice, target);
      ++numLinears;
    }
  }

private:
  /// The time that is expected, where the range ends or, if it does not,
  /// starts.
  void explain(LinearOp op, ChoiceAttr choice, TargetAttr target) {
    bool isLast = choice.getLast() == std::numeric_limits<int32_t>::max();
    int64_t m = isLast ? choice.getFirst() : choice.getLast();
    std::string schedule;
    llvm::raw_string_ostream(schedule) << choice.getSchedule();
    double time = predictTime(target, getWork(op), m, choice.getSchedule());
    remark::analysis(op.getLoc(), remark::RemarkOpts::name(getArgument())
                                      .category("zq")
                                      .function(op.getSymName()))
        << remark::metric("M", static_cast<int>(m))
        << remark::metric("Bandwidth", static_cast<int>(target.getBandwidth()))
        << remark::metric("Microseconds", llvm::formatv("{0:F1}", time).str())
        << remark::metric("Schedule", schedule);
  }
};

} // namespace
