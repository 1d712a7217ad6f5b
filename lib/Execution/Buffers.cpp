//===- Buffers.cpp - memory for compiled code -----------------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Runtime.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <unordered_map>

using namespace zq;

namespace {

/// Smaller ones are as well off with the system.
constexpr size_t minKept = size_t(64) << 10;
constexpr size_t maxKeptAlignment = 64;

/// The large buffers of a thread. All are the system's, as what other code
/// allocates is, which compiled code may also free (a compiled linear returns
/// what it got from malloc): only those that are known here are kept.
class Buffers {
public:
  ~Buffers() {
    for (auto &[size, buffer] : kept)
      std::free(buffer);
  }

  /// A buffer of that size or little more; null where there is no memory.
  void *allocate(size_t size) {
    auto found = kept.lower_bound(size);
    void *buffer;
    if (found != kept.end() && found->first <= size + size / 4) {
      size = found->first;
      buffer = found->second;
      keptBytes -= size;
      kept.erase(found);
    } else {
      buffer = std::aligned_alloc(maxKeptAlignment, size);
      if (!buffer)
        return nullptr;
    }
    used[buffer] = size;
    usedBytes += size;
    mostUsedBytes = std::max(mostUsedBytes, usedBytes);
    return buffer;
  }

  /// Whether the buffer is one of these.
  bool free(void *buffer) {
    auto found = used.find(buffer);
    if (found == used.end())
      return false;
    kept.emplace(found->second, buffer);
    keptBytes += found->second;
    usedBytes -= found->second;
    used.erase(found);
    // What is in use and what is kept never exceed what once was in use, but
    // for sizes that did not fit again: the smallest go first, as the cheapest
    // to get anew.
    while (keptBytes + usedBytes > mostUsedBytes + mostUsedBytes / 4) {
      auto smallest = kept.begin();
      keptBytes -= smallest->first;
      std::free(smallest->second);
      kept.erase(smallest);
    }
    return true;
  }

private:
  std::multimap<size_t, void *> kept;
  std::unordered_map<void *, size_t> used;
  size_t keptBytes = 0, usedBytes = 0, mostUsedBytes = 0;
};

thread_local Buffers buffers;

} // namespace

void *zq::allocateBuffer(size_t alignment, size_t size) {
  bool isKept = size >= minKept && alignment <= maxKeptAlignment;
  alignment = isKept ? maxKeptAlignment : std::max(alignment, sizeof(void *));
  size_t whole = (size + alignment - 1) / alignment * alignment;
  if (whole < size)
    return nullptr;
  return isKept ? buffers.allocate(whole)
                : std::aligned_alloc(alignment, whole);
}

void zq::freeBuffer(void *buffer) {
  if (!buffers.free(buffer))
    std::free(buffer);
}
