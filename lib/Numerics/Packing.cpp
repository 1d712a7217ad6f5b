//===- Packing.cpp - layouts of 4-bit codes -------------------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "zq/Numerics/Packing.h"

using namespace zq;

void zq::packRow(const uint8_t *codes, int64_t k, uint8_t *packed) {
  for (int64_t i = 0; i < k / 2; ++i)
    packed[i] = uint8_t((codes[2 * i] & 0xF) | codes[2 * i + 1] << 4);
  if (k % 2 != 0)
    packed[k / 2] = codes[k - 1] & 0xF;
}

void zq::unpackRow(const uint8_t *packed, int64_t k, uint8_t *codes) {
  for (int64_t i = 0; i < k / 2; ++i) {
    codes[2 * i] = packed[i] & 0xF;
    codes[2 * i + 1] = packed[i] >> 4;
  }
  if (k % 2 != 0)
    codes[k - 1] = packed[k / 2] & 0xF;
}
