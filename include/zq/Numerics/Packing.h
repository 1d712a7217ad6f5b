//===- Packing.h - layouts of 4-bit codes -----------------------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Storage of a weight N x K of 4-bit codes: two codes to a byte, the even
// column in the low nibble, each row from a new byte (ceil(K/2) bytes a row).
// The unused nibble of an odd K is zero.
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_NUMERICS_PACKING_H
#define ZQ_NUMERICS_PACKING_H

#include <cstddef>
#include <cstdint>

namespace zq {

/// Bytes of one row of `k` codes.
inline int64_t getPackedRowBytes(int64_t k) { return (k + 1) / 2; }

/// Packs `k` codes, one to a byte, into `getPackedRowBytes(k)` bytes.
void packRow(const uint8_t *codes, int64_t k, uint8_t *packed);
/// The reverse of packRow.
void unpackRow(const uint8_t *packed, int64_t k, uint8_t *codes);

} // namespace zq

#endif // ZQ_NUMERICS_PACKING_H
