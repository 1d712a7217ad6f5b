//===- RowBlocks.h - rows in blocks, on the caller's threads ----*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_LIB_QUANTIZATION_ROWBLOCKS_H
#define ZQ_LIB_QUANTIZATION_ROWBLOCKS_H

#include "zq/Quantization/Parallel.h"

#include <algorithm>

namespace zq {

/// Calls `body(block, begin, end)` for each block of at most `size` rows.
template <typename Body>
void forEachRowBlock(const ParallelFor &parallelFor, int64_t rows, int64_t size,
                     Body &&body) {
  int64_t blocks = (rows + size - 1) / size;
  auto run = [&](int64_t block) {
    body(block, block * size, std::min(rows, (block + 1) * size));
  };
  if (parallelFor)
    return parallelFor(blocks, run);
  for (int64_t block = 0; block < blocks; ++block)
    run(block);
}

} // namespace zq

#endif // ZQ_LIB_QUANTIZATION_ROWBLOCKS_H
