//===- TileLayoutTest.cpp - the tiles against the PTX manual --------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The layout is checked from the other end: for each thread of a warpgroup,
// what the kernel's loads and its two prmt give must be the A fragment that the
// PTX manual draws for wgmma.m64nNk32 with 8-bit elements.
//
//===----------------------------------------------------------------------===//

#include "zq/Numerics/TileLayout.h"
#include "zq/Numerics/Packing.h"

#include "gtest/gtest.h"

#include <cstring>
#include <random>
#include <vector>

using namespace zq;

namespace {

/// A random weight with its tiles.
struct Weight {
  TileLayout layout;
  int64_t rowBytes, groups;
  std::vector<uint8_t> codes; // n x k, one to a byte
  std::vector<uint8_t> storage, shifts, tiles;

  Weight(int64_t n, int64_t k, int64_t group, unsigned seed)
      : layout{n, k, group}, rowBytes(getPackedRowBytes(k)),
        groups((k + group - 1) / group), codes(n * k), storage(n * rowBytes),
        shifts(n * groups), tiles(layout.getBytes(), 0xee) {
    std::mt19937 random(seed);
    for (uint8_t &code : codes)
      code = random() % 16;
    for (uint8_t &shift : shifts)
      shift = random() % 12;
    for (int64_t row = 0; row < n; ++row)
      packRow(&codes[row * k], k, &storage[row * rowBytes]);
    packTiles(layout, storage.data(), shifts.data(), tiles.data());
  }

  uint8_t getCode(int64_t row, int64_t column) const {
    return row < layout.n && column < layout.k ? codes[row * layout.k + column]
                                               : 0;
  }
  uint8_t getShift(int64_t row, int64_t column) const {
    return row < layout.n && column < layout.k
               ? shifts[row * groups + column / layout.group]
               : 0;
  }
};

uint32_t loadWord(const uint8_t *bytes) {
  uint32_t word;
  std::memcpy(&word, bytes, 4);
  return word;
}

/// PTX prmt.b32 in its default mode, for selectors without the sign bit.
uint32_t prmt(const uint8_t table[8], uint32_t selector) {
  uint32_t result = 0;
  for (int i = 0; i < 4; ++i)
    result |= uint32_t(table[selector >> (4 * i) & 7]) << (8 * i);
  return result;
}

// The table that maps a magnitude to itself, so that a register's byte is the
// magnitude in its low bits and the sign in bit 7.
constexpr uint8_t identity[8] = {0, 1, 2, 3, 4, 5, 6, 7};

uint8_t asByte(uint8_t code) { return (code & 8) << 4 | (code & 7); }

/// A registers 0 to 3 of one thread for one k32 step, as the kernel makes them.
void expand(const uint8_t *half, int thread, int k32, uint32_t a[4]) {
  const uint8_t *words = half + (k32 / 2) * 2048 + 16 * thread + (k32 % 2) * 8;
  for (int upper = 0; upper < 2; ++upper) {
    uint32_t word = loadWord(words + 4 * upper);
    uint32_t selector = word & 0x77777777u;
    a[upper] = prmt(identity, selector) | (word & 0x80808080u);
    a[2 + upper] = prmt(identity, selector >> 16) | ((word << 4) & 0x80808080u);
  }
}

void checkFragments(const Weight &weight) {
  const TileLayout &layout = weight.layout;
  const uint8_t *tile = weight.tiles.data();
  for (int64_t row0 = 0; row0 < layout.getTileRows() * 128; row0 += 128)
    for (int64_t k0 = 0; k0 < layout.getTileColumns() * 128; k0 += 128) {
      for (int group = 0; group < 2; ++group)
        for (int thread = 0; thread < 128; ++thread)
          for (int k32 = 0; k32 < 4; ++k32) {
            uint32_t a[4];
            expand(tile + 4096 * group, thread, k32, a);
            // PTX ISA, "Register fragments for wgmma.mma_async.m64nNk32":
            // row = (warp * 16) + groupID (+ 8 for elements 4-7 and 12-15),
            // column = threadID_in_group * 4 + (i & 3) (+ 16 for i >= 8).
            int64_t row = row0 + 64 * group + 16 * (thread / 32);
            for (int i = 0; i < 16; ++i) {
              int64_t r = row + thread % 32 / 4 + (i / 4 % 2 == 1 ? 8 : 0);
              int64_t c =
                  k0 + 32 * k32 + thread % 4 * 4 + (i & 3) + (i >= 8 ? 16 : 0);
              uint8_t byte = a[i / 4] >> (8 * (i % 4));
              ASSERT_EQ(byte, asByte(weight.getCode(r, c)))
                  << "row " << r << " column " << c;
            }
          }
      tile += layout.getTileBytes();
    }
}

void checkShifts(const Weight &weight) {
  const TileLayout &layout = weight.layout;
  int64_t perRow = layout.getShiftsPerRow();
  const uint8_t *tile = weight.tiles.data();
  for (int64_t row0 = 0; row0 < layout.getTileRows() * 128; row0 += 128)
    for (int64_t k0 = 0; k0 < layout.getTileColumns() * 128; k0 += 128) {
      for (int64_t row = 0; row < 128; ++row)
        for (int64_t column = 0; column < 128 && k0 + column < layout.k;
             column += 32) {
          // Thread t of warpgroup h reads 2 * perRow bytes at
          // (t / 4) * 2 * perRow of its half.
          int64_t half = row / 64, thread = row % 64 / 16 * 32 + row % 8 * 4;
          int64_t upper = row / 8 % 2, part = column * perRow / 128;
          uint8_t shift = tile[8192 + half * 64 * perRow +
                               thread / 4 * 2 * perRow + 2 * part + upper];
          ASSERT_EQ(shift, weight.getShift(row0 + row, k0 + column))
              << "row " << row0 + row << " column " << k0 + column;
        }
      tile += layout.getTileBytes();
    }
}

class TileLayoutTest : public testing::TestWithParam<TileLayout> {};

TEST_P(TileLayoutTest, ThreadsReadTheirFragments) {
  Weight weight(GetParam().n, GetParam().k, GetParam().group, 1);
  checkFragments(weight);
}

TEST_P(TileLayoutTest, ThreadsReadTheirShifts) {
  Weight weight(GetParam().n, GetParam().k, GetParam().group, 2);
  checkShifts(weight);
}

TEST_P(TileLayoutTest, UnpackIsTheReverse) {
  Weight weight(GetParam().n, GetParam().k, GetParam().group, 3);
  std::vector<uint8_t> codes(weight.storage.size(), 0x55);
  std::vector<uint8_t> shifts(weight.shifts.size(), 0x55);
  unpackTiles(weight.layout, weight.tiles.data(), codes.data(), shifts.data());
  EXPECT_EQ(codes, weight.storage);
  EXPECT_EQ(shifts, weight.shifts);
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, TileLayoutTest,
    testing::Values(TileLayout{128, 128, 128}, TileLayout{256, 384, 128},
                    TileLayout{1, 1, 32}, TileLayout{129, 129, 128},
                    TileLayout{200, 300, 32}, TileLayout{130, 333, 64},
                    TileLayout{64, 515, 256}, TileLayout{77, 131, 131},
                    TileLayout{77, 531, 1000}, TileLayout{140, 500, 96},
                    TileLayout{140, 700, 384}, TileLayout{140, 700, 192}));

TEST(TileLayout, Sizes) {
  EXPECT_EQ((TileLayout{4096, 4096, 128}).getTileBytes(), 8320);
  EXPECT_EQ((TileLayout{4096, 4096, 64}).getTileBytes(), 8448);
  EXPECT_EQ((TileLayout{4096, 4096, 32}).getTileBytes(), 8704);
  EXPECT_EQ((TileLayout{4096, 4096, 4096}).getTileBytes(), 8320);
  EXPECT_EQ((TileLayout{129, 257, 128}).getBytes(), 2 * 3 * 8320);
}

TEST(TileLayout, GroupsThatSplitAStepAreNotSupported) {
  EXPECT_FALSE((TileLayout{128, 300, 100}).isSupported());
  EXPECT_FALSE((TileLayout{128, 300, 16}).isSupported());
  EXPECT_TRUE((TileLayout{128, 300, 300}).isSupported());
  EXPECT_TRUE((TileLayout{128, 300, 96}).isSupported());
}

} // namespace
