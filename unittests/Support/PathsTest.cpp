//===- PathsTest.cpp ------------------------------------------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "zq/Support/Paths.h"

#include "TemporaryFolder.h"

#include "gtest/gtest.h"

using namespace zq;
namespace fs = std::filesystem;

TEST(Paths, SameFileThroughLinks) {
  TemporaryFolder folder;
  putFile(folder / "a", "");
  putFile(folder / "b", "");
  fs::create_symlink(folder / "a", folder / "soft");
  fs::create_hard_link(folder / "a", folder / "hard");
  EXPECT_TRUE(isSameFile(folder / "a", folder / "./a"));
  EXPECT_TRUE(isSameFile(folder / "a", folder / "soft"));
  EXPECT_TRUE(isSameFile(folder / "a", folder / "hard"));
  EXPECT_FALSE(isSameFile(folder / "a", folder / "b"));
}

TEST(Paths, SameFileBeforeItIsThere) {
  TemporaryFolder folder;
  fs::create_directory(folder / "d");
  fs::create_directory_symlink(folder / "d", folder / "link");
  EXPECT_TRUE(isSameFile(folder / "d/new", folder / "link/new"));
  EXPECT_FALSE(isSameFile(folder / "d/new", folder / "new"));
  EXPECT_FALSE(isSameFile("", ""));
}

TEST(Paths, InFolder) {
  TemporaryFolder folder;
  fs::create_directory(folder / "state");
  fs::create_directory_symlink(folder / "state", folder / "link");
  EXPECT_TRUE(isInFolder(folder / "state/new", folder / "state"));
  EXPECT_TRUE(isInFolder(folder / "link/new", folder / "state/"));
  EXPECT_TRUE(isInFolder(folder / "state", folder / "state"));
  EXPECT_TRUE(isInFolder(folder / "none/new", folder / "none"));
  EXPECT_FALSE(isInFolder(folder / "state2", folder / "state"));
  EXPECT_FALSE(isInFolder(folder / "state/../new", folder / "state"));
  // Writing to a link replaces it: what it leads to is not written.
  EXPECT_FALSE(isInFolder(folder / "link", folder / "state"));
}
