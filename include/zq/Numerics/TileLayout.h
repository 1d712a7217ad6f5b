//===- TileLayout.h - weights for Hopper's tensor cores ---------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The layout of 4-bit codes and their shifts in device memory: tiles of 128
// rows x 128 columns, each one contiguous piece that a single bulk copy brings
// to shared memory, in the order in which the threads of two warpgroups read it
// into the A fragments of wgmma m64nNk32.
//
// A tile is the codes of rows 0-63, those of rows 64-127 (4096 bytes each), the
// shifts of rows 0-63 and those of rows 64-127. Tiles of one band of 128 rows
// follow each other along K, then comes the next band. Rows and columns past
// N x K hold zero codes and shift 0.
//
// Codes of 64 rows: thread t of the warpgroup reads 16 bytes at 16 t for
// columns 0-63 and 16 bytes at 2048 + 16 t for columns 64-127: four 32-bit
// words, one for each k32 step (2) and row of the fragment (2: g and g + 8). A
// word holds the 8 codes of two A registers, with g = lane / 4 and c = lane %
// 4: "low" has k from 4c to 4c+3, "high" from 16+4c to 19+4c. Magnitude i of
// low is in bits 4i to 4i+2, of high in bits 16+4i to 18+4i; sign i of low in
// bit 8i+7, of high in bit 8i+3. So `word & 0x77777777` selects magnitudes for
// two prmt, and the signs need one shift.
//
// Shifts of 64 rows: for each pair of rows (g, g + 8) of each warp, for each of
// the 1, 2 or 4 groups that the tile's columns span: two bytes.
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_NUMERICS_TILELAYOUT_H
#define ZQ_NUMERICS_TILELAYOUT_H

#include <cstdint>

namespace zq {

/// The tiles of a weight of `n` rows and `k` columns whose groups along K have
/// `group` columns.
struct TileLayout {
  static constexpr int64_t rows = 128;
  static constexpr int64_t columns = 128;
  static constexpr int64_t codeBytes = rows * columns / 2;

  int64_t n, k, group;

  /// Whether a k32 step never spans two groups, which is what the layout can
  /// express: a multiple of 32 columns, or one group for the whole row.
  bool isSupported() const { return group >= k || group % 32 == 0; }

  /// Tiles along each dimension.
  int64_t getTileRows() const { return (n + rows - 1) / rows; }
  int64_t getTileColumns() const { return (k + columns - 1) / columns; }

  /// Shifts for one row of a tile: 1, 2 or 4.
  int64_t getShiftsPerRow() const {
    if (group >= k || group % 128 == 0)
      return 1;
    return group % 64 == 0 ? 2 : 4;
  }
  /// Bytes of one tile: a multiple of 128.
  int64_t getTileBytes() const { return codeBytes + rows * getShiftsPerRow(); }
  /// Bytes of all tiles.
  int64_t getBytes() const {
    return getTileRows() * getTileColumns() * getTileBytes();
  }
};

/// Fills `tiles` (`layout.getBytes()` bytes) from codes in storage order (n
/// rows of ceil(k/2) bytes, the even column in the low nibble) and shifts (n
/// rows of ceil(k/group) bytes).
void packTiles(const TileLayout &layout, const uint8_t *codes,
               const uint8_t *shifts, uint8_t *tiles);

/// The reverse of packTiles. The unused nibble of an odd k becomes zero.
void unpackTiles(const TileLayout &layout, const uint8_t *tiles, uint8_t *codes,
                 uint8_t *shifts);

} // namespace zq

#endif // ZQ_NUMERICS_TILELAYOUT_H
