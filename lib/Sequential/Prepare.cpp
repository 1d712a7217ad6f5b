//===- Prepare.cpp - before a calibration ---------------------------------===//
//
// What does not fit together is told here, before the work.
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SequentialCalibration.h"

#include "zq/Quantization/Revision.h"

#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/xxhash.h"
#include <set>

using namespace mlir;
using namespace zq;

LogicalResult SequentialCalibration::openData() {
  auto entry = module.lookupSymbol<func::FuncOp>(options.entry);
  if (entry.getNumArguments() != options.data.size())
    return entry.emitOpError()
           << "has " << entry.getNumArguments()
           << " arguments, and there is calibration data for "
           << options.data.size()
           << (entry.getNumArguments() > options.data.size()
                   ? ": want data for each; weights are bound with --weights"
                   : "");
  FailureOr<Signature> signature =
      parseSignature(entry.getFunctionType(), entry.getLoc());
  if (failed(signature))
    return failure();
  windows = options.data.empty() ? 1 : 0;
  for (unsigned i = 0; i < options.data.size(); ++i) {
    const Slot &slot = signature->arguments[i];
    auto fail = [&](const Twine &what) {
      return entry.emitOpError()
             << "calibration data of argument " << i << ": " << what;
    };
    if (slot.isScalar || !slot.hasStaticShape())
      return fail("the argument is " + Twine(slot.getText()) +
                  ", want a tensor of static shape");
    Array array = options.data[i];
    if (slot.dtype == DType::BF16 && array.getDType() == DType::F32)
      array = roundToBF16(array);
    if (array.getDType() != slot.dtype)
      return fail(
          "it is " + Twine(array.getTypeText()) + ", and the argument " +
          slot.getText() +
          (slot.dtype == DType::BF16 ? ": want F32, which is rounded" : ""));
    Result<Stream> stream = Stream::fromArray(
        array, std::vector<int64_t>(slot.shape.begin(), slot.shape.end()));
    if (!stream)
      return fail(stream.message());
    int64_t count = stream->getNumWindows();
    if (count > 1 && windows > 1 && count != windows)
      return fail("it has " + Twine(count) +
                  " windows, and that of other arguments " + Twine(windows));
    windows = std::max(windows, count);
    streams[entry.getArgument(i)] = {*stream, *stream};
  }
  if (options.windows > windows)
    return entry.emitOpError()
           << "there are " << windows << " windows of calibration data, want "
           << options.windows;
  if (options.windows > 0)
    windows = options.windows;
  return success();
}

/// A number for all that the result depends on.
Result<std::string> SequentialCalibration::getFingerprint() {
  std::string text;
  llvm::raw_string_ostream stream(text);
  stream << "zq " ZQ_VERSION " " << kAlgorithmRevision << "\n";
  module->print(stream);
  stream << "\n"
         << options.entry << " " << windows << " " << options.materialize << " "
         << options.quantizedInputs << options.inputTargets
         << options.residualTargets << options.tokenWeights
         << " keepsStatistics=" << !options.statistics.empty() << "\n";
  for (const Array &array : options.data)
    stream << array.getTypeText() << " "
           << llvm::xxh3_64bits(ArrayRef(array.data(), array.getNumBytes()))
           << "\n";
  std::set<std::string> files;
  module->walk([&](WeightOp op) { files.insert(op.getFile().str()); });
  for (const std::string &path : files) {
    Result<MappedFile> file = MappedFile::open(path);
    if (!file)
      return file.takeError();
    stream << llvm::xxh3_64bits(ArrayRef(file->data(), file->size())) << "\n";
  }
  return llvm::utohexstr(llvm::xxh3_64bits(text), /*LowerCase=*/true);
}

/// Whether the options make sense, before hours of work.
LogicalResult SequentialCalibration::tryOptions() {
  std::string path = state->getPath("none.safetensors");
  if (failed(report(mergeStatistics(path, {}), module.getLoc())))
    return failure();
  OwningOpRef<ModuleOp> empty = ModuleOp::create(module.getLoc());
  std::string reportPath = state->getPath("none.json");
  LogicalResult result = runMaterialize(
      *empty, "statistics={" + path + "} report={" + reportPath + "}");
  llvm::sys::fs::remove(path);
  llvm::sys::fs::remove(reportPath);
  return result;
}

LogicalResult SequentialCalibration::prepare() {
  FailureOr<std::vector<Stage>> found = findStages(module, options.entry);
  if (failed(found))
    return failure();
  stages = std::move(*found);
  uint64_t work = 0;
  for (Stage &stage : stages) {
    for (Site &site : stage.sites)
      work += 2 * site.getNumWeights();
    for (Value value : stage.results)
      numbers.try_emplace(value, numbers.size());
  }
  if (failed(openData()))
    return failure();
  if (work == 0)
    return emitError(module.getLoc())
           << "@" << options.entry << " has no layers to quantize";
  Result<std::string> fingerprint = getFingerprint();
  if (!fingerprint)
    return emitError(module.getLoc()) << fingerprint.message();
  Result<CalibrationState> opened =
      CalibrationState::open(options.state, *fingerprint);
  if (!opened)
    return emitError(module.getLoc()) << opened.message();
  state.emplace(std::move(*opened));
  if (failed(tryOptions()))
    return failure();
  runner.emplace(windows, options.threads);
  progress.emplace("calibrate", work);
  return success();
}
