//===- ModuleFormat.h - layout of a module file -----------------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_LIB_RUNTIME_MODULEFORMAT_H
#define ZQ_LIB_RUNTIME_MODULEFORMAT_H

#include <cstdint>
#include <cstring>
#include <string_view>

namespace zq::runtime {

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
              "module files are read and written in place");

/// The first bytes of a module file. The magic has a byte above 127 and both
/// line ends, so that a transfer as text destroys it visibly.
struct FileHeader {
  static constexpr uint8_t kMagic[8] = {0x89, 'Z',  'Q',  'M',
                                        '\r', '\n', 0x1A, '\n'};
  static constexpr uint64_t kAlignment = 128;

  uint8_t magic[8];
  uint32_t version;
  uint32_t reserved;
  uint64_t manifestSize;
  uint64_t fileSize;
  uint64_t checksum;
  uint8_t padding[24];

  /// FNV-1a of what stands before the checksum and of the manifest.
  uint64_t computeChecksum(std::string_view manifest) const {
    uint64_t hash = 0xCBF29CE484222325;
    auto add = [&](const uint8_t *bytes, size_t size) {
      for (size_t i = 0; i != size; ++i)
        hash = (hash ^ bytes[i]) * 0x100000001B3;
    };
    uint8_t bytes[sizeof(FileHeader)];
    std::memcpy(bytes, this, sizeof(bytes));
    add(bytes, 32);
    add(reinterpret_cast<const uint8_t *>(manifest.data()), manifest.size());
    return hash;
  }
};
static_assert(sizeof(FileHeader) == 64);

inline uint64_t alignBlob(uint64_t offset) {
  return (offset + FileHeader::kAlignment - 1) / FileHeader::kAlignment *
         FileHeader::kAlignment;
}

} // namespace zq::runtime

#endif // ZQ_LIB_RUNTIME_MODULEFORMAT_H
