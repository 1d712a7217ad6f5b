//===- SliceRunner.cpp - slices over all windows --------------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SliceRunner.h"

#include "zq/Execution/CallInOrder.h"

#include <cstring>

using namespace mlir;
using namespace zq;

FailureOr<CompiledFunction> SliceRunner::compile(Slice &slice) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  slice.module->print(stream);
  if (auto known = codes.find(text); known != codes.end()) {
    known->second.isUsed = true;
    return known->second.function;
  }
  CompileOptions options;
  options.functions = {kSliceName.str()};
  FailureOr<CompiledModule> module =
      CompiledModule::compile(std::move(slice.module), options);
  if (failed(module))
    return failure();
  FailureOr<CompiledFunction> function = module->lookup(kSliceName);
  if (succeeded(function))
    codes.try_emplace(text, Code{*function, true});
  return function;
}

Result<Array> SliceRunner::loadWeight(WeightOp op, const Slot &slot) {
  auto known = weights.find({op, slot.dtype});
  if (known != weights.end())
    return known->second;
  Result<std::shared_ptr<const SafetensorsFile>> file =
      files.open(op.getFile());
  if (!file)
    return file.takeError();
  Result<const TensorView *> found = (*file)->find(op.getTensor().str());
  if (!found)
    return found.takeError();
  const TensorView &tensor = **found;
  Array array(slot.dtype,
              std::vector<int64_t>(slot.shape.begin(), slot.shape.end()));
  bool isSame = tensor.dtype == slot.dtype;
  if (tensor.getNumElements() != array.getNumElements() ||
      (!isSame && (slot.dtype != DType::F32 || !isLoadableFloat(tensor.dtype))))
    return Error{(*file)->getPath() + ": tensor '" + tensor.name + "' is " +
                 tensor.getShapeText() + " of " +
                 std::string(getDTypeName(tensor.dtype)) + ", want " +
                 slot.getText()};
  if (isSame)
    std::memcpy(array.data(), tensor.data, tensor.size);
  else
    loadFloats(tensor, 0, array.getNumElements(),
               reinterpret_cast<float *>(array.data()));
  weights[{op, slot.dtype}] = array;
  return array;
}

Result<Array> SliceRunner::loadParameter(const SliceParameter &parameter,
                                         const Slot &slot,
                                         const SiteResults &decisions) {
  if (auto weight = dyn_cast<WeightOp>(parameter.op))
    return loadWeight(weight, slot);
  auto found = decisions.find(parameter.op->getResult(parameter.result));
  assert(found != decisions.end() && "a slice needs layers that come later");
  return getNumbers(found->second, slot.dtype, slot.shape);
}

LogicalResult SliceRunner::run(Slice slice, Location loc,
                               const StreamMap &streams,
                               const SiteResults &decisions,
                               const Prepare &prepare, const Consume &consume) {
  FailureOr<CompiledFunction> function = compile(slice);
  if (failed(function))
    return failure();
  size_t numStreams = slice.streams.size();
  std::vector<Array> parameters;
  for (auto [parameter, slot] : llvm::zip_equal(
           slice.parameters, ArrayRef<Slot>(function->getSignature().arguments)
                                 .drop_front(numStreams))) {
    Result<Array> array = loadParameter(parameter, slot, decisions);
    if (!array)
      return emitError(parameter.op->getLoc()) << array.message();
    parameters.push_back(std::move(*array));
  }
  auto makeInputs = [&](int64_t window) -> Result<std::vector<Array>> {
    std::vector<Array> inputs;
    for (auto [value, side] : slice.streams) {
      const StreamPair &pair = streams.at(value);
      const Stream &stream =
          side == Side::Float ? pair.inFloat : pair.quantized;
      inputs.push_back(stream.load(stream.getNumWindows() == 1 ? 0 : window));
    }
    inputs.insert(inputs.end(), parameters.begin(), parameters.end());
    return inputs;
  };
  Result<void> done = callInOrder(
      *function, windows, threads, makeInputs,
      [&](int64_t window, CallRecord record) {
        return consume(window, std::move(record.results));
      },
      /*observes=*/false,
      [&](int64_t window, CallRecord &record) {
        return prepare(window, record.results);
      });
  if (!done)
    return emitError(loc) << done.message();
  return success();
}

void SliceRunner::finishStage() {
  weights.clear();
  for (auto it = codes.begin(), end = codes.end(); it != end;) {
    auto current = it++;
    if (!current->second.isUsed)
      codes.erase(current);
    else
      current->second.isUsed = false;
  }
}
