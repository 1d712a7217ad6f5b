//===- JournalTest.cpp - what a long run has done -------------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "zq/Support/Journal.h"
#include "TemporaryFolder.h"

#include <gtest/gtest.h>

using namespace zq;

using Lines = std::vector<std::string>;

TEST(Journal, KeepsWholeLines) {
  TemporaryFolder folder;
  std::string path = folder / "j";
  {
    Result<Journal> journal = Journal::open(path, /*goOn=*/true);
    ASSERT_TRUE(journal) << journal.message();
    EXPECT_TRUE(journal->getLines().empty());
    ASSERT_TRUE(journal->append("one"));
    ASSERT_TRUE(journal->append("two"));
  }
  // As if the run had ended in the middle of a line.
  putFile(path, readFile(path) + "thr");
  {
    Result<Journal> journal = Journal::open(path, /*goOn=*/true);
    ASSERT_TRUE(journal);
    EXPECT_EQ(journal->getLines(), (Lines{"one", "two"}));
    ASSERT_TRUE(journal->append("three"));
  }
  Result<Journal> journal = Journal::open(path, /*goOn=*/true);
  ASSERT_TRUE(journal);
  EXPECT_EQ(journal->getLines(), (Lines{"one", "two", "three"}));
  journal->remove();
  EXPECT_EQ(folder.countFiles(), 0u);
}

TEST(Journal, StartsAnew) {
  TemporaryFolder folder;
  putFile(folder / "j", "old\n");
  Result<Journal> journal = Journal::open(folder / "j", /*goOn=*/false);
  ASSERT_TRUE(journal);
  EXPECT_TRUE(journal->getLines().empty());
  EXPECT_EQ(readFile(folder / "j"), "");
}

TEST(Journal, NamesTheFolderThatIsMissing) {
  TemporaryFolder folder;
  Result<Journal> journal = Journal::open(folder / "none/j", /*goOn=*/true);
  ASSERT_FALSE(journal);
  EXPECT_NE(journal.message().find("none/j: cannot open"), std::string::npos);
}
