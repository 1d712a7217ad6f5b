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
  ASSERT_TRUE(Journal::open(folder / "j", /*goOn=*/true)->append("old"));
  Result<Journal> journal = Journal::open(folder / "j", /*goOn=*/false);
  ASSERT_TRUE(journal);
  EXPECT_TRUE(journal->getLines().empty());
  EXPECT_TRUE(Journal::open(folder / "j", /*goOn=*/true)->getLines().empty());
}

TEST(Journal, KnowsItsOwnTornHeader) {
  TemporaryFolder folder;
  for (const char *text : {"", "zq", "zq journal, version 1"}) {
    putFile(folder / "j", text);
    Result<Journal> first = Journal::open(folder / "j", /*goOn=*/true);
    ASSERT_TRUE(first) << first.message();
    ASSERT_TRUE(first->append("one"));
    Result<Journal> second = Journal::open(folder / "j", /*goOn=*/true);
    ASSERT_TRUE(second) << second.message();
    EXPECT_EQ(second->getLines(), Lines{"one"});
  }
}

TEST(Journal, LeavesAnothersFileAlone) {
  TemporaryFolder folder;
  for (std::string text : {"mine", "mine\n", "\n", "zq journal, version 10\n"})
    for (bool goOn : {false, true}) {
      putFile(folder / "j", text);
      Result<Journal> journal = Journal::open(folder / "j", goOn);
      ASSERT_FALSE(journal);
      EXPECT_NE(journal.message().find("j: is no interrupted run's"),
                std::string::npos);
      EXPECT_EQ(readFile(folder / "j"), text);
    }
}

TEST(Journal, NamesTheFolderThatIsMissing) {
  TemporaryFolder folder;
  Result<Journal> journal = Journal::open(folder / "none/j", /*goOn=*/true);
  ASSERT_FALSE(journal);
  EXPECT_NE(journal.message().find("none/j: cannot open"), std::string::npos);
}
