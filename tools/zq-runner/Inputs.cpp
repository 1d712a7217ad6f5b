//===- Inputs.cpp - arrays for a function's arguments ---------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Inputs.h"

#include "zq/Arrays/Npy.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringRef.h"
#include <cstring>

using namespace zq;
using llvm::StringRef;
using llvm::Twine;

namespace {

/// Hands out the sizes of `--dims` for what argument types leave open.
class DimSource {
public:
  explicit DimSource(const std::vector<int64_t> &sizes) : sizes(sizes) {}

  Result<std::vector<int64_t>> getShape(const Slot &slot) {
    std::vector<int64_t> shape;
    for (int64_t size : slot.shape) {
      if (!mlir::ShapedType::isDynamic(size)) {
        shape.push_back(size);
        continue;
      }
      if (sizes.empty())
        return Error{slot.getText() +
                     " has dynamic dimensions: say their sizes with --dims"};
      if (sizes.size() > 1 && used == sizes.size())
        return Error{"--dims has " + std::to_string(sizes.size()) +
                     " sizes, but arguments have more dynamic dimensions"};
      shape.push_back(sizes.size() == 1 ? sizes[0] : sizes[used]);
      ++used;
    }
    if (Result<void> fits = checkArraySize(slot.dtype, shape); !fits)
      return fits.takeError();
    return shape;
  }

  Result<void> checkAllUsed() const {
    if (sizes.size() > 1 && used < sizes.size())
      return Error{"--dims has " + std::to_string(sizes.size()) +
                   " sizes, but only " + std::to_string(used) +
                   " dynamic dimensions take one"};
    return {};
  }

private:
  const std::vector<int64_t> &sizes;
  size_t used = 0;
};

} // namespace

/// Numbers in a type that numpy lacks come as float32; codes come as bytes.
static Array adaptElements(const Slot &slot, const Array &array) {
  DType have = array.getDType();
  if (slot.dtype == DType::BF16 && have == DType::F32)
    return roundToBF16(array);
  bool sameBits = have == DType::U8 && (slot.dtype == DType::F8_E4M3 ||
                                        slot.dtype == DType::F8_E5M2);
  if (!sameBits)
    return array;
  Array result(slot.dtype, array.getShape());
  std::memcpy(result.data(), array.data(), array.getNumBytes());
  return result;
}

static Result<Array> loadTensor(const std::string &path,
                                const std::string &name) {
  Result<SafetensorsFile> file = SafetensorsFile::open(path);
  if (!file)
    return file.takeError();
  Result<const TensorView *> found = file->find(name);
  if (!found)
    return found.takeError();
  const TensorView &tensor = **found;
  if (!isArrayDType(tensor.dtype))
    return Error{"'" + path + "': tensor '" + name + "' is of " +
                 std::string(getDTypeName(tensor.dtype)) +
                 ", which has no arrays"};
  Array array(tensor.dtype, tensor.shape);
  if (tensor.size)
    std::memcpy(array.data(), tensor.data, tensor.size);
  return array;
}

static Result<Array> loadRaw(const std::string &path, const Slot &slot,
                             DimSource &dims) {
  Result<std::vector<int64_t>> shape = dims.getShape(slot);
  if (!shape)
    return shape.takeError();
  Result<MappedFile> file = MappedFile::open(path);
  if (!file)
    return file.takeError();
  Array array(slot.dtype, *shape);
  if (file->size() != array.getNumBytes())
    return Error{"'" + path + "' has " + std::to_string(file->size()) +
                 " bytes, but " + array.getTypeText() + " has " +
                 std::to_string(array.getNumBytes())};
  if (file->size())
    std::memcpy(array.data(), file->data(), file->size());
  return array;
}

static Result<Array> loadInput(StringRef source, size_t index, const Slot &slot,
                               DimSource &dims) {
  StringRef rest = source;
  if (rest.consume_front("raw:"))
    return loadRaw(rest.str(), slot, dims);
  if (source == "zeros" || source == "random" ||
      source.starts_with("random:")) {
    uint64_t seed = 0;
    if (rest.consume_front("random:") && rest.getAsInteger(10, seed))
      return Error{"'" + source.str() + "' has a seed that is no number"};
    Result<std::vector<int64_t>> shape = dims.getShape(slot);
    if (!shape)
      return shape.takeError();
    // Arguments of one seed still differ from each other.
    if (source == "zeros")
      return Array(slot.dtype, *shape);
    Array array =
        makeRandomArray(slot.dtype, *shape, seed * 0x9E3779B97F4A7C15 + index);
    if (slot.rows && *slot.rows > 0)
      for (int64_t i = 0, e = array.getNumElements(); i < e; ++i)
        array.set(i, double(std::abs(int64_t(array.get(i))) % *slot.rows));
    return array;
  }
  size_t colon = source.find(".safetensors:");
  Result<Array> array =
      colon == StringRef::npos
          ? readNpy(source.str())
          : loadTensor(
                source.take_front(colon + strlen(".safetensors")).str(),
                source.drop_front(colon + strlen(".safetensors:")).str());
  if (!array)
    return array;
  return adaptElements(slot, *array);
}

/// The sources of the arguments that are not weights, one for each.
static Result<std::vector<std::string>>
assignSources(const std::vector<std::string> &sources, size_t count) {
  if (sources.size() == count)
    return sources;
  bool isRandom =
      sources.size() == 1 &&
      (StringRef(sources[0]).starts_with("random") || sources[0] == "zeros");
  if (isRandom)
    return std::vector<std::string>(count, sources[0]);
  return Error{"--inputs has " + std::to_string(sources.size()) +
               " sources, but the function has " + std::to_string(count) +
               " arguments" + (count ? "" : " that are no weights")};
}

/// Whether an argument comes from the weights file.
static bool isBound(const Slot &slot, const InputOptions &options) {
  return !slot.weight.empty() && !options.weightsFile.empty();
}

size_t zq::countSources(const Signature &signature,
                        const InputOptions &options) {
  return llvm::count_if(signature.arguments, [&](const Slot &slot) {
    return !isBound(slot, options);
  });
}

Result<std::vector<Array>> zq::loadInputs(const Signature &signature,
                                          const InputOptions &options) {
  Result<std::vector<std::string>> sources =
      assignSources(options.sources, countSources(signature, options));
  if (!sources)
    return sources.takeError();

  DimSource dims(options.dims);
  std::vector<Array> inputs;
  auto next = sources->begin();
  for (auto [i, slot] : llvm::enumerate(signature.arguments)) {
    std::string source = isBound(slot, options)
                             ? options.weightsFile + ":" + slot.weight
                             : *next++;
    Result<Array> input = isBound(slot, options)
                              ? loadTensor(options.weightsFile, slot.weight)
                              : loadInput(source, i, slot, dims);
    if (!input)
      return Error{"argument " + std::to_string(i) + ": " + input.message()};
    if (!matches(slot, *input))
      return Error{"argument " + std::to_string(i) + " is " + slot.getText() +
                   ", but '" + source + "' is " + input->getTypeText()};
    inputs.push_back(std::move(*input));
  }
  if (Result<void> ok = dims.checkAllUsed(); !ok)
    return ok.takeError();
  return inputs;
}
