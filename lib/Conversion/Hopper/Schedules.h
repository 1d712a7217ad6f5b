//===- Schedules.h - which kernels a linear gets ----------------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Chooses schedules by shape: the ranges of M and, for each, the tile, the
// stages and the split of K. All that is chosen gives right results for every
// shape; the choice is about time alone.
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_LIB_CONVERSION_HOPPER_SCHEDULES_H
#define ZQ_LIB_CONVERSION_HOPPER_SCHEDULES_H

#include "CostModel.h"
#include "Kernels.h"
#include "ScheduleTable.h"

#include "zq/Numerics/TileLayout.h"

#include "mlir/IR/BuiltinOps.h"

namespace zq::hopper {

/// What the user wants; the zeros and the empty lists are left to the model.
struct ScheduleOptions {
  llvm::SmallVector<int64_t> tokens; ///< ascending
  int64_t stages;                    ///< at most
  int64_t split;
  std::string accumulation;
  int64_t interval;
  std::string target;
  std::string table; ///< a file
};

class ScheduleChooser {
public:
  /// Reports what is wrong with the options at the module.
  static mlir::FailureOr<ScheduleChooser> get(mlir::ModuleOp module,
                                              const ScheduleOptions &options);

  /// The ranges of M, from 1 on, with their schedules.
  mlir::FailureOr<mlir::ArrayAttr> choose(zqgpu::LinearOp op) const;
  /// What is chosen for; where there are several, good on all of them.
  llvm::ArrayRef<zqgpu::TargetAttr> getTargets() const { return targets; }
  /// All schedules that may be chosen.
  llvm::SmallVector<zqgpu::ScheduleAttr>
  getCandidates(zqgpu::LinearOp op) const;

private:
  using Accumulation = zqgpu::Accumulation;

  mlir::LogicalResult checkOptions(mlir::ModuleOp module);
  mlir::LogicalResult findTargets(mlir::ModuleOp module);
  zqgpu::ScheduleAttr getSchedule(zqgpu::LinearOp op, const Family &family,
                                  int64_t tokens, int64_t split) const;
  mlir::ArrayAttr chooseByModel(zqgpu::LinearOp op) const;
  mlir::FailureOr<zqgpu::ScheduleAttr>
  adapt(zqgpu::LinearOp op, zqgpu::ScheduleAttr schedule) const;

  ScheduleOptions options;
  Accumulation accumulation = Accumulation::Promoted;
  llvm::SmallVector<zqgpu::TargetAttr> targets;
  ScheduleTable table;
};

/// A pass with the options of scheduleOptions (Passes.td).
template <typename Base> struct WithScheduleOptions : Base {
  using Base::Base;

  mlir::FailureOr<ScheduleChooser> getChooser() {
    return ScheduleChooser::get(
        this->getOperation(),
        {llvm::SmallVector<int64_t>(this->tokens.begin(), this->tokens.end()),
         this->stages, this->split, this->accumulation, this->interval,
         this->target, this->table});
  }
};

/// Whether the generator can write the kernel of a schedule that a user or a
/// table names; says why not.
mlir::LogicalResult
checkSchedule(zqgpu::LinearOp op, zqgpu::ScheduleAttr schedule,
              llvm::function_ref<mlir::InFlightDiagnostic()> emitError);

/// The GEMM kernel of a linear.
GemmKernel getGemmKernel(zqgpu::LinearOp op, zqgpu::ScheduleAttr schedule);
TileLayout getLayout(zqgpu::LinearOp op);
/// What its time depends on.
Work getWork(zqgpu::LinearOp op);
/// Whether there are kernels for the linear at all; reports why not.
mlir::LogicalResult checkLinear(zqgpu::LinearOp op);

} // namespace zq::hopper

#endif // ZQ_LIB_CONVERSION_HOPPER_SCHEDULES_H
