//===- TileLayout.cpp - weights as Hopper's tensor cores want them --------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "zq/Numerics/TileLayout.h"
#include "zq/Numerics/Packing.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <memory>

using namespace zq;

namespace {

constexpr int64_t tileRows = TileLayout::rows;
constexpr int64_t tileColumns = TileLayout::columns;

/// Where a word's codes stand in the tile: `row`, and four columns from each of
/// `low` and `high`.
struct WordPlace {
  int64_t row, low, high;
};

/// The place of 32-bit word `index` of a tile's codes.
WordPlace getWordPlace(int64_t index) {
  int64_t word = index % 4, thread = index / 4 % 128;
  int64_t columnHalf = index / 512 % 2, rowHalf = index / 1024;
  int64_t step = word / 2, upper = word % 2;
  int64_t warp = thread / 32, g = thread % 32 / 4, c = thread % 4;
  int64_t low = 64 * columnHalf + 32 * step + 4 * c;
  return {64 * rowHalf + 16 * warp + 8 * upper + g, low, low + 16};
}

/// The place of byte `index` of a tile's shifts: the row, and the first column
/// that it holds for.
struct ShiftPlace {
  int64_t row, column;
};

ShiftPlace getShiftPlace(int64_t index, int64_t shiftsPerRow) {
  int64_t upper = index % 2, part = index / 2 % shiftsPerRow;
  int64_t pair = index / 2 / shiftsPerRow; // g + 8 * warp + 32 * rowHalf
  int64_t g = pair % 8, warp = pair / 8;   // warps 0-7 over both halves
  return {16 * warp + 8 * upper + g, part * (tileColumns / shiftsPerRow)};
}

/// Four bytes, the first one lowest.
uint32_t loadWord(const uint8_t *bytes) {
  return uint32_t(bytes[0]) | uint32_t(bytes[1]) << 8 |
         uint32_t(bytes[2]) << 16 | uint32_t(bytes[3]) << 24;
}

/// The magnitudes of four codes, a byte each, as nibbles.
uint32_t packMagnitudes(uint32_t codes) {
  uint32_t magnitudes = codes & 0x07070707;
  magnitudes = (magnitudes | magnitudes >> 4) & 0x00770077;
  return (magnitudes | magnitudes >> 8) & 0x7777;
}

/// Magnitudes of `low` and then of `high`, a nibble each; the top bits of byte
/// i's nibbles are the signs of high[i] and low[i].
uint32_t packWord(const uint8_t *lowCodes, const uint8_t *highCodes) {
  constexpr uint32_t signs = 0x08080808;
  uint32_t low = loadWord(lowCodes), high = loadWord(highCodes);
  return packMagnitudes(low) | packMagnitudes(high) << 16 | (low & signs) << 4 |
         (high & signs);
}

void unpackWord(uint32_t word, uint8_t *low, uint8_t *high) {
  for (int i = 0; i < 4; ++i) {
    low[i] = (word >> (4 * i) & 7) | (word >> (8 * i + 7) & 1) << 3;
    high[i] = (word >> (16 + 4 * i) & 7) | (word >> (8 * i + 3) & 1) << 3;
  }
}

/// Calls `visit(tile, row, column)` for each tile, in the order of memory, with
/// the weight's row and column at which it begins.
template <typename Tile, typename Visit>
void forEachTile(const TileLayout &layout, Tile *tiles, Visit visit) {
  for (int64_t row = 0; row < layout.n; row += tileRows)
    for (int64_t column = 0; column < layout.k; column += tileColumns) {
      visit(tiles, row, column);
      tiles += layout.getTileBytes();
    }
}

} // namespace

void zq::packTiles(const TileLayout &layout, const uint8_t *codes,
                   const uint8_t *shifts, uint8_t *tiles) {
  assert(layout.isSupported() && "a k32 step would span two groups");
  int64_t rowBytes = getPackedRowBytes(layout.k);
  int64_t groups = (layout.k + layout.group - 1) / layout.group;
  std::unique_ptr<uint8_t[][tileColumns]> tile(
      new uint8_t[tileRows][tileColumns]());
  forEachTile(layout, tiles, [&](uint8_t *out, int64_t row0, int64_t column0) {
    std::memset(tile.get(), 0, tileRows * tileColumns);
    int64_t numRows = std::min(tileRows, layout.n - row0);
    int64_t numColumns = std::min(tileColumns, layout.k - column0);
    for (int64_t row = 0; row < numRows; ++row)
      unpackRow(codes + (row0 + row) * rowBytes + column0 / 2, numColumns,
                tile[row]);
    for (int64_t i = 0; i < TileLayout::codeBytes / 4; ++i) {
      WordPlace at = getWordPlace(i);
      uint32_t word = packWord(&tile[at.row][at.low], &tile[at.row][at.high]);
      for (int byte = 0; byte < 4; ++byte) // little-endian on every host
        out[4 * i + byte] = uint8_t(word >> (8 * byte));
    }
    uint8_t *outShifts = out + TileLayout::codeBytes;
    int64_t perRow = layout.getShiftsPerRow();
    for (int64_t i = 0; i < tileRows * perRow; ++i) {
      ShiftPlace at = getShiftPlace(i, perRow);
      int64_t row = row0 + at.row, column = column0 + at.column;
      bool inside = row < layout.n && column < layout.k;
      outShifts[i] =
          inside ? shifts[row * groups + column / layout.group] : uint8_t(0);
    }
  });
}

void zq::unpackTiles(const TileLayout &layout, const uint8_t *tiles,
                     uint8_t *codes, uint8_t *shifts) {
  assert(layout.isSupported() && "a k32 step would span two groups");
  int64_t rowBytes = getPackedRowBytes(layout.k);
  int64_t groups = (layout.k + layout.group - 1) / layout.group;
  std::unique_ptr<uint8_t[][tileColumns]> tile(
      new uint8_t[tileRows][tileColumns]());
  forEachTile(
      layout, tiles, [&](const uint8_t *in, int64_t row0, int64_t column0) {
        for (int64_t i = 0; i < TileLayout::codeBytes / 4; ++i) {
          uint32_t word = 0;
          for (int byte = 0; byte < 4; ++byte)
            word |= uint32_t(in[4 * i + byte]) << (8 * byte);
          WordPlace at = getWordPlace(i);
          unpackWord(word, &tile[at.row][at.low], &tile[at.row][at.high]);
        }
        int64_t numRows = std::min(tileRows, layout.n - row0);
        int64_t numColumns = std::min(tileColumns, layout.k - column0);
        for (int64_t row = 0; row < numRows; ++row)
          packRow(tile[row], numColumns,
                  codes + (row0 + row) * rowBytes + column0 / 2);
        const uint8_t *inShifts = in + TileLayout::codeBytes;
        int64_t perRow = layout.getShiftsPerRow();
        for (int64_t i = 0; i < tileRows * perRow; ++i) {
          ShiftPlace at = getShiftPlace(i, perRow);
          int64_t row = row0 + at.row, column = column0 + at.column;
          if (row < layout.n && column < layout.k)
            shifts[row * groups + column / layout.group] = inShifts[i];
        }
      });
}
