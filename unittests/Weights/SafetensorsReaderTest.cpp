//===- SafetensorsReaderTest.cpp - whole and malformed weights files ------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "../Support/TemporaryFolder.h"
#include "zq/Weights/Safetensors.h"

#include <gtest/gtest.h>

using namespace zq;

namespace {
class SafetensorsReader : public testing::Test {
protected:
  /// The bytes of a file with this header.
  static std::string getBytes(const std::string &header, size_t dataBytes) {
    std::string bytes;
    for (int i = 0; i != 8; ++i)
      bytes += static_cast<char>(header.size() >> (8 * i) & 0xFF);
    bytes += header;
    for (size_t i = 0; i != dataBytes; ++i)
      bytes += static_cast<char>(i);
    return bytes;
  }

  /// Expects the file to be refused with a message that begins with its path
  /// and holds `part`.
  void expectRefused(const std::string &bytes, const std::string &part) {
    putFile(path, bytes);
    Result<SafetensorsFile> file = SafetensorsFile::open(path);
    ASSERT_FALSE(file) << "accepted, wanted: " << part;
    EXPECT_EQ(file.message().rfind(path + ": ", 0), 0u) << file.message();
    EXPECT_NE(file.message().find(part), std::string::npos) << file.message();
  }
  void expectHeaderRefused(const std::string &header, size_t dataBytes,
                           const std::string &part) {
    expectRefused(getBytes(header, dataBytes), part);
  }

  TemporaryFolder folder;
  std::string path = folder / "w.safetensors";
};
} // namespace

TEST_F(SafetensorsReader, ReadsTensorsAndMetadata) {
  putFile(path, getBytes(R"({"b": {"dtype": "BF16", "shape": [2, 3],
    "data_offsets": [4, 16]}, "__metadata__": {"format": "pt"},
    "a": {"dtype": "F32", "shape": [], "data_offsets": [0, 4]},
    "empty": {"dtype": "I64", "shape": [4, 0], "data_offsets": [16, 16]}}   )",
                         16));
  Result<SafetensorsFile> file = SafetensorsFile::open(path);
  ASSERT_TRUE(file) << file.message();
  ASSERT_EQ(file->getTensors().size(), 3u);
  EXPECT_EQ(file->getTensors()[0].name, "a");
  EXPECT_EQ(file->getTensors()[0].getShapeText(), "scalar");
  EXPECT_EQ(file->getMetadata().at("format"), "pt");
  const TensorView *b = file->lookup("b");
  ASSERT_NE(b, nullptr);
  EXPECT_EQ(b->dtype, DType::BF16);
  EXPECT_EQ(b->getShapeText(), "2x3");
  EXPECT_EQ(b->size, 12u);
  EXPECT_EQ(b->data[0], 4);
  EXPECT_EQ(file->lookup("empty")->getNumElements(), 0);
}

TEST_F(SafetensorsReader, ReadsAFileWithoutTensors) {
  putFile(path, getBytes("{}", 0));
  Result<SafetensorsFile> file = SafetensorsFile::open(path);
  ASSERT_TRUE(file) << file.message();
  EXPECT_TRUE(file->getTensors().empty());
}

TEST_F(SafetensorsReader, SurvivesAMove) {
  putFile(path, getBytes(R"({"a": {"dtype": "U8", "shape": [3],
    "data_offsets": [0, 3]}})",
                         3));
  Result<SafetensorsFile> file = SafetensorsFile::open(path);
  ASSERT_TRUE(file);
  SafetensorsFile moved = std::move(*file);
  EXPECT_EQ(moved.lookup("a")->data[2], 2);
}

TEST_F(SafetensorsReader, KnowsEveryDType) {
  for (auto [name, bits] : std::vector<std::pair<const char *, size_t>>{
           {"BOOL", 8},    {"F4", 4},   {"F6_E2M3", 6}, {"F6_E3M2", 6},
           {"U8", 8},      {"I8", 8},   {"F8_E5M2", 8}, {"F8_E4M3", 8},
           {"F8_E8M0", 8}, {"I16", 16}, {"U16", 16},    {"F16", 16},
           {"BF16", 16},   {"I32", 32}, {"U32", 32},    {"F32", 32},
           {"C64", 64},    {"F64", 64}, {"I64", 64},    {"U64", 64}}) {
    std::string bytes = std::to_string(bits); // 8 elements
    putFile(path, getBytes(std::string(R"({"t": {"dtype": ")") + name +
                               R"(", "shape": [8], "data_offsets": [0, )" +
                               bytes + "]}}",
                           bits));
    Result<SafetensorsFile> file = SafetensorsFile::open(path);
    ASSERT_TRUE(file) << file.message();
    EXPECT_EQ(getDTypeName(file->lookup("t")->dtype), name);
  }
}

TEST_F(SafetensorsReader, NamesTheNearestTensor) {
  putFile(path, getBytes(R"({"model.layers.0.up": {"dtype": "U8",
    "shape": [1], "data_offsets": [0, 1]}, "model.norm": {"dtype": "U8",
    "shape": [1], "data_offsets": [1, 2]}})",
                         2));
  Result<SafetensorsFile> file = SafetensorsFile::open(path);
  ASSERT_TRUE(file) << file.message();
  Result<const TensorView *> found = file->find("model.layers.1.up");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.message(),
            path + ": tensor 'model.layers.1.up': not among the file's 2 "
                   "tensors; the nearest is 'model.layers.0.up'");
}

TEST_F(SafetensorsReader, RefusesAMissingFile) {
  Result<SafetensorsFile> file = SafetensorsFile::open(folder / "none");
  ASSERT_FALSE(file);
  EXPECT_EQ(file.message(),
            (folder / "none") + ": cannot open: No such file or directory");
}

TEST_F(SafetensorsReader, RefusesTruncatedFiles) {
  std::string whole = getBytes(
      R"({"a": {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}})", 16);
  // Every proper prefix of a file is an error.
  for (size_t size = 0; size != whole.size(); ++size)
    expectRefused(whole.substr(0, size), "truncated?");
}

TEST_F(SafetensorsReader, RefusesALyingHeaderLength) {
  expectRefused(std::string(8, '\xff') + "{}", "more than 100000000");
  expectRefused(std::string("\x03\0\0\0\0\0\0\0{}", 10),
                "given as 3 bytes, but the file has 2 after it");
  expectRefused(std::string("\x01\0\0\0\0\0\0\0{}", 10), "bad header");
  expectRefused(std::string("\0\0\0\0\0\0\0\0{}", 10),
                "does not begin with '{'");
}

TEST_F(SafetensorsReader, RefusesABadHeader) {
  expectHeaderRefused("[]", 0, "does not begin with '{'");
  expectHeaderRefused(" {}", 0, "does not begin with '{'");
  expectHeaderRefused("{\"a\": }", 0, "bad header");
  expectHeaderRefused("{\"\xff\": 1}", 0, "bad header");
  expectHeaderRefused("{\"a\": 1}", 0, "tensor 'a': found number");
  expectHeaderRefused(R"({"__metadata__": {"a": 1}})", 0,
                      "'a' is number, wanted a string");
  expectHeaderRefused(R"({"__metadata__": []})", 0, "wanted an object");
}

TEST_F(SafetensorsReader, RefusesANameTwice) {
  expectHeaderRefused(R"({"a": {"dtype": "U8", "shape": [1],
    "data_offsets": [0, 1]}, "a": {"dtype": "U8", "shape": [1],
    "data_offsets": [1, 2]}})",
                      2, "the key 'a' occurs twice");
}

TEST_F(SafetensorsReader, RefusesBadEntries) {
  auto entry = [](const char *dtype, const char *shape, const char *offsets) {
    return std::string(R"({"a": {"dtype": )") + dtype + R"(, "shape": )" +
           shape + R"(, "data_offsets": )" + offsets + "}}";
  };
  expectHeaderRefused(R"({"a": {"shape": [1], "data_offsets": [0, 1]}})", 1,
                      "tensor 'a': 'dtype' is missing");
  expectHeaderRefused(R"({"a": {"dtype": "U8", "data_offsets": [0, 1]}})", 1,
                      "'shape' is missing");
  expectHeaderRefused(R"({"a": {"dtype": "U8", "shape": [1]}})", 1,
                      "'data_offsets' is missing");
  expectHeaderRefused(entry("\"F31\"", "[1]", "[0, 4]"), 4,
                      "unknown dtype \"F31\"");
  expectHeaderRefused(entry("32", "[1]", "[0, 4]"), 4, "unknown dtype 32");
  for (const char *shape : {"[-1]", "[1.0]", "1", "[\"1\"]", "null",
                            "[9223372036854775808]", "[1e3]"})
    expectHeaderRefused(entry("\"U8\"", shape, "[0, 1]"), 1, "found shape");
  for (const char *offsets : {"[0]", "[1, 0]", "[-1, 0]", "[0, 1, 1]", "{}"})
    expectHeaderRefused(entry("\"U8\"", "[1]", offsets), 1,
                        "found data_offsets");
  expectHeaderRefused(entry("\"F32\"", "[3]", "[0, 4]"), 4,
                      "found 4 bytes (data_offsets [0,4]), wanted 12 for 3 of "
                      "F32");
  expectHeaderRefused(entry("\"F4\"", "[3]", "[0, 1]"), 1,
                      "no whole number of bytes");
  expectHeaderRefused(entry("\"F32\"", "[4294967296, 4294967296]", "[0, 0]"), 0,
                      "no whole number of bytes below 2^60");
}

TEST_F(SafetensorsReader, RefusesRangesThatDoNotCoverTheBuffer) {
  auto two = [](const char *first, const char *second) {
    return std::string(R"({"a": {"dtype": "U8", "shape": [2], )") +
           R"("data_offsets": )" + first +
           R"(}, "b": {"dtype": "U8", "shape": [2], "data_offsets": )" +
           second + "}}";
  };
  expectHeaderRefused(two("[0, 2]", "[1, 3]"), 3,
                      "tensor 'b': its bytes begin at 1, wanted 2: they "
                      "overlap another tensor's");
  expectHeaderRefused(two("[0, 2]", "[0, 2]"), 2, "overlap");
  expectHeaderRefused(two("[0, 2]", "[3, 5]"), 5,
                      "tensor 'b': its bytes begin at 3, wanted 2: there is a "
                      "hole before them");
  expectHeaderRefused(two("[1, 3]", "[3, 5]"), 5, "tensor 'a'");
  expectHeaderRefused(two("[0, 2]", "[2, 4]"), 5,
                      "found 5 bytes after the header, wanted the 4 that "
                      "tensors cover");
  expectHeaderRefused(two("[0, 2]", "[2, 4]"), 3,
                      "its bytes end at 4, but the file holds 3");
}
