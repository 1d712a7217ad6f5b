//===- Assemble.cpp - the pass that makes a cubin of PTX ------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "zq/Target/Hopper/Passes.h"
#include "zq/Target/Hopper/Ptxas.h"

#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Remarks.h"

namespace zq::hopper {
#define GEN_PASS_DEF_ASSEMBLE
#include "zq/Target/Hopper/Passes.h.inc"
} // namespace zq::hopper

using namespace mlir;
using namespace zq::hopper;

namespace {

struct Assemble : zq::hopper::impl::AssembleBase<Assemble> {
  using AssembleBase::AssembleBase;

  void runOnOperation() override;

private:
  LogicalResult assemble(gpu::BinaryOp binary, StringRef program);
  LogicalResult check(gpu::BinaryOp binary, const PtxasResult &result);
};

/// An error at the binary, without a print of its PTX beside it.
InFlightDiagnostic emitBinaryError(gpu::BinaryOp binary) {
  return emitError(binary.getLoc())
         << "kernels '" << binary.getSymName() << "': ";
}

/// ptxas succeeded, and left nothing that makes a kernel slow.
LogicalResult Assemble::check(gpu::BinaryOp binary, const PtxasResult &result) {
  PtxasReport report = parsePtxasReport(result.log);
  if (result.exitCode != 0) {
    InFlightDiagnostic diag = emitBinaryError(binary)
                              << "ptxas failed with exit code "
                              << result.exitCode;
    for (const std::string &error : report.errors)
      diag.attachNote() << error;
    if (report.errors.empty())
      diag.attachNote() << result.log;
    return diag;
  }
  bool good = true;
  for (const PtxasReport::Warning &warning : report.warnings) {
    emitBinaryError(binary) << "kernel '" << warning.kernel
                            << "' would be slow, ptxas says: " << warning.text;
    good = false;
  }
  for (const PtxasKernel &kernel : report.kernels) {
    if (kernel.spillStoreBytes != 0 || kernel.spillLoadBytes != 0) {
      emitBinaryError(binary)
          << "kernel '" << kernel.name
          << "' spills registers: " << kernel.spillStoreBytes
          << " bytes of stores and " << kernel.spillLoadBytes
          << " bytes of loads; have smaller tiles with the option tokens, "
             "such as tokens=16,32,64 (zq-compile: --tokens=16,32,64), or "
             "another schedule of its linear, by the attribute schedules or "
             "the option schedule-table (docs/tuning.md)";
      good = false;
    }
    remark::analysis(binary.getLoc(), remark::RemarkOpts::name(getArgument())
                                          .category("zq")
                                          .function(kernel.name))
        << remark::metric("Registers", kernel.registers)
        << remark::metric("StackBytes", kernel.stackBytes);
    ++numKernels;
  }
  return success(good);
}

LogicalResult Assemble::assemble(gpu::BinaryOp binary, StringRef program) {
  SmallVector<Attribute> objects;
  for (auto object : binary.getObjects().getAsRange<gpu::ObjectAttr>()) {
    auto target = dyn_cast<NVVM::NVVMTargetAttr>(object.getTarget());
    if (object.getFormat() != gpu::CompilationTarget::Assembly || !target) {
      objects.push_back(object);
      continue;
    }
    // LLVM ends the string with a zero byte.
    StringRef ptx = object.getObject().getValue().rtrim('\0');
    auto result = runPtxas(program, ptx, target.getChip());
    if (!result)
      return emitBinaryError(binary) << llvm::toString(result.takeError());
    if (failed(check(binary, *result)))
      return failure();
    // Without the properties: they hold how long LLVM took, and the same input
    // gives the same output.
    objects.push_back(gpu::ObjectAttr::get(
        &getContext(), target, gpu::CompilationTarget::Binary,
        StringAttr::get(&getContext(), result->cubin),
        /*properties=*/DictionaryAttr(), object.getKernels()));
  }
  binary.setObjectsAttr(ArrayAttr::get(&getContext(), objects));
  return success();
}

void Assemble::runOnOperation() {
  auto binaries = getOperation().getOps<gpu::BinaryOp>();
  if (binaries.empty())
    return markAllAnalysesPreserved();
  auto program = findPtxas(ptxas);
  if (!program) {
    emitError(getOperation().getLoc()) << llvm::toString(program.takeError());
    return signalPassFailure();
  }
  for (gpu::BinaryOp binary : binaries)
    if (failed(assemble(binary, *program)))
      return signalPassFailure();
}

} // namespace
