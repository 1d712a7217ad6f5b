//===- MappedFileTest.cpp - files read through memory ---------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "zq/Support/MappedFile.h"
#include "TemporaryFolder.h"

#include <gtest/gtest.h>

#include <sys/mman.h>
#include <unistd.h>
#include <vector>

using namespace zq;

/// Pages of the range that this process has in its memory; unlike mincore(),
/// which tells of the page cache.
static size_t countPages(const uint8_t *data, size_t size) {
  size_t page = size_t(sysconf(_SC_PAGESIZE)), count = 0;
  FILE *map = std::fopen("/proc/self/pagemap", "rb");
  for (size_t i = 0; i < size / page; ++i) {
    uint64_t entry = 0;
    std::fseek(map, long((uintptr_t(data) / page + i) * 8), SEEK_SET);
    if (std::fread(&entry, 8, 1, map) == 1)
      count += entry >> 63;
  }
  std::fclose(map);
  return count;
}

static uint64_t sum(const uint8_t *data, size_t size) {
  uint64_t total = 0;
  for (size_t i = 0; i < size; ++i)
    total += data[i];
  return total;
}

TEST(MappedFile, ReleasedPagesAreReadAgain) {
  TemporaryFolder folder;
  size_t page = size_t(sysconf(_SC_PAGESIZE)), size = 64 * page + 100;
  putFile(folder / "a", std::string(size, 'x'));
  Result<MappedFile> file = MappedFile::open(folder / "a");
  ASSERT_TRUE(file) << file.message();
  uint64_t total = sum(file->data(), size);
  EXPECT_EQ(total, size * 'x');
  EXPECT_EQ(countPages(file->data(), 64 * page), 64u);

  // Pages that are only touched at their end or their start stay.
  releaseMappedPages(file->data() + 100, 32 * page);
  EXPECT_EQ(countPages(file->data(), 64 * page), 64u - 31u);
  releaseMappedPages(file->data(), size);
  EXPECT_EQ(countPages(file->data(), 64 * page), 0u);
  EXPECT_EQ(sum(file->data(), size), total);
}

TEST(MappedFile, MemoryOfOthersIsLeftAlone) {
  std::vector<uint8_t> bytes(1 << 20, 7);
  releaseMappedPages(bytes.data(), bytes.size());
  EXPECT_EQ(sum(bytes.data(), bytes.size()), uint64_t(7) << 20);
}
