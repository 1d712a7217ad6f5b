//===- NpyTest.cpp - numpy's file format ----------------------------------===//
//
// Files that numpy reads and writes are in test/Tools/zq-runner/files.test;
// here are those that it does not write.
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "zq/Arrays/Npy.h"
#include "../Support/TemporaryFolder.h"

#include <gtest/gtest.h>

using namespace zq;

static std::string makeFile(const std::string &header,
                            const std::string &elements, char version = 1) {
  std::string file("\x93NUMPY", 6);
  file += version;
  file += '\0';
  file += char(header.size() & 0xFF);
  file += char(header.size() >> 8);
  if (version > 1)
    file += std::string(2, '\0');
  return file + header + elements;
}

class NpyTest : public ::testing::Test {
protected:
  std::string readError(const std::string &bytes) {
    std::string path = folder / "x.npy";
    putFile(path, bytes);
    Result<Array> array = readNpy(path);
    return array ? "" : array.message();
  }
  TemporaryFolder folder;
};

TEST_F(NpyTest, writesWhatItReads) {
  std::string path = folder / "x.npy";
  Array array = makeRandomArray(DType::I16, {3, 1, 5}, 1);
  ASSERT_TRUE(writeNpy(path, array));
  EXPECT_EQ(readFile(path).size() % 64, 30u);
  Result<Array> back = readNpy(path);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->getTypeText(), "3x1x5xI16");
  EXPECT_EQ(compareArrays(*back, array).maxAbsolute, 0);
}

TEST_F(NpyTest, readsAllVersionsAndSpellings) {
  std::string one = "{\"shape\": (1,), 'fortran_order':False,'descr': '<i2'}";
  EXPECT_EQ(readError(makeFile(one, "ab", 1)), "");
  EXPECT_EQ(readError(makeFile(one, "ab", 2)), "");
  EXPECT_EQ(readError(makeFile(one, "ab", 3)), "");
  std::string scalar = "{'descr': '|i1', 'fortran_order': False, 'shape': ()}";
  EXPECT_EQ(readError(makeFile(scalar, "a")), "");
}

TEST_F(NpyTest, truncatedAnywhereIsAnError) {
  std::string file = makeFile(
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", "12345678");
  EXPECT_EQ(readError(file), "");
  for (size_t size = 0; size < file.size(); ++size)
    EXPECT_NE(readError(file.substr(0, size)), "") << size << " bytes";
}

TEST_F(NpyTest, headersThatLieAreErrors) {
  auto error = [&](const std::string &header) {
    return readError(makeFile(header, std::string(16, '\0')));
  };
  auto has = [](const std::string &text, const char *part) {
    return text.find(part) != std::string::npos;
  };
  EXPECT_PRED2(has,
               error("{'descr': '<f4', 'fortran_order': False, 'shape': "
                     "(4611686018427387904, 4611686018427387904, 16)}"),
               "more bytes than a file can have");
  EXPECT_PRED2(has,
               error("{'descr': '<f4', 'fortran_order': False, 'shape': "
                     "(99999999999999999999,)}"),
               "no size");
  EXPECT_PRED2(
      has, error("{'descr': '<f4', 'fortran_order': False, 'shape': (-4,)}"),
      "no size");
  EXPECT_PRED2(has, error("{'descr': '<f4', 'shape': (4,)}"), "lacks");
  EXPECT_PRED2(has,
               error("{'descr': [('a', '<f4')], 'fortran_order': False, "
                     "'shape': (4,)}"),
               "no plain element type");
  EXPECT_PRED2(has,
               error("{'descr': '|O', 'fortran_order': False, 'shape': (2,)}"),
               "want little-endian");
  EXPECT_PRED2(has, error("[1, 2]"), "no dictionary");
  EXPECT_PRED2(has, readError(makeFile("{}", "", 9)), "version 9");
}

TEST_F(NpyTest, nothingIsLeftOfAFileThatCannotBeWritten) {
  EXPECT_FALSE(writeNpy(folder / "no/such/folder.npy", Array(DType::F32, {1})));
  EXPECT_EQ(folder.countFiles(), 0u);
}
