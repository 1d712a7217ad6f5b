//===- ModuleWriter.cpp - write a compiled module -------------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ModuleFormat.h"
#include "zq/Runtime/ModuleFile.h"

#include <algorithm>
#include <nlohmann/json.hpp>

using namespace zq;
using namespace zq::runtime;

/// The lowest version of the format that says all of `module`.
static uint32_t getVersion(const ModuleDescription &module) {
  uint32_t version = 1;
  for (const Linear &linear : module.linears) {
    if (linear.multipliers)
      version = std::max(version, 2u);
    if (linear.residual)
      version = std::max(version, 3u);
  }
  return version;
}

Result<ModuleWriter> ModuleWriter::create(const std::string &path,
                                          ModuleDescription description) {
  uint64_t dataSize = 0;
  for (BlobRange &blob : description.blobs) {
    blob.offset = alignBlob(dataSize);
    dataSize = blob.offset + blob.size;
  }
  // What the reader would refuse is not written.
  if (Result<void> fits = validate(description); !fits)
    return Error{path + ": " + fits.message()};
  std::string manifest;
  try {
    manifest = toJson(description).dump();
  } catch (const nlohmann::json::exception &exception) {
    return Error{path + ": a name is no UTF-8: " + exception.what()};
  }

  FileHeader header{};
  std::memcpy(header.magic, FileHeader::kMagic, sizeof(header.magic));
  header.version = getVersion(description);
  header.manifestSize = manifest.size();
  uint64_t dataOffset = alignBlob(sizeof(header) + manifest.size());
  header.fileSize = dataOffset + dataSize;
  header.checksum = header.computeChecksum(manifest);

  Result<OutputFile> file = OutputFile::create(path);
  if (!file)
    return file.takeError();
  for (Result<void> done :
       {file->resize(header.fileSize),
        file->writeAt(0, &header, sizeof(header)),
        file->writeAt(sizeof(header), manifest.data(), manifest.size())})
    if (!done)
      return done.takeError();
  return ModuleWriter(path, std::move(*file), std::move(description),
                      dataOffset);
}

Result<void> ModuleWriter::writeBlob(size_t blob, const void *data,
                                     uint64_t size) {
  auto error = [&](const std::string &what) {
    return Error{path + ": blob " + std::to_string(blob) + ": " + what};
  };
  if (blob >= written.size())
    return error("there is none");
  const BlobRange &range = description.blobs[blob];
  if (size != range.size)
    return error("got " + std::to_string(size) + " bytes, wanted " +
                 std::to_string(range.size));
  if (written[blob])
    return error("written twice");
  written[blob] = 1;
  return file.writeAt(dataOffset + range.offset, data, size);
}

Result<void> ModuleWriter::finish() {
  for (size_t i = 0; i != written.size(); ++i)
    if (!written[i])
      return Error{path + ": blob " + std::to_string(i) +
                   ": its bytes were never written"};
  return file.commit();
}
