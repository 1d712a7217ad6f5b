//===- SafetensorsWriter.cpp - write a weights file -----------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "zq/Weights/Safetensors.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>
#include <set>

using namespace zq;
using nlohmann::json;

/// Where each tensor's bytes are, and what stands before all of them.
struct SafetensorsWriter::Layout {
  std::string prefix;
  std::vector<Range> ranges;
  uint64_t size; ///< of the file
};

Result<SafetensorsWriter::Layout>
SafetensorsWriter::layOut(const std::string &path,
                          const std::vector<TensorInfo> &tensors,
                          const std::map<std::string, std::string> &metadata) {
  auto tensorError = [&](const TensorInfo &info, const std::string &what) {
    return Error{path + ": tensor '" + info.name + "': " + what};
  };
  std::vector<Range> ranges(tensors.size());
  std::set<std::string> names;
  for (size_t i = 0; i != tensors.size(); ++i) {
    const TensorInfo &info = tensors[i];
    if (info.name == "__metadata__" || !names.insert(info.name).second)
      return tensorError(info, "the name is taken");
    uint64_t bits = getBitWidth(info.dtype);
    for (int64_t dim : info.shape)
      if (dim < 0 || __builtin_mul_overflow(bits, dim, &bits))
        return tensorError(info, "its shape is negative or too large");
    if (bits % 8 != 0)
      return tensorError(info, "it is no whole number of bytes");
    ranges[i].size = bits / 8;
  }

  // Wide elements first, so that every tensor is aligned to its elements.
  std::vector<size_t> order(tensors.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return std::pair(getBitWidth(tensors[b].dtype), a) <
           std::pair(getBitWidth(tensors[a].dtype), b);
  });
  json header = json::object();
  if (!metadata.empty())
    header["__metadata__"] = metadata;
  uint64_t end = 0;
  for (size_t i : order) {
    ranges[i].offset = end;
    end += ranges[i].size;
    header[tensors[i].name] = {
        {"dtype", std::string(getDTypeName(tensors[i].dtype))},
        {"shape", tensors[i].shape},
        {"data_offsets", {ranges[i].offset, end}}};
  }

  std::string text;
  try {
    text = header.dump();
  } catch (const json::exception &exception) {
    return Error{path + ": a name is no UTF-8: " + exception.what()};
  }
  text.resize((text.size() + 7) / 8 * 8, ' ');
  std::string prefix;
  for (int i = 0; i != 8; ++i)
    prefix += static_cast<char>(text.size() >> (8 * i) & 0xFF);
  text.insert(0, prefix);
  for (Range &range : ranges)
    range.offset += text.size();

  end += text.size();
  return Layout{std::move(text), std::move(ranges), end};
}

/// The header, and room for all tensors.
static Result<void> writePrefix(OutputFile &file, const std::string &prefix,
                                uint64_t size) {
  // The header first: by it the file is known as a run's that was interrupted.
  if (Result<void> done = file.writeAt(0, prefix.data(), prefix.size()); !done)
    return done;
  return file.resize(size);
}

/// Whether the file has a header with this `format` in its metadata; empty is
/// without.
static Result<bool> hasFormat(const OutputFile &file, uint64_t size,
                              const std::string &format) {
  unsigned char bytes[8];
  if (size < sizeof(bytes))
    return false;
  if (Result<void> done = file.readAt(0, bytes, sizeof(bytes)); !done)
    return done.takeError();
  uint64_t length = 0;
  for (int i = 0; i != 8; ++i)
    length |= static_cast<uint64_t>(bytes[i]) << (8 * i);
  if (length > size - sizeof(bytes))
    return false;
  std::string text(length, '\0');
  if (Result<void> done = file.readAt(sizeof(bytes), text.data(), length);
      !done)
    return done.takeError();
  json header = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!header.is_object())
    return false;
  auto metadata = header.find("__metadata__");
  if (metadata == header.end() || !metadata->is_object())
    return format.empty();
  auto found = metadata->find("format");
  return found == metadata->end() ? format.empty() : *found == format;
}

Result<SafetensorsWriter>
SafetensorsWriter::create(const std::string &path,
                          std::vector<TensorInfo> tensors,
                          const std::map<std::string, std::string> &metadata) {
  Result<Layout> layout = layOut(path, tensors, metadata);
  if (!layout)
    return layout.takeError();
  Result<OutputFile> file = OutputFile::create(path);
  if (!file)
    return file.takeError();
  if (Result<void> done = writePrefix(*file, layout->prefix, layout->size);
      !done)
    return done.takeError();
  return SafetensorsWriter(path, std::move(*file), std::move(tensors),
                           std::move(layout->ranges));
}

Result<SafetensorsWriter>
SafetensorsWriter::resume(const std::string &path,
                          std::vector<TensorInfo> tensors,
                          const std::map<std::string, std::string> &metadata) {
  Result<Layout> layout = layOut(path, tensors, metadata);
  if (!layout)
    return layout.takeError();
  Result<OutputFile> file = OutputFile::resume(path);
  if (!file)
    return file.takeError();
  Result<uint64_t> size = file->getSize();
  if (!size)
    return size.takeError();
  bool resumed = *size == layout->size;
  if (resumed) {
    std::string prefix(layout->prefix.size(), '\0');
    if (Result<void> done = file->readAt(0, prefix.data(), prefix.size());
        !done)
      return done.takeError();
    resumed = prefix == layout->prefix;
  }
  if (!resumed) {
    auto format = metadata.find("format");
    Result<bool> known =
        hasFormat(*file, *size, format == metadata.end() ? "" : format->second);
    if (!known)
      return known.takeError();
    if (*size != 0 && !*known)
      return Error{path +
                   ".partial: is no interrupted run's: its header is "
                   "none of such a file, which this run would replace; "
                   "move it away, or write to another name than " +
                   path};
    // What another run has left must not be taken for zeros.
    if (Result<void> emptied = file->resize(0); !emptied)
      return emptied.takeError();
    if (Result<void> done = writePrefix(*file, layout->prefix, layout->size);
        !done)
      return done.takeError();
  }
  SafetensorsWriter writer(path, std::move(*file), std::move(tensors),
                           std::move(layout->ranges));
  writer.resumed = resumed;
  return writer;
}

Result<void> SafetensorsWriter::read(size_t tensor, void *data) const {
  return file.readAt(ranges[tensor].offset, data, ranges[tensor].size);
}

Result<void> SafetensorsWriter::write(size_t tensor, const void *data,
                                      size_t size) {
  Range &range = ranges[tensor];
  auto error = [&](const std::string &what) {
    return Error{path + ": tensor '" + tensors[tensor].name + "': " + what};
  };
  if (size != range.size)
    return error("got " + std::to_string(size) + " bytes, wanted " +
                 std::to_string(range.size));
  if (range.written)
    return error("written twice");
  range.written = true;
  return file.writeAt(range.offset, data, size);
}

Result<void> SafetensorsWriter::finish() {
  for (size_t i = 0; i != ranges.size(); ++i)
    if (!ranges[i].written)
      return Error{path + ": tensor '" + tensors[i].name +
                   "': its bytes were never written"};
  return file.commit();
}
