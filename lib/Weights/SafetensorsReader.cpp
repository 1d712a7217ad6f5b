//===- SafetensorsReader.cpp - check and map a weights file ---------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "zq/Support/StrictJson.h"
#include "zq/Weights/Safetensors.h"

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>

using namespace zq;
using nlohmann::json;

/// The reference implementation refuses longer headers, too.
static constexpr uint64_t kMaxHeaderBytes = 100'000'000;

Error SafetensorsFile::error(const std::string &what) const {
  return {path + ": " + what};
}

Error SafetensorsFile::tensorError(const std::string &name,
                                   const std::string &what) const {
  return {path + ": tensor '" + name + "': " + what};
}

Result<SafetensorsFile> SafetensorsFile::open(const std::string &path) {
  Result<MappedFile> mapped = MappedFile::open(path);
  if (!mapped)
    return mapped.takeError();
  SafetensorsFile file(path, std::move(*mapped));
  if (Result<void> parsed = file.parse(); !parsed)
    return parsed.takeError();
  return file;
}

/// A list of unsigned integers that fit int64_t, or nothing.
static std::optional<std::vector<int64_t>> getSizes(const json &list) {
  if (!list.is_array())
    return std::nullopt;
  std::vector<int64_t> sizes;
  for (const json &element : list) {
    if (!element.is_number_unsigned() ||
        element.get<uint64_t>() > static_cast<uint64_t>(INT64_MAX))
      return std::nullopt;
    sizes.push_back(element.get<int64_t>());
  }
  return sizes;
}

/// The bytes that a tensor takes, or nothing if that is no whole number below
/// 2^63.
static std::optional<int64_t> getByteSize(const std::vector<int64_t> &shape,
                                          DType dtype) {
  // A zero anywhere makes the tensor empty, whatever the other dimensions.
  if (std::find(shape.begin(), shape.end(), 0) != shape.end())
    return 0;
  int64_t bits = getBitWidth(dtype);
  for (int64_t dim : shape)
    if (__builtin_mul_overflow(bits, dim, &bits))
      return std::nullopt;
  if (bits % 8 != 0)
    return std::nullopt;
  return bits / 8;
}

/// What the header says of one tensor, with its range in the buffer still
/// relative to `buffer`; the error's text lacks file and tensor.
static Result<TensorView> parseTensor(const json &entry, const uint8_t *buffer,
                                      uint64_t bufferSize) {
  if (!entry.is_object())
    return Error{"found " + std::string(entry.type_name()) +
                 ", wanted an object with dtype, shape and data_offsets"};
  for (const char *key : {"dtype", "shape", "data_offsets"})
    if (!entry.contains(key))
      return Error{"'" + std::string(key) + "' is missing"};

  const json &dtypeName = entry["dtype"];
  std::optional<DType> dtype;
  if (dtypeName.is_string())
    dtype = parseDType(dtypeName.get_ref<const std::string &>());
  if (!dtype)
    return Error{"unknown dtype " + dtypeName.dump()};

  std::optional<std::vector<int64_t>> shape = getSizes(entry["shape"]);
  if (!shape)
    return Error{"found shape " + entry["shape"].dump() +
                 ", wanted a list of integers from 0 to 2^63 - 1"};
  std::optional<std::vector<int64_t>> range = getSizes(entry["data_offsets"]);
  if (!range || range->size() != 2 || (*range)[0] > (*range)[1])
    return Error{"found data_offsets " + entry["data_offsets"].dump() +
                 ", wanted [begin, end] with begin <= end"};

  TensorView tensor{{}, *dtype, std::move(*shape), nullptr, 0};
  auto [begin, end] = std::pair((*range)[0], (*range)[1]);
  std::optional<int64_t> wanted = getByteSize(tensor.shape, *dtype);
  std::string typeText =
      tensor.getShapeText() + " of " + std::string(getDTypeName(*dtype));
  if (!wanted)
    return Error{typeText + " is no whole number of bytes below 2^60"};
  if (end - begin != *wanted)
    return Error{"found " + std::to_string(end - begin) +
                 " bytes (data_offsets " + entry["data_offsets"].dump() +
                 "), wanted " + std::to_string(*wanted) + " for " + typeText};
  if (static_cast<uint64_t>(end) > bufferSize)
    return Error{"its bytes end at " + std::to_string(end) +
                 ", but the file holds " + std::to_string(bufferSize) +
                 " bytes after the header: truncated?"};
  tensor.data = buffer + begin;
  tensor.size = static_cast<size_t>(end - begin);
  return tensor;
}

Result<void> SafetensorsFile::parse() {
  if (file.size() < 8)
    return error("found " + std::to_string(file.size()) +
                 " bytes, wanted at least the 8 of a safetensors header "
                 "length: truncated?");
  uint64_t headerSize = 0; // little-endian in the file
  for (int i = 7; i >= 0; --i)
    headerSize = headerSize << 8 | file.data()[i];
  if (headerSize > kMaxHeaderBytes)
    return error("the header's length is given as " +
                 std::to_string(headerSize) + " bytes, more than " +
                 std::to_string(kMaxHeaderBytes) + ": not a safetensors file?");
  if (headerSize > file.size() - 8)
    return error("the header's length is given as " +
                 std::to_string(headerSize) + " bytes, but the file has " +
                 std::to_string(file.size() - 8) + " after it: truncated?");
  std::string_view text(reinterpret_cast<const char *>(file.data()) + 8,
                        headerSize);
  if (text.empty() || text.front() != '{')
    return error("the header does not begin with '{': not a safetensors file?");
  Result<json> header = parseStrictJson(text);
  if (!header)
    return error("bad header: " + header.message());

  const uint8_t *buffer = file.data() + 8 + headerSize;
  uint64_t bufferSize = file.size() - 8 - headerSize;
  for (const auto &[name, entry] : header->items()) {
    if (name == "__metadata__") {
      if (!entry.is_object())
        return error("__metadata__: found " + std::string(entry.type_name()) +
                     ", wanted an object of strings");
      for (const auto &[key, value] : entry.items()) {
        if (!value.is_string())
          return error("__metadata__: '" + key + "' is " + value.type_name() +
                       ", wanted a string");
        metadata[key] = value.get<std::string>();
      }
      continue;
    }
    Result<TensorView> tensor = parseTensor(entry, buffer, bufferSize);
    if (!tensor)
      return tensorError(name, tensor.message());
    tensor->name = name;
    tensors.push_back(std::move(*tensor));
  }

  // The format wants the buffer covered without overlaps and holes, so that
  // nothing can hide in a file.
  std::sort(tensors.begin(), tensors.end(),
            [](const TensorView &a, const TensorView &b) {
              return std::tie(a.data, a.size, a.name) <
                     std::tie(b.data, b.size, b.name);
            });
  const uint8_t *end = buffer;
  for (const TensorView &tensor : tensors) {
    if (tensor.data != end) {
      std::string at = std::to_string(tensor.data - buffer);
      std::string wanted = std::to_string(end - buffer);
      return tensorError(tensor.name,
                         "its bytes begin at " + at + ", wanted " + wanted +
                             (tensor.data < end
                                  ? ": they overlap another tensor's"
                                  : ": there is a hole before them"));
    }
    end += tensor.size;
  }
  if (end != buffer + bufferSize)
    return error("found " + std::to_string(bufferSize) +
                 " bytes after the header, wanted the " +
                 std::to_string(end - buffer) + " that tensors cover");
  for (size_t i = 0; i != tensors.size(); ++i)
    index.emplace(tensors[i].name, i);
  return {};
}

const TensorView *SafetensorsFile::lookup(std::string_view name) const {
  auto it = index.find(std::string(name));
  return it == index.end() ? nullptr : &tensors[it->second];
}

/// How many characters two names have in common at their ends.
static size_t getLikeness(std::string_view a, std::string_view b) {
  size_t prefix =
      std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin();
  size_t suffix =
      std::mismatch(a.rbegin(), a.rend(), b.rbegin(), b.rend()).first -
      a.rbegin();
  return prefix + suffix;
}

Result<const TensorView *> SafetensorsFile::find(std::string_view name) const {
  if (const TensorView *tensor = lookup(name))
    return tensor;
  std::string text =
      "not among the file's " + std::to_string(tensors.size()) + " tensors";
  auto nearest = std::max_element(
      tensors.begin(), tensors.end(),
      [&](const TensorView &a, const TensorView &b) {
        return getLikeness(a.name, name) < getLikeness(b.name, name);
      });
  if (nearest != tensors.end())
    text += "; the nearest is '" + nearest->name + "'";
  return tensorError(std::string(name), text);
}
