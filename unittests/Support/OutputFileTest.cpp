//===- OutputFileTest.cpp - files appear whole or not at all --------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "zq/Support/OutputFile.h"
#include "TemporaryFolder.h"
#include "zq/Support/MappedFile.h"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace zq;

TEST(OutputFile, AppearsAtCommit) {
  TemporaryFolder folder;
  Result<OutputFile> file = OutputFile::create(folder / "a");
  ASSERT_TRUE(file);
  ASSERT_TRUE(file->writeAt(3, "def", 3));
  ASSERT_TRUE(file->writeAt(0, "abc", 3));
  EXPECT_FALSE(std::filesystem::exists(folder / "a"));
  ASSERT_TRUE(file->commit());
  EXPECT_EQ(readFile(folder / "a"), "abcdef");
  EXPECT_EQ(folder.countFiles(), 1u);
}

TEST(OutputFile, LeavesNothingWithoutCommit) {
  TemporaryFolder folder;
  putFile(folder / "a", "old");
  {
    Result<OutputFile> file = OutputFile::create(folder / "a");
    ASSERT_TRUE(file);
    ASSERT_TRUE(file->writeAt(0, "new", 3));
  }
  EXPECT_EQ(readFile(folder / "a"), "old");
  EXPECT_EQ(folder.countFiles(), 1u);
}

/// What a process that is killed leaves is what is there before the end.
TEST(OutputFile, HasNoNameBeforeCommit) {
  TemporaryFolder folder;
#ifdef O_TMPFILE
  int probe = open((folder / "").c_str(), O_WRONLY | O_TMPFILE, 0600);
#else
  int probe = -1;
#endif
  if (probe < 0)
    GTEST_SKIP() << "the file system has no files without names";
  close(probe);
  Result<OutputFile> file = OutputFile::create(folder / "a");
  ASSERT_TRUE(file && file->writeAt(0, "abc", 3));
  EXPECT_EQ(folder.countFiles(), 0u);
  ASSERT_TRUE(file->commit());
  EXPECT_EQ(readFile(folder / "a"), "abc");
  EXPECT_EQ(folder.countFiles(), 1u);
}

TEST(OutputFile, NamesTheFolderThatIsMissing) {
  TemporaryFolder folder;
  Result<OutputFile> file = OutputFile::create(folder / "none/a");
  ASSERT_FALSE(file);
  EXPECT_NE(file.message().find("none/a: cannot create"), std::string::npos)
      << file.message();
}

TEST(OutputFile, TwoAtOnceDoNotMix) {
  TemporaryFolder folder;
  Result<OutputFile> first = OutputFile::create(folder / "a");
  Result<OutputFile> second = OutputFile::create(folder / "a");
  ASSERT_TRUE(first && second);
  ASSERT_TRUE(first->writeAt(0, "first", 5));
  ASSERT_TRUE(second->writeAt(0, "second", 6));
  ASSERT_TRUE(second->commit());
  ASSERT_TRUE(first->commit());
  EXPECT_EQ(readFile(folder / "a"), "first");
  EXPECT_EQ(folder.countFiles(), 1u);
}

TEST(OutputFile, HasThePermissionsOfAPlainFile) {
  TemporaryFolder folder;
  mode_t before = umask(027);
  Result<OutputFile> file = OutputFile::create(folder / "a");
  ASSERT_TRUE(file);
  ASSERT_TRUE(file->commit());
  umask(before);
  struct stat status;
  ASSERT_EQ(stat((folder / "a").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0640u);
}

/// A link, /dev/stdout among them, stays one.
TEST(OutputFile, ReplacesWhatALinkLeadsTo) {
  TemporaryFolder folder;
  std::filesystem::create_directory(folder / "other");
  putFile(folder / "other/a", "old");
  std::filesystem::create_symlink("other/a", folder / "link");
  ASSERT_TRUE(writeFile(folder / "link", "new"));
  EXPECT_TRUE(std::filesystem::is_symlink(folder / "link"));
  EXPECT_EQ(readFile(folder / "other/a"), "new");
  Result<OutputFile> resumed = OutputFile::resume(folder / "link");
  ASSERT_FALSE(resumed);
  EXPECT_EQ(resumed.message(),
            (folder / "link") +
                ": cannot be replaced: a link; name the file itself");

  std::filesystem::remove(folder / "other/a");
  Result<void> written = writeFile(folder / "link", "new");
  ASSERT_FALSE(written);
  EXPECT_NE(written.message().find("link: cannot follow the link"),
            std::string::npos)
      << written.message();
  EXPECT_TRUE(std::filesystem::is_symlink(folder / "link"));
}

TEST(MappedFile, ReadsAWholeFile) {
  TemporaryFolder folder;
  putFile(folder / "a", "abc");
  Result<MappedFile> file = MappedFile::open(folder / "a");
  ASSERT_TRUE(file);
  EXPECT_EQ(std::string(file->data(), file->data() + file->size()), "abc");
}

TEST(MappedFile, AcceptsAnEmptyFile) {
  TemporaryFolder folder;
  putFile(folder / "a", "");
  Result<MappedFile> file = MappedFile::open(folder / "a");
  ASSERT_TRUE(file);
  EXPECT_EQ(file->size(), 0u);
}

TEST(MappedFile, RefusesAFolder) {
  TemporaryFolder folder;
  Result<MappedFile> file = MappedFile::open(folder / ".");
  ASSERT_FALSE(file);
  EXPECT_NE(file.message().find("not a regular file"), std::string::npos);
}

TEST(OutputFile, GoesOnWithWhatWasLeft) {
  TemporaryFolder folder;
  std::string path = folder / "a";
  {
    Result<OutputFile> file = OutputFile::resume(path);
    ASSERT_TRUE(file) << file.message();
    EXPECT_EQ(*file->getSize(), 0u);
    ASSERT_TRUE(file->writeAt(0, "abc", 3));
  }
  EXPECT_FALSE(std::filesystem::exists(path));
  Result<OutputFile> file = OutputFile::resume(path);
  ASSERT_TRUE(file) << file.message();
  char bytes[3];
  ASSERT_TRUE(file->readAt(0, bytes, 3));
  EXPECT_EQ(std::string(bytes, 3), "abc");
  EXPECT_NE(file->readAt(1, bytes, 3).message().find("ends before byte 4"),
            std::string::npos);
  ASSERT_TRUE(file->writeAt(3, "def", 3));
  ASSERT_TRUE(file->commit());
  EXPECT_EQ(readFile(path), "abcdef");
  EXPECT_EQ(folder.countFiles(), 1u);
}

TEST(OutputFile, OnlyOneGoesOn) {
  TemporaryFolder folder;
  Result<OutputFile> first = OutputFile::resume(folder / "a");
  ASSERT_TRUE(first);
  Result<OutputFile> second = OutputFile::resume(folder / "a");
  ASSERT_FALSE(second);
  EXPECT_EQ(second.message(),
            (folder / "a") + ".partial: another process is writing it");
}
