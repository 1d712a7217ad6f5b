//===- SafetensorsWriterTest.cpp - weights files are written whole --------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "../Support/TemporaryFolder.h"
#include "zq/Weights/Safetensors.h"

#include <gtest/gtest.h>

using namespace zq;

TEST(SafetensorsWriter, RoundTrip) {
  TemporaryFolder folder;
  std::string path = folder / "w.safetensors";
  Result<SafetensorsWriter> writer =
      SafetensorsWriter::create(path,
                                {{"codes", DType::U8, {3, 1}},
                                 {"anchors", DType::F32, {2}},
                                 {"none", DType::F32, {0, 5}}},
                                {{"by", "zq"}});
  ASSERT_TRUE(writer) << writer.message();
  const float anchors[] = {1.5f, -2.0f};
  ASSERT_TRUE(writer->write(0, "\x01\x02\x03", 3));
  ASSERT_TRUE(writer->write(1, anchors, 8));
  ASSERT_TRUE(writer->write(2, nullptr, 0));
  EXPECT_FALSE(std::filesystem::exists(path));
  ASSERT_TRUE(writer->finish());

  Result<SafetensorsFile> file = SafetensorsFile::open(path);
  ASSERT_TRUE(file) << file.message();
  EXPECT_EQ(file->getTensors().size(), 3u);
  EXPECT_EQ(file->getMetadata().at("by"), "zq");
  EXPECT_EQ(file->lookup("codes")->data[2], 3);
  const TensorView *floats = file->lookup("anchors");
  float values[2];
  loadFloats(*floats, 0, 2, values);
  EXPECT_EQ(values[1], -2.0f);
  // Every tensor is aligned to its elements.
  EXPECT_EQ(reinterpret_cast<uintptr_t>(floats->data) % 4, 0u);
  EXPECT_EQ(file->lookup("none")->getShapeText(), "0x5");
}

TEST(SafetensorsWriter, RefusesMistakes) {
  TemporaryFolder folder;
  std::string path = folder / "w.safetensors";
  auto getError = [&](std::vector<TensorInfo> tensors) {
    Result<SafetensorsWriter> writer =
        SafetensorsWriter::create(path, std::move(tensors));
    return writer ? "accepted" : writer.message();
  };
  EXPECT_EQ(getError({{"a", DType::U8, {1}}, {"a", DType::U8, {1}}}),
            path + ": tensor 'a': the name is taken");
  EXPECT_EQ(getError({{"a", DType::F4, {3}}}),
            path + ": tensor 'a': it is no whole number of bytes");
  EXPECT_EQ(getError({{"a", DType::U8, {-1}}}),
            path + ": tensor 'a': its shape is negative or too large");
  EXPECT_NE(getError({{"\xff", DType::U8, {1}}}).find("no UTF-8"),
            std::string::npos);
  EXPECT_EQ(folder.countFiles(), 0u);
}

TEST(SafetensorsWriter, LeavesNothingUnlessFinished) {
  TemporaryFolder folder;
  std::string path = folder / "w.safetensors";
  {
    Result<SafetensorsWriter> writer =
        SafetensorsWriter::create(path, {{"a", DType::U8, {2}}});
    ASSERT_TRUE(writer);
    EXPECT_EQ(writer->write(0, "x", 1).message(),
              path + ": tensor 'a': got 1 bytes, wanted 2");
    EXPECT_EQ(writer->finish().message(),
              path + ": tensor 'a': its bytes were never written");
    ASSERT_TRUE(writer->write(0, "xy", 2));
    EXPECT_EQ(writer->write(0, "xy", 2).message(),
              path + ": tensor 'a': written twice");
  }
  EXPECT_EQ(folder.countFiles(), 0u);
}

TEST(SafetensorsWriter, GoesOnWithAnInterruptedRun) {
  TemporaryFolder folder;
  std::string path = folder / "w.safetensors";
  std::vector<TensorInfo> tensors = {{"a", DType::U8, {3}},
                                     {"b", DType::U8, {2}}};
  {
    Result<SafetensorsWriter> writer =
        SafetensorsWriter::resume(path, tensors, {{"by", "zq"}});
    ASSERT_TRUE(writer) << writer.message();
    EXPECT_FALSE(writer->isResumed());
    ASSERT_TRUE(writer->write(0, "abc", 3));
  }
  EXPECT_FALSE(std::filesystem::exists(path));
  Result<SafetensorsWriter> writer =
      SafetensorsWriter::resume(path, tensors, {{"by", "zq"}});
  ASSERT_TRUE(writer) << writer.message();
  EXPECT_TRUE(writer->isResumed());
  std::string bytes(writer->getSize(0), ' ');
  ASSERT_TRUE(writer->read(0, bytes.data()));
  EXPECT_EQ(bytes, "abc");
  writer->markWritten(0);
  ASSERT_TRUE(writer->write(1, "de", 2));
  ASSERT_TRUE(writer->finish());
  EXPECT_EQ(folder.countFiles(), 1u);
  Result<SafetensorsFile> file = SafetensorsFile::open(path);
  ASSERT_TRUE(file) << file.message();
  EXPECT_EQ(file->lookup("a")->data[2], 'c');
  EXPECT_EQ(file->lookup("b")->data[1], 'e');
}

TEST(SafetensorsWriter, StartsAnewWhereTensorsDiffer) {
  TemporaryFolder folder;
  std::string path = folder / "w.safetensors";
  {
    Result<SafetensorsWriter> writer =
        SafetensorsWriter::resume(path, {{"a", DType::U8, {3}}});
    ASSERT_TRUE(writer);
    ASSERT_TRUE(writer->write(0, "abc", 3));
  }
  // A header of the same size, so that the file has the same size, too.
  Result<SafetensorsWriter> writer =
      SafetensorsWriter::resume(path, {{"b", DType::U8, {3}}});
  ASSERT_TRUE(writer);
  EXPECT_FALSE(writer->isResumed());
  std::string bytes(3, ' ');
  ASSERT_TRUE(writer->read(0, bytes.data()));
  EXPECT_EQ(bytes, std::string(3, '\0'));
}

TEST(SafetensorsWriter, DoesNotReplaceWhatIsNoInterruptedRun) {
  TemporaryFolder folder;
  std::string path = folder / "w.safetensors";
  std::string partial = path + ".partial";
  std::vector<TensorInfo> tensors = {{"a", DType::U8, {3}}};
  auto resume = [&](std::map<std::string, std::string> metadata) {
    return SafetensorsWriter::resume(path, tensors, metadata).message();
  };
  {
    Result<SafetensorsWriter> writer =
        SafetensorsWriter::resume(path, tensors, {{"format", "one"}});
    ASSERT_TRUE(writer) << writer.message();
  }
  std::string one = readFile(partial);
  EXPECT_NE(resume({{"format", "two"}}).find("is no interrupted run's"),
            std::string::npos);
  EXPECT_NE(resume({}).find("is no interrupted run's"), std::string::npos);
  EXPECT_EQ(readFile(partial), one);
  for (std::string text : {std::string("text"), std::string("some longer text"),
                           std::string("\3\0\0\0\0\0\0\0[1]", 11)}) {
    putFile(partial, text);
    EXPECT_NE(resume({{"format", "one"}}).find("is no interrupted run's"),
              std::string::npos);
    EXPECT_EQ(readFile(partial), text);
  }
  // Stopped before it had written anything.
  putFile(partial, "");
  EXPECT_TRUE(SafetensorsWriter::resume(path, tensors, {{"format", "one"}}));
}
