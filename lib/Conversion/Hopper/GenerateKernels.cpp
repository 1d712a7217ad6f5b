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

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/BuiltinOps.h"

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

/// For up to `tokens` tokens.
QuantizeKernel getQuantizeKernel(LinearOp op, int64_t tokens,
                                 ScheduleAttr schedule) {
  constexpr uint64_t mostParts = 8, mostStageBytes = 64 * 1024;
  constexpr int64_t mostShared = 208 * 1024; // and what kernels have themselves
  uint64_t rowBytes = llvm::alignTo(op.getK(), TileLayout::columns);
  int64_t bits = op.getInputType().getIntOrFloatBitWidth();
  QuantizeKernel kernel = {
      op.getInputType(), op.getActivationFormat(),
      op.getDown() ? op.getDown()->getElementType() : Type(),
      /*tokens=*/8,      /*warps=*/8,
      /*held=*/1,        /*parts=*/1,
      /*stages=*/0,      schedule.getStreamK()};
  auto shareOut = [&](int64_t most) {
    uint64_t chunks = llvm::divideCeil(rowBytes, kernel.getChunkColumns());
    kernel.parts = std::min(llvm::divideCeil(chunks, most * kernel.warps),
                            mostParts);
    uint64_t each = llvm::divideCeil(chunks, kernel.parts);
    kernel.held = llvm::divideCeil(each, kernel.warps);
  };
  // With compensation all CTAs of few tokens read the down factor.
  bool isMany = tokens > (kernel.down ? 128 : 256);
  if (isMany && kernel.down) {
    // As much of the factor is in registers as of x in a stage, which ptxas
    // spills beyond these.
    kernel.stages = 3;
    int64_t most = kernel.isExact() ? 16 : 6;
    shareOut(most);
    if (kernel.held <= most)
      return kernel;
  } else if (isMany) {
    kernel.stages = 3;
    kernel.warps = 16;
    while (kernel.tokens > 1 &&
           kernel.tokens * rowBytes * bits / 8 > mostStageBytes)
      kernel.tokens /= 2;
    shareOut(/*most=*/64);
    if (kernel.tokens * rowBytes * bits / 8 <= mostStageBytes)
      return kernel;
  }
  // As many CTAs as have something to do, and all of a row in registers. Tensor
  // cores in TF32 need those for what they convert.
  kernel.tokens = 8;
  kernel.warps = 8;
  kernel.stages = 0;
  shareOut(/*most=*/2);
  bool isSlow = kernel.down && !kernel.isExact();
  kernel.held = std::min<int64_t>(kernel.held, isSlow ? 2 : 16 * 16 / bits);
  kernel.stagesDown = kernel.getSharedBytes(rowBytes) <= mostShared;
  return kernel;
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
        context, first, last, schedule, getWorkspace(schedule),
        ArrayAttr::get(context,
                       {getQuantize(last, schedule), getGemm(schedule)}));
  }

private:
  ArrayAttr getWorkspace(ScheduleAttr schedule) {
    SmallVector<Attribute> buffers = {
        WorkspaceAttr::get(context, "xq", paddedK, 0),
        WorkspaceAttr::get(context, "xs", 4, 0)};
    if (op.getUp())
      buffers.push_back(WorkspaceAttr::get(
          context, "t", getProjectionBytes(op.getRank()), 0));
    if (schedule.getStreamK()) {
      GemmKernel kernel = getGemmKernel(op, schedule);
      buffers.push_back(WorkspaceAttr::get(
          context, "sums", 0, kernel.maxSharing * kernel.getPartialBytes()));
      buffers.push_back(
          WorkspaceAttr::get(context, "flags", 0, 4 * kernel.getFlags()));
    }
    return ArrayAttr::get(context, buffers);
  }

  LaunchAttr getQuantize(int64_t last, ScheduleAttr schedule) {
    QuantizeKernel kernel = getQuantizeKernel(op, last, schedule);
    SmallVector<Attribute> params = {user("x"), workspace("xq"),
                                     workspace("xs")};
    if (op.getDown())
      params.append({blob("down"), workspace("t"), i32(op.getRank())});
    if (kernel.clearsFlags)
      params.append(
          {workspace("flags"), i32(getGemmKernel(op, schedule).getFlags())});
    params.append(
        {TokensAttr::get(context), i32(layout.k), i32(paddedK)});
    // CTAs that start early find room where the GEMM in front leaves some
    // multiprocessors free: no more than 3 are to crowd onto each of those. Many
    // tokens take turns anyway.
    constexpr int64_t fewTokens = 256, third = 72 * 1024;
    int64_t shared = kernel.getSharedBytes(paddedK);
    if (!kernel.isRing() && last <= fewTokens)
      shared = std::max(shared, third);
    return LaunchAttr::get(
        context, getSymbol(kernel.getName()),
        GridAttr::get(context, kernel.tokens, kernel.parts,
                      /*perSm=*/kernel.isRing() ? 1 : 0),
        kernel.getThreads(), kernel.parts, shared,
        /*programmatic=*/true, ArrayAttr::get(context, params));
  }

  LaunchAttr getGemm(ScheduleAttr schedule) {
    GemmKernel kernel = getGemmKernel(op, schedule);
    auto map = [&](StringRef buffer, int64_t rowBytes) -> Attribute {
      return TensorMapAttr::get(context, buffer, rowBytes, schedule.getTokens(),
                                128);
    };
    SmallVector<Attribute> params = {
        map("xq", paddedK), blob("weights"), blob("row_scale"),
        workspace("xs"), user("y")};
    if (op.getUp())
      params.append({kernel.hasRankStages() ? map("t", getProjectionBytes(
                                                           op.getRank()))
                                            : workspace("t"),
                     blob("up"), i32(op.getRank())});
    if (op.getBias())
      params.push_back(blob("bias"));
    if (op.getResidual())
      params.push_back(user("residual"));
    if (schedule.getStreamK())
      params.append({workspace("sums"), workspace("flags")});
    params.append({TokensAttr::get(context), i32(layout.n),
                   i32(layout.getTileColumns())});
    return LaunchAttr::get(
        context, getSymbol(kernel.getName()), getGrid(schedule),
        kernel.getThreads(), schedule.getSplit(), kernel.getSharedBytes(),
        /*programmatic=*/true, ArrayAttr::get(context, params));
  }

  /// Clusters are not cut: whole ones start as others end. CTAs that share all
  /// tiles are one to a multiprocessor, with at least some tiles of K each.
  GridAttr getGrid(ScheduleAttr schedule) {
    constexpr int64_t leastShare = 2;
    int64_t tiles = (layout.n - 1) / schedule.getRows() + 1;
    int64_t tokens = schedule.getTokens(), split = schedule.getSplit();
    if (schedule.getStreamK())
      return GridAttr::get(
          context, tokens,
          tiles * std::max<int64_t>(layout.getTileColumns() / leastShare, 1),
          /*perSm=*/1);
    return GridAttr::get(context, tokens, tiles * split,
                         /*perSm=*/split == 1 ? schedule.getPerSm() : 0);
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
    : WithScheduleOptions<zq::hopper::impl::GenerateKernelsBase<GenerateKernels>> {
  using WithScheduleOptions::WithScheduleOptions;

  void runOnOperation() override;

private:
  LogicalResult findSchedules(LinearOp op, const ScheduleChooser &chooser);
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
};

/// Those that it has are checked, the others are chosen.
LogicalResult GenerateKernels::findSchedules(LinearOp op,
                                             const ScheduleChooser &chooser) {
  if (failed(checkLinear(op)))
    return failure();
  if (!op.getSchedules()) {
    FailureOr<ArrayAttr> schedules = chooser.choose(op);
    if (failed(schedules))
      return failure();
    op.setSchedulesAttr(*schedules);
    return success();
  }
  for (auto choice : op.getSchedulesAttr().getAsRange<ChoiceAttr>())
    if (failed(checkSchedule(op, choice.getSchedule(), [&] {
          return op.emitOpError()
                 << "schedule for m = " << choice.getFirst() << ' ';
        })))
      return failure();
  return success();
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
  FailureOr<ScheduleChooser> chooser = getChooser();
  if (failed(chooser))
    return signalPassFailure();
  SmallVector<LinearOp> linears;
  for (auto op : getOperation().getOps<LinearOp>())
    if (!op.getVariants())
      linears.push_back(op);
  if (linears.empty())
    return markAllAnalysesPreserved();
  for (LinearOp op : linears)
    if (failed(findSchedules(op, *chooser)))
      return signalPassFailure();
  gpu::GPUModuleOp module = getKernelModule();
  if (!module)
    return signalPassFailure();

  for (LinearOp op : linears) {
    Launches launches(op);
    SmallVector<Attribute> variants;
    for (auto choice : op.getSchedulesAttr().getAsRange<ChoiceAttr>()) {
      ScheduleAttr schedule = choice.getSchedule();
      generate(module, getQuantizeKernel(op, choice.getLast(), schedule),
               op.getLoc());
      generate(module, getGemmKernel(op, schedule), op.getLoc());
      variants.push_back(
          launches.getVariant(choice.getFirst(), choice.getLast(), schedule));
    }
    // Variants say it all.
    op.removeSchedulesAttr();
    op.setVariantsAttr(ArrayAttr::get(&getContext(), variants));
    ++numLinears;
  }
}

} // namespace
