//===- Npy.cpp - arrays in NumPy's file format ----------------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A .npy file: "\x93NUMPY", version (2 bytes), length of the header (2 bytes in
// version 1, 4 in later ones), the header (a Python dict as text), the data.
//
//===----------------------------------------------------------------------===//

#include "Npy.h"

#include "zq/Numerics/Formats.h"
#include "zq/Support/MappedFile.h"
#include "zq/Support/OutputFile.h"

#include <cstring>
#include <regex>

using namespace zq;
using namespace zq::run;

/// The dimensions in "(3, 4)", "(3,)" or "()".
static bool parseShape(const std::string &text, std::vector<int64_t> &shape,
                       int64_t &count) {
  count = 1;
  std::regex number("[0-9]+");
  for (std::sregex_iterator it(text.begin(), text.end(), number), end;
       it != end; ++it) {
    if (it->length() > 12)
      return false;
    shape.push_back(std::stoll(it->str()));
    if (__builtin_mul_overflow(count, shape.back(), &count))
      return false;
  }
  return count <= INT64_MAX / 8;
}

Result<Array> run::readNpy(const std::string &path) {
  Result<MappedFile> file = MappedFile::open(path);
  if (!file)
    return file.takeError();
  const uint8_t *data = file->data();
  if (file->size() < 12 || std::memcmp(data, "\x93NUMPY", 6) != 0)
    return Error{path + ": not a .npy file"};
  bool isFirst = data[6] == 1;
  size_t begin = isFirst ? 10 : 12;
  size_t length = data[8] | data[9] << 8;
  if (!isFirst)
    length |= size_t(data[10]) << 16 | size_t(data[11]) << 24;
  if (length > file->size() - begin)
    return Error{path + ": truncated header"};
  std::string header(reinterpret_cast<const char *>(data) + begin, length);

  std::smatch type, order, shapeText;
  Array array;
  int64_t count = 0;
  if (!std::regex_search(header, type, std::regex("'descr': *'([^']*)'")) ||
      !std::regex_search(header, order,
                         std::regex("'fortran_order': *(True|False)")) ||
      !std::regex_search(header, shapeText,
                         std::regex("'shape': *(\\([0-9, ]*\\))")) ||
      !parseShape(shapeText[1], array.shape, count))
    return Error{path + ": bad header: " + header};
  if (order[1] == "True")
    return Error{path + ": in Fortran order, wanted C order"};
  size_t size = type[1] == "<f2" ? 2 : type[1] == "<f4" ? 4 : 8;
  if (size == 8 && type[1] != "<f8")
    return Error{path + ": found elements of type " + type[1].str() +
                 ", wanted <f2, <f4 or <f8"};
  data += begin + length;
  if (file->size() - begin - length != count * size)
    return Error{path + ": found " +
                 std::to_string(file->size() - begin - length) +
                 " bytes of data, wanted " + std::to_string(count * size)};
  array.values.resize(count);
  for (int64_t i = 0; i != count; ++i) {
    if (size == 2) {
      uint16_t bits;
      std::memcpy(&bits, data + 2 * i, 2);
      array.values[i] = decodeF16(bits);
    } else if (size == 4) {
      std::memcpy(&array.values[i], data + 4 * i, 4);
    } else {
      double value;
      std::memcpy(&value, data + 8 * i, 8);
      array.values[i] = static_cast<float>(value);
    }
  }
  return array;
}

Result<void> run::writeNpy(const std::string &path, const Array &array) {
  std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (";
  for (int64_t dim : array.shape)
    header += std::to_string(dim) + ", ";
  header += "), }";
  // Data begins at a multiple of 64.
  header.resize((10 + header.size() + 1 + 63) / 64 * 64 - 11, ' ');
  header += '\n';
  std::string prefix("\x93NUMPY\x01\x00", 8);
  prefix += static_cast<char>(header.size() & 0xFF);
  prefix += static_cast<char>(header.size() >> 8);
  header.insert(0, prefix);
  Result<OutputFile> file = OutputFile::create(path);
  if (!file)
    return file.takeError();
  for (Result<void> done : {file->writeAt(0, header.data(), header.size()),
                            file->writeAt(header.size(), array.values.data(),
                                          array.values.size() * sizeof(float))})
    if (!done)
      return done;
  return file->commit();
}
