//===- CompiledFunction.cpp - calls of compiled code ----------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ExecutableCode.h"
#include "Runtime.h"

#include "llvm/Support/FormatVariadic.h"
#include <cstring>

using namespace mlir;
using namespace zq;

namespace {

/// A memref descriptor: allocated and aligned pointer, offset, sizes, strides.
class Descriptor {
public:
  static size_t getNumWords(size_t rank) { return 3 + 2 * rank; }

  /// Of a row-major array.
  explicit Descriptor(const Array &array) : words(getNumWords(rankOf(array))) {
    uint8_t *data = const_cast<uint8_t *>(array.data());
    std::memcpy(&words[0], &data, sizeof(data));
    std::memcpy(&words[1], &data, sizeof(data));
    int64_t stride = 1;
    size_t rank = rankOf(array);
    for (size_t i = rank; i-- > 0;) {
      words[3 + i] = array.getShape()[i];
      words[3 + rank + i] = stride;
      stride *= array.getShape()[i];
    }
  }

  void *get() { return words.data(); }

private:
  static size_t rankOf(const Array &array) { return array.getShape().size(); }
  std::vector<int64_t> words;
};

/// Where results lie in the struct that the C interface fills in, laid out as
/// C does. One scalar alone is returned by value, to the same place.
class ResultLayout {
public:
  explicit ResultLayout(ArrayRef<Slot> results) {
    for (const Slot &slot : results) {
      size_t size = slot.isScalar
                        ? zq::getBitWidth(slot.dtype) / 8
                        : 8 * Descriptor::getNumWords(slot.shape.size());
      size_t alignment = slot.isScalar ? size : 8;
      total = (total + alignment - 1) / alignment * alignment;
      offsets.push_back(total);
      total += size;
    }
  }
  SmallVector<size_t> offsets;
  size_t total = 0;
};

} // namespace

/// Copies a result out of what the callee allocated.
static Array readTensor(const Slot &slot, const uint8_t *bytes,
                        llvm::SmallPtrSetImpl<void *> &allocations) {
  size_t rank = slot.shape.size();
  std::vector<int64_t> words(Descriptor::getNumWords(rank));
  std::memcpy(words.data(), bytes, 8 * words.size());
  void *allocated;
  const uint8_t *aligned;
  std::memcpy(&allocated, &words[0], sizeof(allocated));
  std::memcpy(&aligned, &words[1], sizeof(aligned));
  allocations.insert(allocated);

  Array array(slot.dtype, std::vector<int64_t>(words.begin() + 3,
                                               words.begin() + 3 + rank));
  size_t elementSize = zq::getBitWidth(slot.dtype) / 8;
  // Functions return row-major memrefs (identity layout).
  if (array.getNumBytes())
    std::memcpy(array.data(), aligned + words[2] * elementSize,
                array.getNumBytes());
  return array;
}

/// The first element that is past the table which it is to be looked up in.
static std::optional<int64_t> findPastTable(const Slot &slot,
                                            const Array &input) {
  if (slot.rows)
    for (int64_t i = 0, e = input.getNumElements(); i < e; ++i)
      if (double index = input.get(i); index < 0 || index >= *slot.rows)
        return i;
  return std::nullopt;
}

/// What is wrong with the inputs of a call, if anything is.
static std::optional<Error> checkInputs(const CompiledFunction &function,
                                        ArrayRef<Array> inputs) {
  ArrayRef<Slot> slots = function.getSignature().arguments;
  std::string name = "function '" + function.getName() + "': ";
  if (inputs.size() != slots.size())
    return Error{name + std::to_string(inputs.size()) + " inputs, want " +
                 std::to_string(slots.size())};
  for (auto [i, slot, input] : llvm::enumerate(slots, inputs)) {
    if (!matches(slot, input))
      return Error{name + "input " + std::to_string(i) + " is " +
                   input.getTypeText() + ", want " + slot.getText()};
    if (std::optional<int64_t> element = findPastTable(slot, input))
      return Error{llvm::formatv("{0}input {1} has {2:f0} at element {3}, want "
                                 "0 to {4}, the rows of the table that it is "
                                 "looked up in",
                                 name, i, input.get(*element), *element,
                                 *slot.rows - 1)
                       .str()};
  }
  return std::nullopt;
}

Result<std::vector<Array>>
CompiledFunction::call(ArrayRef<Array> inputs,
                       const ObserveFunction &observe) const {
  if (std::optional<Error> error = checkInputs(*this, inputs))
    return std::move(*error);
  ResultLayout layout(signature.results);
  std::vector<uint64_t> results(layout.total / 8 + 1);
  auto *resultBytes = reinterpret_cast<uint8_t *>(results.data());
  bool byValue = signature.results.size() == 1 && signature.results[0].isScalar;

  // Each argument is passed by the address of what is passed: a pointer to a
  // descriptor, or a scalar.
  std::vector<Descriptor> descriptors;
  descriptors.reserve(inputs.size());
  std::vector<void *> pointers;
  pointers.reserve(inputs.size() + 1);
  SmallVector<void *> arguments;
  if (!signature.results.empty() && !byValue) {
    pointers.push_back(resultBytes);
    arguments.push_back(&pointers.back());
  }
  for (auto [slot, input] : llvm::zip(signature.arguments, inputs)) {
    if (slot.isScalar) {
      arguments.push_back(const_cast<uint8_t *>(input.data()));
      continue;
    }
    descriptors.emplace_back(input);
    pointers.push_back(descriptors.back().get());
    arguments.push_back(&pointers.back());
  }
  if (byValue)
    arguments.push_back(resultBytes);

  {
    ObserverScope scope(observe);
    packed(arguments.data());
  }

  std::vector<Array> arrays;
  llvm::SmallPtrSet<void *, 4> allocations;
  for (auto [slot, offset] : llvm::zip(signature.results, layout.offsets)) {
    if (!slot.isScalar) {
      arrays.push_back(readTensor(slot, resultBytes + offset, allocations));
      continue;
    }
    Array scalar(slot.dtype, {});
    std::memcpy(scalar.data(), resultBytes + offset, scalar.getNumBytes());
    arrays.push_back(std::move(scalar));
  }
  for (void *allocation : allocations)
    freeBuffer(allocation);
  return arrays;
}
