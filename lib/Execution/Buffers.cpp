//===- Buffers.cpp - memory for compiled code -----------------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Runtime.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <map>

using namespace zq;

namespace {

/// In front of each buffer.
struct Header {
  void *memory; ///< what the system gave
  size_t size;  ///< of the buffer
};

/// Smaller ones are as well off with the system.
constexpr size_t minKept = size_t(64) << 10;
constexpr size_t minAlignment = 64;

/// The large buffers that a thread freed, by size.
class FreeBuffers {
public:
  ~FreeBuffers() {
    for (auto &[size, buffer] : buffers)
      release(buffer);
  }

  /// A buffer of that size or little more; null where there is none.
  void *take(size_t size) {
    auto found = buffers.lower_bound(size);
    if (found == buffers.end() || found->first > size + size / 4)
      return nullptr;
    void *buffer = found->second;
    kept -= found->first;
    buffers.erase(found);
    return buffer;
  }

  void keep(void *buffer, size_t size) {
    buffers.emplace(size, buffer);
    kept += size;
    // What is in use and what is kept never exceed what once was in use, but
    // for sizes that did not fit again: the smallest go first, as the cheapest
    // to get anew.
    while (kept + inUse > mostInUse + mostInUse / 4) {
      auto smallest = buffers.begin();
      kept -= smallest->first;
      release(smallest->second);
      buffers.erase(smallest);
    }
  }

  void countUse(size_t size) {
    inUse += size;
    mostInUse = std::max(mostInUse, inUse);
  }
  void countFree(size_t size) { inUse -= size; }

  static void release(void *buffer);

private:
  std::multimap<size_t, void *> buffers;
  size_t kept = 0, inUse = 0, mostInUse = 0;
};

thread_local FreeBuffers freeBuffers;

} // namespace

static Header getHeader(void *buffer) {
  Header header;
  std::memcpy(&header, static_cast<char *>(buffer) - sizeof(Header),
              sizeof(Header));
  return header;
}

void FreeBuffers::release(void *buffer) { std::free(getHeader(buffer).memory); }

void *zq::allocateBuffer(size_t alignment, size_t size) {
  bool isKept = size >= minKept && alignment <= minAlignment;
  if (isKept) {
    if (void *buffer = freeBuffers.take(size)) {
      freeBuffers.countUse(getHeader(buffer).size);
      return buffer;
    }
    freeBuffers.countUse(size);
  }
  alignment = std::max(alignment, minAlignment);
  size_t whole = (size + 2 * alignment - 1) / alignment * alignment;
  if (whole < size)
    return nullptr;
  void *memory = std::aligned_alloc(alignment, whole);
  if (!memory)
    return nullptr;
  char *buffer = static_cast<char *>(memory) + alignment;
  Header header{memory, isKept ? size : 0};
  std::memcpy(buffer - sizeof(Header), &header, sizeof(Header));
  return buffer;
}

void zq::freeBuffer(void *buffer) {
  if (!buffer)
    return;
  Header header = getHeader(buffer);
  if (header.size == 0)
    return std::free(header.memory);
  freeBuffers.countFree(header.size);
  freeBuffers.keep(buffer, header.size);
}
