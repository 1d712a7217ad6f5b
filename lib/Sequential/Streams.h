//===- Streams.h - activations of all windows -------------------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Between two stages a model is what its activations are, window by window of
// the calibration data. They are in a file of the state's folder, mapped where
// they are read: memory holds the windows that are computed, and an interrupted
// calibration finds them again.
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_LIB_SEQUENTIAL_STREAMS_H
#define ZQ_LIB_SEQUENTIAL_STREAMS_H

#include "zq/Arrays/Array.h"
#include "zq/Support/MappedFile.h"
#include "zq/Support/OutputFile.h"

namespace zq {

/// One activation in all windows. Copies share it.
class Stream {
public:
  /// The windows of `array` along its first dimension, `shape` each.
  static Result<Stream> fromArray(Array array, std::vector<int64_t> shape);
  static Result<Stream> open(const std::string &path, DType dtype,
                             std::vector<int64_t> shape, int64_t windows);

  int64_t getNumWindows() const { return windows; }
  /// To be read only.
  Array load(int64_t window) const;

private:
  std::shared_ptr<const void> owner;
  const uint8_t *data = nullptr;
  DType dtype = DType::F32;
  std::vector<int64_t> shape;
  int64_t windows = 0;
};

/// Writes the file that `Stream::open` reads.
class StreamWriter {
public:
  static Result<StreamWriter> create(const std::string &path);
  /// All windows have the same size.
  Result<void> write(int64_t window, const Array &array);
  Result<void> commit() { return file.commit(); }

private:
  explicit StreamWriter(OutputFile file) : file(std::move(file)) {}
  OutputFile file;
};

} // namespace zq

#endif // ZQ_LIB_SEQUENTIAL_STREAMS_H
