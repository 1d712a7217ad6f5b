//===- Elements.cpp - numbers as a linear has them in memory --------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Elements.h"

#include "zq/Numerics/Formats.h"

#include <cstring>

using namespace zq;

std::vector<uint8_t> run::encodeElements(ZqElementType type,
                                         const std::vector<float> &values) {
  size_t size = type == ZQ_F32 ? 4 : 2;
  std::vector<uint8_t> bytes(values.size() * size);
  for (size_t i = 0; i != values.size(); ++i) {
    uint16_t bits =
        type == ZQ_BF16 ? encodeBF16(values[i]) : encodeF16(values[i]);
    std::memcpy(&bytes[i * size],
                type == ZQ_F32 ? static_cast<const void *>(&values[i]) : &bits,
                size);
  }
  return bytes;
}

std::vector<float> run::decodeElements(ZqElementType type,
                                       const std::vector<uint8_t> &bytes) {
  size_t size = type == ZQ_F32 ? 4 : 2;
  std::vector<float> values(bytes.size() / size);
  for (size_t i = 0; i != values.size(); ++i) {
    uint16_t bits;
    std::memcpy(&bits, &bytes[i * size], 2);
    if (type == ZQ_F32)
      std::memcpy(&values[i], &bytes[i * size], 4);
    else
      values[i] = type == ZQ_BF16 ? decodeBF16(bits) : decodeF16(bits);
  }
  return values;
}
