//===- WriteModule.cpp - compiled modules from IR -------------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "zq/Target/Module/WriteModule.h"
#include "Describe.h"
#include "LinearData.h"

#include "zq/Runtime/ModuleFile.h"
#include "zq/Support/MappedFile.h"
#include "zq/Target/Module/Passes.h"

#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Threading.h"

namespace zq {
#define GEN_PASS_DEF_WRITEMODULEPASS
#include "zq/Target/Module/Passes.h.inc"
} // namespace zq

using namespace mlir;
using namespace zq;

static Result<void> writeFloats(runtime::ModuleWriter &writer, size_t blob,
                                ElementsAttr data) {
  std::vector<char> storage;
  Result<ArrayRef<char>> bytes = getBytes(data, storage);
  if (!bytes)
    return bytes.takeError();
  return writer.writeBlob(blob, bytes->data(), bytes->size());
}

static Result<void> writeLinear(runtime::ModuleWriter &writer,
                                const runtime::Linear &linear,
                                zqgpu::LinearOp op) {
  if (Result<void> done = checkRowScale(op); !done)
    return done;
  Result<std::vector<uint8_t>> tiles = packWeights(op);
  if (!tiles)
    return tiles.takeError();
  if (Result<void> done =
          writer.writeBlob(linear.weights, tiles->data(), tiles->size());
      !done)
    return done;
  if (Result<void> done =
          writeFloats(writer, linear.rowScale, op.getRowScale());
      !done)
    return done;
  for (auto [ref, data] :
       {std::pair(linear.down, op.getDown()), std::pair(linear.up, op.getUp()),
        std::pair(linear.bias, op.getBias())})
    if (ref)
      if (Result<void> done = writeFloats(writer, ref->blob, *data); !done)
        return done;
  return {};
}

/// What of the linear is in a mapped file needs no memory any more.
static void releasePages(zqgpu::LinearOp op) {
  for (std::optional<ElementsAttr> data :
       {std::optional(op.getCodes()), std::optional(op.getShifts()),
        op.getDown(), op.getUp()})
    if (auto resource = dyn_cast_if_present<DenseResourceElementsAttr>(
            data.value_or(ElementsAttr())))
      if (AsmResourceBlob *blob = resource.getRawHandle().getBlob())
        releaseMappedPages(blob->getData().data(), blob->getData().size());
}

LogicalResult zq::writeModule(ModuleOp module, StringRef path) {
  FailureOr<DescribedModule> described = describeModule(module);
  if (failed(described))
    return failure();
  const runtime::ModuleDescription &description = described->description;
  Result<runtime::ModuleWriter> writer =
      runtime::ModuleWriter::create(path.str(), description);
  if (!writer)
    return emitError(module.getLoc()) << writer.message();

  // One linear at a time on each thread: packed weights are not kept.
  std::vector<std::string> problems(described->linears.size());
  parallelFor(module.getContext(), 0, problems.size(), [&](size_t i) {
    if (described->shared[i])
      return;
    if (Result<void> done =
            writeLinear(*writer, description.linears[i], described->linears[i]);
        !done)
      problems[i] = done.message();
    releasePages(described->linears[i]);
  });
  LogicalResult result = success();
  for (auto [op, problem] : llvm::zip(described->linears, problems))
    if (!problem.empty())
      result = op.emitOpError() << "cannot be written: " << problem;
  if (failed(result))
    return failure();

  for (auto [cubin, bytes] : llvm::zip(description.cubins, described->cubins))
    if (Result<void> done =
            writer->writeBlob(cubin.blob, bytes.data(), bytes.size());
        !done)
      return emitError(module.getLoc()) << done.message();
  if (Result<void> done = writer->finish(); !done)
    return emitError(module.getLoc()) << done.message();
  return success();
}

namespace {
struct WriteModulePass : zq::impl::WriteModulePassBase<WriteModulePass> {
  using WriteModulePassBase::WriteModulePassBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    if (file.empty()) {
      emitError(module.getLoc(), "zq-write-module: option file is empty, "
                                 "wanted where to write the module");
      return signalPassFailure();
    }
    if (failed(writeModule(module, file)))
      return signalPassFailure();
    numLinears += llvm::range_size(module.getOps<zqgpu::LinearOp>());
    markAllAnalysesPreserved();
  }
};
} // namespace
