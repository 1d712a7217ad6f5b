//===- Streams.cpp - activations of all windows ---------------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Streams.h"

#include <cstring>

using namespace zq;

static std::string getShapeText(const std::vector<int64_t> &shape) {
  std::string text;
  for (int64_t size : shape)
    text += (text.empty() ? "" : "x") + std::to_string(size);
  return text;
}

static size_t getWindowBytes(DType dtype, const std::vector<int64_t> &shape) {
  return Array::share(dtype, shape, nullptr, nullptr).getNumBytes();
}

Result<Stream> Stream::fromArray(Array array, std::vector<int64_t> shape) {
  const std::vector<int64_t> &have = array.getShape();
  bool fits = !shape.empty() && have.size() == shape.size() && shape[0] > 0 &&
              have[0] > 0 && have[0] % shape[0] == 0;
  for (size_t i = 1; fits && i < shape.size(); ++i)
    fits = have[i] == shape[i];
  if (!fits)
    return Error{"it is " + array.getTypeText() + ", want windows of " +
                 getShapeText(shape) +
                 " one after the other along the first dimension"};
  Stream stream;
  stream.dtype = array.getDType();
  stream.windows = have[0] / shape[0];
  stream.shape = std::move(shape);
  auto shared = std::make_shared<Array>(std::move(array));
  stream.data = shared->data();
  stream.owner = std::move(shared);
  return stream;
}

Result<Stream> Stream::open(const std::string &path, DType dtype,
                            std::vector<int64_t> shape, int64_t windows) {
  Result<MappedFile> file = MappedFile::open(path);
  if (!file)
    return file.takeError();
  Stream stream;
  stream.dtype = dtype;
  stream.shape = std::move(shape);
  stream.windows = windows;
  size_t wanted = getWindowBytes(dtype, stream.shape) * windows;
  if (file->size() != wanted)
    return Error{path + " has " + std::to_string(file->size()) +
                 " bytes, want " + std::to_string(wanted)};
  auto shared = std::make_shared<MappedFile>(std::move(*file));
  stream.data = shared->data();
  stream.owner = std::move(shared);
  return stream;
}

Array Stream::load(int64_t window) const {
  // Where it is, if vectors may be loaded from there.
  size_t size = getWindowBytes(dtype, shape);
  const uint8_t *elements = data + window * size;
  if (reinterpret_cast<uintptr_t>(elements) % 64 == 0)
    return Array::share(dtype, shape, elements, owner);
  Array array(dtype, shape);
  if (size != 0)
    std::memcpy(array.data(), elements, size);
  return array;
}

Result<StreamWriter> StreamWriter::create(const std::string &path) {
  Result<OutputFile> file = OutputFile::create(path);
  if (!file)
    return file.takeError();
  return StreamWriter(std::move(*file));
}

Result<void> StreamWriter::write(int64_t window, const Array &array) {
  size_t size = array.getNumBytes();
  return file.writeAt(window * size, array.data(), size);
}
