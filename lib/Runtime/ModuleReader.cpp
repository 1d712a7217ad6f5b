//===- ModuleReader.cpp - map and check a compiled module -----------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ModuleFormat.h"
#include "zq/Runtime/ModuleFile.h"
#include "zq/Support/StrictJson.h"

#include <nlohmann/json.hpp>

using namespace zq;
using namespace zq::runtime;

Result<ModuleFile> ModuleFile::open(const std::string &path,
                                    ModuleError *kind) {
  ModuleError ignored;
  ModuleError &problem = kind ? *kind : ignored;
  problem = ModuleError::Io;
  Result<MappedFile> mapped = MappedFile::open(path);
  if (!mapped)
    return mapped.takeError();
  ModuleFile module(path, std::move(*mapped));
  if (Result<void> parsed = module.parse(problem); !parsed)
    return Error{path + ": " + parsed.message()};
  return module;
}

/// The blobs must lie in the data section, in order, with only padding between
/// them.
static Result<void> checkBlobs(const std::vector<BlobRange> &blobs,
                               uint64_t dataSize) {
  uint64_t end = 0;
  for (size_t i = 0; i != blobs.size(); ++i) {
    uint64_t wanted = alignBlob(end);
    if (blobs[i].offset != wanted)
      return Error{"blob " + std::to_string(i) + " begins at " +
                   std::to_string(blobs[i].offset) + ", wanted " +
                   std::to_string(wanted)};
    if (wanted > dataSize || blobs[i].size > dataSize - wanted)
      return Error{"blob " + std::to_string(i) + " has " +
                   std::to_string(blobs[i].size) + " bytes at " +
                   std::to_string(wanted) + ", but the data section has " +
                   std::to_string(dataSize)};
    end = wanted + blobs[i].size;
  }
  if (end != dataSize)
    return Error{"the data section has " + std::to_string(dataSize) +
                 " bytes, but the blobs end at " + std::to_string(end)};
  return {};
}

Result<void> ModuleFile::parse(ModuleError &kind) {
  FileHeader header;
  kind = ModuleError::Foreign;
  if (file.size() < sizeof(header.magic) ||
      std::memcmp(file.data(), FileHeader::kMagic, sizeof(header.magic)) != 0)
    return Error{"not a compiled zq module"};
  kind = ModuleError::Corrupt;
  if (file.size() < sizeof(header))
    return Error{"truncated: found " + std::to_string(file.size()) +
                 " bytes, wanted a header of " +
                 std::to_string(sizeof(header))};
  std::memcpy(&header, file.data(), sizeof(header));
  // Before anything that a later version may have changed.
  if (header.version > kVersion) {
    kind = ModuleError::Newer;
    return Error{"the module is of format version " +
                 std::to_string(header.version) +
                 ", this runtime reads up to " + std::to_string(kVersion) +
                 ": use a newer zq"};
  }
  if (header.version == 0)
    return Error{"found format version 0, wanted 1 to " +
                 std::to_string(kVersion)};
  if (header.fileSize != file.size())
    return Error{
        std::string(file.size() < header.fileSize ? "truncated: " : "") +
        "found " + std::to_string(file.size()) + " bytes, wanted " +
        std::to_string(header.fileSize)};
  if (header.manifestSize > file.size() - sizeof(header))
    return Error{"the manifest's size is given as " +
                 std::to_string(header.manifestSize) +
                 " bytes, more than the file has"};
  std::string_view manifest(reinterpret_cast<const char *>(file.data()) +
                                sizeof(header),
                            header.manifestSize);
  if (header.computeChecksum(manifest) != header.checksum)
    return Error{"damaged: the checksum of header and manifest is wrong"};
  dataOffset = alignBlob(sizeof(header) + header.manifestSize);
  if (dataOffset > file.size())
    return Error{"the data section would begin after the file's end"};

  Result<nlohmann::json> json = parseStrictJson(manifest);
  if (!json)
    return Error{"bad manifest: " + json.message()};
  Result<ModuleDescription> parsed = fromJson(*json, header.version);
  if (!parsed)
    return Error{"bad manifest: " + parsed.message()};
  description = std::move(*parsed);
  if (Result<void> fits =
          checkBlobs(description.blobs, file.size() - dataOffset);
      !fits)
    return fits;
  return validate(description);
}
