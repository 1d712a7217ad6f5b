//===- ProgressTest.cpp - what a waiting person sees ----------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "zq/Support/Progress.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

using namespace zq;

namespace {
/// A clock that stands still until it is moved, and a terminal or a log.
struct ProgressTest : testing::Test {
  double time = 100.0;
  std::string text;

  Progress::Output getOutput(int columns) {
    return {[this](std::string_view more) { text += more; }, columns,
            [this] { return time; }};
  }
};
} // namespace

TEST_F(ProgressTest, BarOnATerminal) {
  {
    Progress progress("pack", 200, getOutput(80));
    time += 1.0;
    progress.advance(50, "a.weight");
    EXPECT_EQ(text, "\rpack [======>                 ] 25%, 3 s left, "
                    "a.weight\x1b[K");
    text.clear();
  }
  EXPECT_EQ(text, "\r\x1b[K");
}

TEST_F(ProgressTest, LinesElsewhere) {
  Progress progress("pack", 1000, getOutput(0));
  time += 10.0;
  progress.advance(100, "a");
  time += 1.0; // too soon for a second line
  progress.advance(100, "b");
  time += 589.0;
  progress.advance(100, "c");
  progress.finish();
  EXPECT_EQ(text, "pack: 10%, 1:30 left, a\n"
                  "pack: 30%, 23:20 left, c\n"
                  "pack: done in 10:00\n");
}

TEST_F(ProgressTest, SaysNothingOfAShortJob) {
  for (int columns : {0, 80}) {
    Progress progress("pack", 2, getOutput(columns));
    time += 0.2;
    progress.advance(1, "a");
    time += 0.2;
    progress.advance(1, "b");
    progress.finish();
  }
  EXPECT_EQ(text, "");
}

TEST_F(ProgressTest, SkippedWorkSaysNothingOfTheSpeed) {
  Progress progress("pack", 1000, getOutput(0));
  progress.skip(800);
  time += 20.0;
  progress.advance(100);
  EXPECT_EQ(text, "pack: 90%, 20 s left\n");
}

TEST_F(ProgressTest, LineFitsTheTerminal) {
  Progress progress("pack", 10, getOutput(40));
  time += 1.0;
  progress.advance(1, "a.very.long.name.of.a.layer");
  EXPECT_EQ(text.size(), 1u + 39u + 3u); // return, line, erase
}

TEST_F(ProgressTest, NothingToDo) {
  Progress progress("pack", 0, getOutput(0));
  time += 60.0;
  progress.advance(0);
  EXPECT_EQ(text, "pack: 100%\n");
}

TEST_F(ProgressTest, FromManyThreads) {
  Progress progress("pack", 4000, getOutput(0));
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (int j = 0; j < 1000; ++j)
        progress.advance(1);
    });
  for (std::thread &thread : threads)
    thread.join();
  time += 60.0;
  progress.advance(0);
  EXPECT_EQ(text, "pack: 100%\n");
}

TEST(FormatDuration, Units) {
  EXPECT_EQ(formatDuration(0.2), "0 s");
  EXPECT_EQ(formatDuration(59.4), "59 s");
  EXPECT_EQ(formatDuration(61), "1:01");
  EXPECT_EQ(formatDuration(3765), "1:02:45");
  EXPECT_EQ(formatDuration(1e300), "833:20:00");
}
