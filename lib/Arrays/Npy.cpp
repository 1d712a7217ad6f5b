//===- Npy.cpp - numpy's file format --------------------------------------===//
//
// Magic "\x93NUMPY", a version, the length of a header, and the header: a
// Python dictionary such as
//   {'descr': '<f4', 'fortran_order': False, 'shape': (4, 16), }
// Then the elements.
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "zq/Arrays/Npy.h"

#include "zq/Support/MappedFile.h"
#include "zq/Support/OutputFile.h"

#include <cstring>
#include <limits>

using namespace zq;

static constexpr std::string_view magic("\x93NUMPY", 6);

static Error makeError(const std::string &path, const std::string &what) {
  return Error{"'" + path + "': " + what};
}

/// Two spellings of what is one: bytes have no order.
static std::optional<DType> parseDescription(std::string_view text) {
  static constexpr struct {
    std::string_view name;
    DType dtype;
  } types[] = {
      {"|b1", DType::BOOL}, {"|u1", DType::U8},  {"|i1", DType::I8},
      {"<i2", DType::I16},  {"<u2", DType::U16}, {"<i4", DType::I32},
      {"<u4", DType::U32},  {"<i8", DType::I64}, {"<u8", DType::U64},
      {"<f2", DType::F16},  {"<f4", DType::F32}, {"<f8", DType::F64},
      {"<u1", DType::U8},   {"<i1", DType::I8},
  };
  for (const auto &type : types)
    if (type.name == text)
      return type.dtype;
  return std::nullopt;
}

static std::string_view getDescription(DType dtype) {
  switch (dtype) {
  case DType::BOOL:
    return "|b1";
  case DType::I8:
    return "|i1";
  case DType::I16:
    return "<i2";
  case DType::U16:
    return "<u2";
  case DType::F16:
    return "<f2";
  case DType::I32:
    return "<i4";
  case DType::U32:
    return "<u4";
  case DType::BF16:
  case DType::F32:
    return "<f4";
  case DType::F64:
    return "<f8";
  case DType::I64:
    return "<i8";
  case DType::U64:
    return "<u8";
  default:
    return "|u1";
  }
}

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

namespace {
/// The header's dictionary: strings, True or False, and a tuple of integers.
class HeaderParser {
public:
  explicit HeaderParser(std::string_view text) : text(text) {}

  std::string description;
  std::optional<bool> fortranOrder;
  std::optional<std::vector<int64_t>> shape;

  /// Null, or what is wrong.
  const char *parse() {
    if (!take('{'))
      return "the header is no dictionary";
    while (!take('}')) {
      std::string key;
      if (!takeString(key) || !take(':'))
        return "the header has no key where one should be";
      if (const char *wrong = parseValue(key))
        return wrong;
      if (!take(',') && peek() != '}')
        return "the header lacks a comma";
    }
    if (description.empty() || !fortranOrder || !shape)
      return "the header lacks descr, fortran_order or shape";
    return nullptr;
  }

private:
  char peek() {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\n'))
      text.remove_prefix(1);
    return text.empty() ? '\0' : text.front();
  }
  bool take(char c) {
    if (peek() != c)
      return false;
    text.remove_prefix(1);
    return true;
  }
  bool takeWord(std::string_view word) {
    peek();
    if (text.substr(0, word.size()) != word)
      return false;
    text.remove_prefix(word.size());
    return true;
  }
  bool takeString(std::string &result) {
    char quote = peek();
    if (quote != '\'' && quote != '"')
      return false;
    size_t end = text.find(quote, 1);
    if (end == std::string_view::npos)
      return false;
    result = text.substr(1, end - 1);
    text.remove_prefix(end + 1);
    return true;
  }
  bool takeInteger(int64_t &result) {
    if (peek() < '0' || peek() > '9')
      return false;
    result = 0;
    while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
      if (result > (std::numeric_limits<int64_t>::max() - 9) / 10)
        return false;
      result = result * 10 + (text.front() - '0');
      text.remove_prefix(1);
    }
    return true;
  }

  const char *parseValue(const std::string &key) {
    if (key == "descr") {
      if (!takeString(description) || description.empty())
        return "descr is no plain element type";
    } else if (key == "fortran_order") {
      if (takeWord("True"))
        fortranOrder = true;
      else if (takeWord("False"))
        fortranOrder = false;
      else
        return "fortran_order is neither True nor False";
    } else if (key == "shape") {
      if (!take('('))
        return "shape is no tuple";
      shape.emplace();
      while (!take(')')) {
        int64_t size;
        if (!takeInteger(size))
          return "shape has something that is no size";
        shape->push_back(size);
        if (!take(',') && peek() != ')')
          return "shape lacks a comma";
      }
    } else {
      return "the header has a key that is none of numpy's";
    }
    return nullptr;
  }

  std::string_view text;
};
} // namespace

/// The header's text and where the elements start.
static Result<std::pair<std::string_view, size_t>>
findHeader(const std::string &path, std::string_view file) {
  if (file.substr(0, magic.size()) != magic)
    return makeError(path,
                     "is no .npy file: it does not begin with \\x93NUMPY");
  if (file.size() < 10)
    return makeError(path, "is truncated inside its header");
  auto byte = [&](size_t i) { return size_t(uint8_t(file[i])); };
  size_t version = byte(6);
  if (version < 1 || version > 3)
    return makeError(path, "has .npy version " + std::to_string(version) +
                               ", want 1, 2 or 3");
  size_t begin = version == 1 ? 10 : 12;
  if (file.size() < begin)
    return makeError(path, "is truncated inside its header");
  size_t length = byte(8) | byte(9) << 8;
  if (version > 1)
    length |= byte(10) << 16 | byte(11) << 24;
  if (length > file.size() - begin)
    return makeError(path, "is truncated inside its header");
  return std::make_pair(file.substr(begin, length), begin + length);
}

Result<Array> zq::readNpy(const std::string &path) {
  Result<MappedFile> mapped = MappedFile::open(path);
  if (!mapped)
    return mapped.takeError();
  std::string_view file(reinterpret_cast<const char *>(mapped->data()),
                        mapped->size());
  auto found = findHeader(path, file);
  if (!found)
    return found.takeError();
  HeaderParser header(found->first);
  if (const char *wrong = header.parse())
    return makeError(path, wrong);

  std::optional<DType> dtype = parseDescription(header.description);
  if (!dtype)
    return makeError(path, "has elements of '" + header.description +
                               "', want little-endian booleans, integers or "
                               "floats of numpy");
  if (*header.fortranOrder && header.shape->size() > 1)
    return makeError(path, "is in column-major (Fortran) order, want row-major "
                           "(numpy.ascontiguousarray)");
  uint64_t available = file.size() - found->second;
  unsigned __int128 wanted = zq::getBitWidth(*dtype) / 8;
  for (int64_t size : *header.shape) {
    wanted *= static_cast<uint64_t>(size);
    if (wanted > std::numeric_limits<uint64_t>::max())
      return makeError(path, "has a shape of more bytes than a file can have");
  }
  if (wanted != available)
    return makeError(path, "has " + std::to_string(available) +
                               " bytes of elements, but its shape wants " +
                               std::to_string(static_cast<uint64_t>(wanted)));

  Array array(*dtype, *header.shape);
  if (available)
    std::memcpy(array.data(), file.data() + found->second, available);
  return array;
}

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

Result<void> zq::writeNpy(const std::string &path, const Array &array) {
  std::string shape;
  for (int64_t size : array.getShape())
    shape += std::to_string(size) + ", ";
  if (array.getShape().size() > 1)
    shape.resize(shape.size() - 2);
  std::string header = "{'descr': '" +
                       std::string(getDescription(array.getDType())) +
                       "', 'fortran_order': False, 'shape': (" + shape + "), }";
  // The elements start at a multiple of 64 bytes.
  size_t unpadded = magic.size() + 4 + header.size() + 1;
  header.append((64 - unpadded % 64) % 64, ' ');
  header += '\n';
  std::string head(magic);
  head += {'\x01', '\x00', static_cast<char>(header.size() & 0xFF),
           static_cast<char>(header.size() >> 8)};
  head += header;

  Array written = array;
  if (array.getDType() == DType::BF16) {
    written = Array(DType::F32, array.getShape());
    for (int64_t i = 0, e = array.getNumElements(); i < e; ++i)
      written.set(i, array.get(i));
  }
  Result<OutputFile> file = OutputFile::create(path);
  if (!file)
    return file.takeError();
  if (Result<void> ok = file->writeAt(0, head.data(), head.size()); !ok)
    return ok;
  if (Result<void> ok =
          file->writeAt(head.size(), written.data(), written.getNumBytes());
      !ok)
    return ok;
  return file->commit();
}
