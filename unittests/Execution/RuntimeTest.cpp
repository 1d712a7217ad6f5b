//===- RuntimeTest.cpp - what compiled code calls -------------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Execution/Runtime.h"

#include "gtest/gtest.h"
#include <cstdlib>
#include <cstring>
#include <thread>
#include <vector>

using namespace zq;

TEST(Buffers, AreAlignedAndUsedAgain) {
  constexpr size_t size = size_t(1) << 20;
  void *first = allocateBuffer(64, size);
  ASSERT_TRUE(first);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(first) % 64, 0u);
  std::memset(first, 1, size);
  freeBuffer(first);
  // As large, or a little less.
  void *again = allocateBuffer(64, size - size / 8);
  EXPECT_EQ(again, first);
  // In use: another one.
  void *other = allocateBuffer(16, size);
  EXPECT_NE(other, again);
  std::memset(other, 2, size);
  EXPECT_EQ(static_cast<char *>(again)[0], 1);
  freeBuffer(other);
  freeBuffer(again);
  freeBuffer(nullptr);
}

TEST(Buffers, SmallOnesAndLargeAlignments) {
  for (size_t alignment : {8, 64, 4096})
    for (size_t size : {0, 1, 100, 70000}) {
      void *buffer = allocateBuffer(alignment, size);
      ASSERT_TRUE(buffer);
      EXPECT_EQ(reinterpret_cast<uintptr_t>(buffer) % alignment, 0u);
      std::memset(buffer, 3, size);
      freeBuffer(buffer);
    }
}

TEST(Buffers, FreesWhatOthersAllocated) {
  freeBuffer(std::malloc(100));
  void *large = std::malloc(size_t(1) << 22);
  freeBuffer(large);
  // It went back to the system: a buffer of ours is not made of it by size.
  void *own = allocateBuffer(64, size_t(1) << 22);
  ASSERT_TRUE(own);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(own) % 64, 0u);
  std::memset(own, 4, size_t(1) << 22);
  freeBuffer(own);
}

TEST(Buffers, ThreadsKeepTheirOwn) {
  void *here = allocateBuffer(64, 200000);
  void *there = nullptr;
  freeBuffer(here);
  std::thread([&] {
    there = allocateBuffer(64, 200000);
    freeBuffer(there);
  }).join();
  EXPECT_NE(here, there);
}

/// C of `multiplyMatrices` on matrices given row by row.
static std::vector<float> multiply(bool transposeA, bool transposeB, int m,
                                   int n, int k, std::vector<float> a,
                                   std::vector<float> b, int beta) {
  std::vector<float> c(m * n, 100.0f);
  multiplyMatrices(transposeA, transposeB, m, n, k,
                   reinterpret_cast<intptr_t>(a.data()), transposeA ? m : k,
                   reinterpret_cast<intptr_t>(b.data()), transposeB ? k : n,
                   beta, reinterpret_cast<intptr_t>(c.data()), n);
  return c;
}

TEST(Gemm, TransposesAndAdds) {
  // | 1 2 3 |   | 1 4 |   | 14 32 |
  // | 4 5 6 | * | 2 5 | = | 32 77 |
  //             | 3 6 |
  std::vector<float> rows{1, 2, 3, 4, 5, 6}, columns{1, 4, 2, 5, 3, 6};
  std::vector<float> product{14, 32, 32, 77}, sum{114, 132, 132, 177};
  EXPECT_EQ(multiply(false, false, 2, 2, 3, rows, columns, 0), product);
  EXPECT_EQ(multiply(true, false, 2, 2, 3, columns, columns, 0), product);
  EXPECT_EQ(multiply(false, true, 2, 2, 3, rows, rows, 0), product);
  EXPECT_EQ(multiply(true, true, 2, 2, 3, columns, rows, 1), sum);
}

TEST(Gemm, EmptySums) {
  EXPECT_EQ(multiply(false, false, 2, 1, 0, {}, {}, 0),
            (std::vector<float>{0, 0}));
  EXPECT_EQ(multiply(false, false, 2, 1, 0, {}, {}, 1),
            (std::vector<float>{100, 100}));
  EXPECT_TRUE(
      multiply(false, false, 0, 4, 3, {}, std::vector<float>(12), 0).empty());
}
