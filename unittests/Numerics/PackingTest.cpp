//===- PackingTest.cpp - two codes to a byte ------------------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "zq/Numerics/Packing.h"

#include "gtest/gtest.h"

#include <vector>

using namespace zq;

TEST(Packing, EvenColumnInTheLowNibble) {
  const uint8_t codes[] = {0x1, 0xE, 0x3, 0xC, 0x5};
  uint8_t packed[3];
  packRow(codes, 5, packed);
  EXPECT_EQ(packed[0], 0xE1);
  EXPECT_EQ(packed[1], 0xC3);
  EXPECT_EQ(packed[2], 0x05);
}

/// Any K, odd and even; nothing beside the row is written.
TEST(Packing, RoundTrip) {
  for (int64_t k = 0; k < 100; ++k) {
    ASSERT_EQ(getPackedRowBytes(k), k / 2 + k % 2);
    std::vector<uint8_t> codes(k);
    for (int64_t i = 0; i < k; ++i)
      codes[i] = uint8_t((i * 7 + k) % 16);
    std::vector<uint8_t> packed(getPackedRowBytes(k) + 1, 0xAB);
    std::vector<uint8_t> unpacked(k + 1, 0xCD);
    packRow(codes.data(), k, packed.data());
    EXPECT_EQ(packed.back(), 0xAB);
    if (k % 2 != 0)
      EXPECT_EQ(packed[k / 2] >> 4, 0);
    unpackRow(packed.data(), k, unpacked.data());
    EXPECT_EQ(unpacked.back(), 0xCD);
    unpacked.pop_back();
    EXPECT_EQ(unpacked, codes);
  }
}
