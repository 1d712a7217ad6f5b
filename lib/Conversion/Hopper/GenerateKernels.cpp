//===- GenerateKernels.cpp - zqgpu.linear to kernels and launches ---------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Kernels.h"
#include "Schedules.h"

#include "dialects/Zq/Zq.h"
#include "zq/Conversion/Hopper/Passes.h"
#include "zq/Numerics/TileLayout.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/BuiltinOps.h"

#include <limits>

namespace zq::hopper {
#define GEN_PASS_DEF_GENERATEKERNELS
#include "zq/Conversion/Hopper/Passes.h.inc"
} // namespace zq::hopper

using namespace mlir;
using zq::TileLayout;
using namespace zq::hopper;
using namespace zq::zqgpu;

namespace {

constexpr StringLiteral moduleName = "zq_kernels";

Type getElementTypeOr(std::optional<ElementsAttr> data) {
  return data ? data->getElementType() : Type();
}

TileLayout getLayout(LinearOp op) {
  return {static_cast<int64_t>(op.getN()), static_cast<int64_t>(op.getK()),
          static_cast<int64_t>(op.getGroup())};
}

QuantizeKernel getQuantizeKernel(LinearOp op) {
  return {op.getInputType(), op.getActivationFormat(),
          getElementTypeOr(op.getDown())};
}

GemmKernel getGemmKernel(LinearOp op, ScheduleAttr schedule) {
  return {op.getWeightFormat(),
          static_cast<int64_t>(op.getMaxShift()),
          getLayout(op).getShiftsPerRow(),
          op.getActivationFormat(),
          op.getOutputType(),
          getElementTypeOr(op.getUp()),
          getElementTypeOr(op.getBias()),
          schedule};
}

//===----------------------------------------------------------------------===//
// Launches
//===----------------------------------------------------------------------===//

/// The launches of one linear; the order of arguments is that of the kernels'
/// parameters in Kernels.h.
class Launches {
public:
  explicit Launches(LinearOp op)
      : op(op), context(op.getContext()), layout(getLayout(op)),
        paddedK(layout.getTileColumns() * TileLayout::columns) {}

  VariantAttr getVariant(int64_t first, int64_t last, ScheduleAttr schedule) {
    return VariantAttr::get(
        context, first, last, schedule, getWorkspace(),
        ArrayAttr::get(context, {getQuantize(), getGemm(schedule)}));
  }

private:
  ArrayAttr getWorkspace() {
    SmallVector<Attribute> buffers = {
        WorkspaceAttr::get(context, "xq", paddedK, 0),
        WorkspaceAttr::get(context, "xs", 4, 0)};
    if (op.getUp())
      buffers.push_back(WorkspaceAttr::get(context, "t", 4 * op.getRank(), 0));
    return ArrayAttr::get(context, buffers);
  }

  LaunchAttr getQuantize() {
    SmallVector<Attribute> params = {user("x"), workspace("xq"),
                                     workspace("xs")};
    if (op.getDown())
      params.append({blob("down"), workspace("t"), i32(op.getRank())});
    params.append({i32(layout.k), i32(paddedK)});
    return LaunchAttr::get(
        context, getSymbol(getQuantizeKernel(op).getName()),
        GridAttr::get(context, /*tokens=*/1, /*ctas=*/1, /*perSm=*/0),
        QuantizeKernel::threads, /*cluster=*/1, /*shared=*/0,
        /*programmatic=*/true, ArrayAttr::get(context, params));
  }

  LaunchAttr getGemm(ScheduleAttr schedule) {
    GemmKernel kernel = getGemmKernel(op, schedule);
    SmallVector<Attribute> params = {
        TensorMapAttr::get(context, "xq", paddedK, schedule.getTokens(), 128),
        blob("weights"), blob("row_scale"), workspace("xs"), user("y")};
    if (op.getUp())
      params.append({workspace("t"), blob("up"), i32(op.getRank())});
    if (op.getBias())
      params.push_back(blob("bias"));
    params.append({TokensAttr::get(context), i32(layout.n),
                   i32(layout.getTileColumns())});
    return LaunchAttr::get(
        context, getSymbol(kernel.getName()), getGrid(schedule),
        GemmKernel::threads, schedule.getSplit(), kernel.getSharedBytes(),
        /*programmatic=*/true, ArrayAttr::get(context, params));
  }

  /// Clusters are not cut: whole ones start as others end.
  GridAttr getGrid(ScheduleAttr schedule) {
    int64_t split = schedule.getSplit();
    return GridAttr::get(context, schedule.getTokens(),
                         layout.getTileRows() * split,
                         /*perSm=*/split == 1 ? 1 : 0);
  }

  SymbolRefAttr getSymbol(StringRef kernel) {
    return SymbolRefAttr::get(context, moduleName,
                              {FlatSymbolRefAttr::get(context, kernel)});
  }
  Attribute user(StringRef name) {
    return BufferAttr::get(context, BufferKind::User, name);
  }
  Attribute workspace(StringRef name) {
    return BufferAttr::get(context, BufferKind::Workspace, name);
  }
  Attribute blob(StringRef name) {
    return BufferAttr::get(context, BufferKind::Blob, name);
  }
  Attribute i32(int64_t value) {
    return IntegerAttr::get(IntegerType::get(context, 32), value);
  }

  LinearOp op;
  MLIRContext *context;
  TileLayout layout;
  int64_t paddedK;
};

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

struct GenerateKernels
    : zq::hopper::impl::GenerateKernelsBase<GenerateKernels> {
  using GenerateKernelsBase::GenerateKernelsBase;

  void runOnOperation() override;

private:
  LogicalResult checkOptions();
  LogicalResult checkLinear(LinearOp op);
  SmallVector<RangedSchedule> getSchedules(LinearOp op);
  gpu::GPUModuleOp getKernelModule();

  /// Generates the kernel unless the module has one of its name.
  template <typename Kernel>
  void generate(gpu::GPUModuleOp module, const Kernel &kernel, Location loc) {
    if (module.lookupSymbol(kernel.getName()))
      return;
    auto builder = OpBuilder::atBlockEnd(module.getBody());
    kernel.generate(builder, loc);
    ++numKernels;
  }

  ScheduleOptions scheduleOptions;
};

LogicalResult GenerateKernels::checkOptions() {
  SmallVector<int64_t> tileTokens(tokens.begin(), tokens.end());
  if (tileTokens.empty())
    tileTokens = {16, 64, 128};
  int64_t previous = 0;
  for (int64_t count : tileTokens) {
    if (count < 8 || count > 256 || count % 8 != 0 || count <= previous)
      return emitError(getOperation().getLoc())
             << "option tokens holds " << count
             << ", want ascending multiples of 8 from 8 to 256";
    previous = count;
  }
  if (stages < 0 || stages > 16)
    return emitError(getOperation().getLoc())
           << "option stages is " << int64_t(stages) << ", want 0 to 16";
  if (split < 0 || split > 8)
    return emitError(getOperation().getLoc())
           << "option split is " << int64_t(split) << ", want 0 to 8";
  std::optional<Accumulation> parsed = symbolizeAccumulation(accumulation);
  if (!parsed)
    return emitError(getOperation().getLoc())
           << "option accumulation is \"" << accumulation.getValue()
           << "\", want \"fast\" or \"promoted\"";
  Accumulation mode = *parsed;
  if (mode == Accumulation::Promoted && (interval < 128 || interval % 128 != 0))
    return emitError(getOperation().getLoc())
           << "option interval is " << int64_t(interval)
           << ", want a positive multiple of 128";
  // Consumers wait for a tile of K before they release the one before it.
  if (stages == 1 && (mode == Accumulation::Fast || interval != 128))
    return emitError(getOperation().getLoc())
           << "option stages is 1, want 2 to 16, or promoted accumulation with "
              "interval 128: tiles of K overlap in twos";
  // Partial and promoted sums share the 232 registers of a consumer.
  if (mode == Accumulation::Promoted && tileTokens.back() > 128)
    return emitError(getOperation().getLoc())
           << "option tokens holds " << tileTokens.back()
           << ", but promoted accumulation has registers for 128 at most";
  scheduleOptions = {std::move(tileTokens), stages, split, mode, interval};
  return success();
}

LogicalResult GenerateKernels::checkLinear(LinearOp op) {
  TileLayout layout = getLayout(op);
  if (!layout.isSupported())
    return op.emitOpError() << "group is " << layout.group
                            << ", but kernels for sm_90a need a multiple of "
                               "32, or one group for "
                               "all of K; quantize with another group size";
  constexpr int64_t limit = std::numeric_limits<int32_t>::max() - 256;
  if (layout.n > limit || layout.k > limit)
    return op.emitOpError()
           << "shape is " << layout.n << " x " << layout.k
           << ", but kernels count rows and columns in 32 bits";
  return success();
}

SmallVector<RangedSchedule> GenerateKernels::getSchedules(LinearOp op) {
  TileLayout layout = getLayout(op);
  return chooseSchedules(&getContext(), scheduleOptions, layout.getTileRows(),
                         layout.getTileColumns(), [&](ScheduleAttr schedule) {
                           return getGemmKernel(op, schedule).getSharedBytes();
                         });
}

gpu::GPUModuleOp GenerateKernels::getKernelModule() {
  ModuleOp module = getOperation();
  if (Operation *symbol = module.lookupSymbol(moduleName)) {
    if (auto kernels = dyn_cast<gpu::GPUModuleOp>(symbol))
      return kernels;
    symbol->emitOpError() << "has the name of the module that kernels go to; "
                             "rename it";
    return {};
  }
  auto builder = OpBuilder::atBlockBegin(module.getBody());
  return gpu::GPUModuleOp::create(builder, module.getLoc(), moduleName);
}

void GenerateKernels::runOnOperation() {
  if (failed(checkOptions()))
    return signalPassFailure();
  SmallVector<LinearOp> linears;
  for (auto op : getOperation().getOps<LinearOp>())
    if (!op.getVariants())
      linears.push_back(op);
  if (linears.empty())
    return markAllAnalysesPreserved();
  for (LinearOp op : linears)
    if (failed(checkLinear(op)))
      return signalPassFailure();
  gpu::GPUModuleOp module = getKernelModule();
  if (!module)
    return signalPassFailure();

  for (LinearOp op : linears) {
    generate(module, getQuantizeKernel(op), op.getLoc());
    Launches launches(op);
    SmallVector<Attribute> variants;
    for (auto [first, last, schedule] : getSchedules(op)) {
      generate(module, getGemmKernel(op, schedule), op.getLoc());
      variants.push_back(launches.getVariant(first, last, schedule));
    }
    op.setVariantsAttr(ArrayAttr::get(&getContext(), variants));
    ++numLinears;
  }
}

} // namespace
