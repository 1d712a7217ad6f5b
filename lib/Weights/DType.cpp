//===- DType.cpp - element types of weights files -------------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "zq/Numerics/Formats.h"
#include "zq/Weights/Safetensors.h"

#include <cassert>
#include <cstring>

using namespace zq;

namespace {
struct DTypeInfo {
  std::string_view name;
  unsigned bits;
};
} // namespace

/// In the order of the enumeration.
static constexpr DTypeInfo kDTypes[] = {
    {"BOOL", 8}, {"F4", 4},      {"F6_E2M3", 6}, {"F6_E3M2", 6}, {"U8", 8},
    {"I8", 8},   {"F8_E5M2", 8}, {"F8_E4M3", 8}, {"F8_E8M0", 8}, {"I16", 16},
    {"U16", 16}, {"F16", 16},    {"BF16", 16},   {"I32", 32},    {"U32", 32},
    {"F32", 32}, {"C64", 64},    {"F64", 64},    {"I64", 64},    {"U64", 64},
};
static_assert(std::size(kDTypes) == static_cast<size_t>(DType::U64) + 1);

std::string_view zq::getDTypeName(DType dtype) {
  return kDTypes[static_cast<size_t>(dtype)].name;
}

std::optional<DType> zq::parseDType(std::string_view name) {
  for (size_t i = 0; i != std::size(kDTypes); ++i)
    if (kDTypes[i].name == name)
      return static_cast<DType>(i);
  return std::nullopt;
}

unsigned zq::getBitWidth(DType dtype) {
  return kDTypes[static_cast<size_t>(dtype)].bits;
}

bool zq::isLoadableFloat(DType dtype) {
  return dtype == DType::F32 || dtype == DType::F16 || dtype == DType::BF16;
}

int64_t TensorView::getNumElements() const {
  int64_t count = 1;
  for (int64_t dim : shape)
    count *= dim;
  return count;
}

std::string TensorView::getShapeText() const {
  std::string text;
  for (int64_t dim : shape)
    text += (text.empty() ? "" : "x") + std::to_string(dim);
  return text.empty() ? "scalar" : text;
}

void zq::loadFloats(const TensorView &tensor, int64_t first, int64_t count,
                    float *values) {
  assert(isLoadableFloat(tensor.dtype) && first >= 0 &&
         first + count <= tensor.getNumElements());
  if (count == 0) // memcpy takes no null, which an empty tensor may have
    return;
  if (tensor.dtype == DType::F32) {
    std::memcpy(values, tensor.data + first * 4, count * 4);
    return;
  }
  // The bytes may lie at an odd address.
  const uint8_t *bytes = tensor.data + first * 2;
  bool isBF16 = tensor.dtype == DType::BF16;
  for (int64_t i = 0; i != count; ++i) {
    uint16_t bits;
    std::memcpy(&bits, bytes + i * 2, 2);
    values[i] = isBF16 ? decodeBF16(bits) : decodeF16(bits);
  }
}
