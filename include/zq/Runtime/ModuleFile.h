//===- ModuleFile.h - compiled modules on disk ------------------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A compiled module is one file (.zqm), little-endian:
//
//     0  magic, 8 bytes: 89 'Z' 'Q' 'M' 0D 0A 1A 0A
//     8  version of the format, 32 bits: the lowest that says all that is in
//        the file, so that older runtimes run what they can
//    12  zero, 32 bits
//    16  size of the manifest, 64 bits
//    24  size of the file, 64 bits
//    32  checksum, 64 bits: FNV-1a of bytes 0 to 31 and of the manifest
//    40  zero, 24 bytes
//    64  manifest, JSON (ModuleDescription.h)
//        zeros up to a multiple of 128: here the data section begins
//        blobs, each from a multiple of 128 bytes, zeros between them
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_RUNTIME_MODULEFILE_H
#define ZQ_RUNTIME_MODULEFILE_H

#include "zq/Runtime/ModuleDescription.h"
#include "zq/Support/MappedFile.h"
#include "zq/Support/OutputFile.h"

namespace zq::runtime {

/// What was wrong with a file, for callers that tell the cases apart.
enum class ModuleError : uint8_t {
  Io,      ///< cannot be read at all
  Foreign, ///< not a compiled module
  Newer,   ///< of a later version of the format
  Corrupt, ///< truncated or inconsistent
};

/// A module file, memory-mapped and checked.
class ModuleFile {
public:
  /// The newest version that is read.
  /// 2: linears with `multipliers`.
  /// 3: linears with a `residual`.
  /// In the manifests of versions before its own, such a field is missing or
  /// false.
  static constexpr uint32_t kVersion = 3;

  /// `kind`, where given, is set if there is an error.
  static Result<ModuleFile> open(const std::string &path,
                                 ModuleError *kind = nullptr);

  const std::string &getPath() const { return path; }
  const ModuleDescription &getDescription() const { return description; }
  const uint8_t *getBlobData(size_t blob) const {
    return file.data() + dataOffset + description.blobs[blob].offset;
  }
  uint64_t getBlobSize(size_t blob) const {
    return description.blobs[blob].size;
  }

private:
  ModuleFile(std::string path, MappedFile file)
      : path(std::move(path)), file(std::move(file)) {}
  Result<void> parse(ModuleError &kind);

  std::string path;
  MappedFile file;
  ModuleDescription description;
  uint64_t dataOffset = 0;
};

/// Writes a module whose blobs need not be in memory together. The file
/// appears at `finish`.
class ModuleWriter {
public:
  static Result<ModuleWriter> create(const std::string &path,
                                     ModuleDescription description);

  /// The bytes of one blob, once each, in any order; safe to call from several
  /// threads for different blobs.
  Result<void> writeBlob(size_t blob, const void *data, uint64_t size);
  /// Fails if a blob has no bytes yet.
  Result<void> finish();

private:
  ModuleWriter(std::string path, OutputFile file, ModuleDescription description,
               uint64_t dataOffset)
      : path(std::move(path)), file(std::move(file)),
        description(std::move(description)), dataOffset(dataOffset),
        written(this->description.blobs.size()) {}

  std::string path;
  OutputFile file;
  ModuleDescription description;
  uint64_t dataOffset;
  std::vector<char> written;
};

} // namespace zq::runtime

#endif // ZQ_RUNTIME_MODULEFILE_H
