//===- Elements.h - numbers as a linear has them in memory ------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_TOOLS_ZQ_RUN_ELEMENTS_H
#define ZQ_TOOLS_ZQ_RUN_ELEMENTS_H

#include "zq/Runtime/zq.h"

#include <cstdint>
#include <vector>

namespace zq::run {

/// The bytes of numbers, rounded to the type.
std::vector<uint8_t> encodeElements(ZqElementType type,
                                    const std::vector<float> &values);
std::vector<float> decodeElements(ZqElementType type,
                                  const std::vector<uint8_t> &bytes);

} // namespace zq::run

#endif // ZQ_TOOLS_ZQ_RUN_ELEMENTS_H
