//===- ElementConversion.h - float types of models in FP32 ------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_LIB_RUNTIME_ELEMENTCONVERSION_H
#define ZQ_LIB_RUNTIME_ELEMENTCONVERSION_H

#include "zq/Runtime/ModuleDescription.h"

#include <cstring>

namespace zq::runtime {

inline void loadElements(ElementType type, const void *data, int64_t first,
                         int64_t count, float *values) {
  const auto *bytes =
      static_cast<const uint8_t *>(data) + first * getByteSize(type);
  if (type == ElementType::F32) {
    std::memcpy(values, bytes, count * sizeof(float));
    return;
  }
  for (int64_t i = 0; i != count; ++i) {
    uint16_t bits;
    std::memcpy(&bits, bytes + 2 * i, 2);
    values[i] = type == ElementType::BF16 ? decodeBF16(bits) : decodeF16(bits);
  }
}

inline void storeElements(ElementType type, const float *values, int64_t count,
                          void *data, int64_t first) {
  auto *bytes = static_cast<uint8_t *>(data) + first * getByteSize(type);
  if (type == ElementType::F32) {
    std::memcpy(bytes, values, count * sizeof(float));
    return;
  }
  for (int64_t i = 0; i != count; ++i) {
    uint16_t bits = type == ElementType::BF16 ? encodeBF16(values[i])
                                              : encodeF16(values[i]);
    std::memcpy(bytes + 2 * i, &bits, 2);
  }
}

} // namespace zq::runtime

#endif // ZQ_LIB_RUNTIME_ELEMENTCONVERSION_H
