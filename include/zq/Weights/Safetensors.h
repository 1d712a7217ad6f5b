//===- Safetensors.h - weights files ----------------------------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Reads and writes safetensors files: a 64-bit header length, a JSON header
// that gives each tensor's dtype, shape and byte range, and the bytes. Files
// are memory-mapped, and nothing of a file is believed before it is checked:
// after `open` every tensor's bytes are there, disjoint and of the right size.
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_WEIGHTS_SAFETENSORS_H
#define ZQ_WEIGHTS_SAFETENSORS_H

#include "zq/Support/MappedFile.h"
#include "zq/Support/OutputFile.h"
#include "zq/Support/Result.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace zq {

/// The element types that the format names.
enum class DType : uint8_t {
  BOOL,
  F4,
  F6_E2M3,
  F6_E3M2,
  U8,
  I8,
  F8_E5M2,
  F8_E4M3,
  F8_E8M0,
  I16,
  U16,
  F16,
  BF16,
  I32,
  U32,
  F32,
  C64,
  F64,
  I64,
  U64,
};

/// The file's spelling, "BF16".
std::string_view getDTypeName(DType dtype);
std::optional<DType> parseDType(std::string_view name);
unsigned getBitWidth(DType dtype);
/// Whether `loadFloats` reads it: F32, F16 and BF16.
bool isLoadableFloat(DType dtype);

/// A tensor inside an open file. `data` may have any alignment.
struct TensorView {
  std::string name;
  DType dtype;
  std::vector<int64_t> shape;
  const uint8_t *data;
  size_t size;

  int64_t getNumElements() const;
  /// "1536x576", or "scalar".
  std::string getShapeText() const;
};

class SafetensorsFile {
public:
  static Result<SafetensorsFile> open(const std::string &path);

  const std::string &getPath() const { return path; }
  /// In the order of their bytes.
  const std::vector<TensorView> &getTensors() const { return tensors; }
  const std::map<std::string, std::string> &getMetadata() const {
    return metadata;
  }
  /// Null where the file has no such tensor.
  const TensorView *lookup(std::string_view name) const;
  /// The tensor, or an error that names the file and the nearest names in it.
  Result<const TensorView *> find(std::string_view name) const;

private:
  SafetensorsFile(std::string path, MappedFile file)
      : path(std::move(path)), file(std::move(file)) {}
  Result<void> parse();
  Error error(const std::string &what) const;
  Error tensorError(const std::string &name, const std::string &what) const;

  std::string path;
  MappedFile file;
  std::vector<TensorView> tensors;
  std::unordered_map<std::string, size_t> index;
  std::map<std::string, std::string> metadata;
};

/// Elements [first, first + count) of a tensor of floats, in FP32; exact. The
/// tensor must be `isLoadableFloat` and the range inside it.
void loadFloats(const TensorView &tensor, int64_t first, int64_t count,
                float *values);

/// What the header says of a tensor that is to be written.
struct TensorInfo {
  std::string name;
  DType dtype;
  std::vector<int64_t> shape;
};

/// Writes a file whose tensors are known before their bytes are, so that one
/// tensor at a time has to be in memory. The file appears at `finish`.
class SafetensorsWriter {
public:
  static Result<SafetensorsWriter>
  create(const std::string &path, std::vector<TensorInfo> tensors,
         const std::map<std::string, std::string> &metadata = {});
  /// Goes on with what an interrupted run with the same tensors and metadata
  /// has left in `path`.partial; `isResumed` says whether there was such. Which
  /// tensors it had written, the caller must know. Starts anew where the
  /// tensors differ; fails where the file has not the same `format` in its
  /// metadata.
  static Result<SafetensorsWriter>
  resume(const std::string &path, std::vector<TensorInfo> tensors,
         const std::map<std::string, std::string> &metadata = {});
  bool isResumed() const { return resumed; }

  uint64_t getSize(size_t tensor) const { return ranges[tensor].size; }
  /// The bytes of a tensor that a run before this one, or this one, has
  /// written; zeros otherwise. Of a writer that was resumed or could be.
  Result<void> read(size_t tensor, void *data) const;
  /// That run's bytes are those that are wanted.
  void markWritten(size_t tensor) { ranges[tensor].written = true; }

  /// The bytes of one whole tensor, once each, in any order; safe to call from
  /// several threads for different tensors.
  Result<void> write(size_t tensor, const void *data, size_t size);
  /// Fails if a tensor has no bytes yet.
  Result<void> finish();
  /// Gives up; nothing is left, of a resumed file neither.
  void discard() { file.remove(); }

private:
  struct Range {
    uint64_t offset, size;
    bool written = false;
  };
  struct Layout;
  SafetensorsWriter(std::string path, OutputFile file,
                    std::vector<TensorInfo> tensors, std::vector<Range> ranges)
      : path(std::move(path)), file(std::move(file)),
        tensors(std::move(tensors)), ranges(std::move(ranges)) {}
  static Result<Layout>
  layOut(const std::string &path, const std::vector<TensorInfo> &tensors,
         const std::map<std::string, std::string> &metadata);

  std::string path;
  OutputFile file;
  std::vector<TensorInfo> tensors;
  std::vector<Range> ranges;
  bool resumed = false;
};

} // namespace zq

#endif // ZQ_WEIGHTS_SAFETENSORS_H
