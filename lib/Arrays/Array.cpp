//===- Array.cpp - dense arrays of host memory ----------------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "zq/Arrays/Array.h"

#include "zq/Numerics/Formats.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <unistd.h>

using namespace zq;

//===----------------------------------------------------------------------===//
// Elements
//===----------------------------------------------------------------------===//

template <typename T> static double load(const uint8_t *bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof(T));
  return static_cast<double>(value);
}

template <typename T> static void store(uint8_t *bytes, double value) {
  T stored;
  if constexpr (std::is_integral_v<T>) {
    // The limits as doubles may be one past the integer's: compare there.
    double rounded = std::nearbyint(value);
    if (!(rounded > static_cast<double>(std::numeric_limits<T>::min())))
      stored = std::numeric_limits<T>::min(); // and NaN
    else if (rounded >= static_cast<double>(std::numeric_limits<T>::max()))
      stored = std::numeric_limits<T>::max();
    else
      stored = static_cast<T>(rounded);
  } else {
    stored = static_cast<T>(value);
  }
  std::memcpy(bytes, &stored, sizeof(T));
}

static uint16_t loadBits16(const uint8_t *bytes) {
  uint16_t bits;
  std::memcpy(&bits, bytes, sizeof(bits));
  return bits;
}

bool zq::isArrayDType(DType dtype) {
  switch (dtype) {
  case DType::BOOL:
  case DType::U8:
  case DType::I8:
  case DType::F8_E5M2:
  case DType::F8_E4M3:
  case DType::I16:
  case DType::U16:
  case DType::F16:
  case DType::BF16:
  case DType::I32:
  case DType::U32:
  case DType::F32:
  case DType::F64:
  case DType::I64:
  case DType::U64:
    return true;
  case DType::F4:
  case DType::F6_E2M3:
  case DType::F6_E3M2:
  case DType::F8_E8M0:
  case DType::C64:
    return false;
  }
  return false;
}

double Array::get(int64_t i) const {
  const uint8_t *element = data() + i * (zq::getBitWidth(dtype) / 8);
  switch (dtype) {
  case DType::BOOL:
    return *element != 0;
  case DType::U8:
    return load<uint8_t>(element);
  case DType::I8:
    return load<int8_t>(element);
  case DType::F8_E5M2:
    return decode(Format::E5M2, *element);
  case DType::F8_E4M3:
    return decode(Format::E4M3, *element);
  case DType::I16:
    return load<int16_t>(element);
  case DType::U16:
    return load<uint16_t>(element);
  case DType::F16:
    return decodeF16(loadBits16(element));
  case DType::BF16:
    return decodeBF16(loadBits16(element));
  case DType::I32:
    return load<int32_t>(element);
  case DType::U32:
    return load<uint32_t>(element);
  case DType::F32:
    return load<float>(element);
  case DType::F64:
    return load<double>(element);
  case DType::I64:
    return load<int64_t>(element);
  case DType::U64:
    return load<uint64_t>(element);
  case DType::F4:
  case DType::F6_E2M3:
  case DType::F6_E3M2:
  case DType::F8_E8M0:
  case DType::C64:
    break;
  }
  return 0;
}

void Array::set(int64_t i, double value) {
  uint8_t *element = data() + i * (zq::getBitWidth(dtype) / 8);
  uint16_t bits;
  switch (dtype) {
  case DType::BOOL:
    *element = value != 0;
    return;
  case DType::U8:
    return store<uint8_t>(element, value);
  case DType::I8:
    return store<int8_t>(element, value);
  case DType::F8_E5M2:
    *element = encode(Format::E5M2, static_cast<float>(value));
    return;
  case DType::F8_E4M3:
    *element = encode(Format::E4M3, static_cast<float>(value));
    return;
  case DType::I16:
    return store<int16_t>(element, value);
  case DType::U16:
    return store<uint16_t>(element, value);
  case DType::F16:
    bits = encodeF16(static_cast<float>(value));
    std::memcpy(element, &bits, sizeof(bits));
    return;
  case DType::BF16:
    bits = encodeBF16(static_cast<float>(value));
    std::memcpy(element, &bits, sizeof(bits));
    return;
  case DType::I32:
    return store<int32_t>(element, value);
  case DType::U32:
    return store<uint32_t>(element, value);
  case DType::F32:
    return store<float>(element, value);
  case DType::F64:
    return store<double>(element, value);
  case DType::I64:
    return store<int64_t>(element, value);
  case DType::U64:
    return store<uint64_t>(element, value);
  case DType::F4:
  case DType::F6_E2M3:
  case DType::F6_E3M2:
  case DType::F8_E8M0:
  case DType::C64:
    return;
  }
}

//===----------------------------------------------------------------------===//
// Arrays
//===----------------------------------------------------------------------===//

Result<void> zq::checkArraySize(DType dtype,
                                const std::vector<int64_t> &shape) {
  double bytes = zq::getBitWidth(dtype) / 8;
  std::string text;
  for (int64_t size : shape) {
    bytes *= static_cast<double>(size);
    text += std::to_string(size) + "x";
  }
  double memory = static_cast<double>(sysconf(_SC_PHYS_PAGES)) *
                  static_cast<double>(sysconf(_SC_PAGE_SIZE));
  if (bytes <= memory)
    return {};
  char needed[32];
  std::snprintf(needed, sizeof(needed), "%.3g", bytes);
  return Error{text + std::string(getDTypeName(dtype)) + " needs " + needed +
               " bytes, more than this machine's memory"};
}

Array Array::share(DType dtype, std::vector<int64_t> shape, const uint8_t *data,
                   std::shared_ptr<const void> owner) {
  Array array;
  array.dtype = dtype;
  array.shape = std::move(shape);
  array.elements = std::shared_ptr<uint8_t>(
      const_cast<uint8_t *>(data), [owner = std::move(owner)](uint8_t *) {});
  return array;
}

Array::Array(DType dtype, std::vector<int64_t> shape)
    : dtype(dtype), shape(std::move(shape)) {
  size_t size = (getNumBytes() + 63) / 64 * 64;
  if (size == 0)
    size = 64;
  elements.reset(static_cast<uint8_t *>(std::aligned_alloc(64, size)),
                 std::free);
  if (!elements)
    std::abort(); // as operator new without exceptions
  std::memset(elements.get(), 0, size);
}

int64_t Array::getNumElements() const {
  int64_t count = 1;
  for (int64_t size : shape)
    count *= size;
  return count;
}

size_t Array::getNumBytes() const {
  return static_cast<size_t>(getNumElements()) * (zq::getBitWidth(dtype) / 8);
}

std::string Array::getTypeText() const {
  std::string text;
  for (int64_t size : shape)
    text += std::to_string(size) + "x";
  return text + std::string(getDTypeName(dtype));
}

namespace {
/// splitmix64 and Box-Muller: the standard library's distributions differ
/// from one implementation to the next.
class Random {
public:
  explicit Random(uint64_t seed) : state(seed) {}

  uint64_t next() {
    uint64_t z = state += 0x9E3779B97F4A7C15;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
  }
  double uniform() { return (double(next() >> 11) + 0.5) * 0x1p-53; }
  double normal() {
    if (hasSpare) {
      hasSpare = false;
      return spare;
    }
    double radius = std::sqrt(-2 * std::log(uniform()));
    double angle = 6.283185307179586 * uniform();
    spare = radius * std::sin(angle);
    hasSpare = true;
    return radius * std::cos(angle);
  }

private:
  uint64_t state;
  double spare = 0;
  bool hasSpare = false;
};
} // namespace

Array zq::roundToBF16(const Array &array) {
  Array result(DType::BF16, array.getShape());
  for (int64_t i = 0, e = array.getNumElements(); i < e; ++i)
    result.set(i, array.get(i));
  return result;
}

Array zq::makeRandomArray(DType dtype, std::vector<int64_t> shape,
                          uint64_t seed) {
  Array array(dtype, std::move(shape));
  Random random(seed);
  int64_t count = array.getNumElements();
  for (int64_t i = 0; i < count; ++i) {
    switch (dtype) {
    case DType::BOOL:
      array.set(i, double(random.next() & 1));
      break;
    case DType::I8:
    case DType::I16:
    case DType::I32:
    case DType::I64:
      array.set(i, double(random.next() & 15) - 8);
      break;
    case DType::U8:
    case DType::U16:
    case DType::U32:
    case DType::U64:
      array.set(i, double(random.next() & 7));
      break;
    default:
      array.set(i, random.normal());
      break;
    }
  }
  return array;
}

ArrayDifference zq::compareArrays(const Array &values, const Array &reference) {
  ArrayDifference result;
  double difference2 = 0, reference2 = 0;
  int64_t count = values.getNumElements();
  for (int64_t i = 0; i < count; ++i) {
    double a = values.get(i), b = reference.get(i);
    if (!std::isfinite(a) || !std::isfinite(b)) {
      bool equal = (std::isnan(a) && std::isnan(b)) || a == b;
      result.numNonFinite += !equal;
      continue;
    }
    difference2 += (a - b) * (a - b);
    reference2 += b * b;
    result.maxAbsolute = std::max(result.maxAbsolute, std::fabs(a - b));
  }
  if (difference2 > 0)
    result.relativeL2 = std::sqrt(difference2 / reference2);
  return result;
}
