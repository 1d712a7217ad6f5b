//===- ScheduleTimesTest.cpp - the table of the fastest schedules ---------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "zq/Runtime/ScheduleTimes.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

using namespace zq::runtime;
using nlohmann::json;

TEST(ScheduleTimes, RangesGoOnWhileASpeedIsGoodEnough) {
  const std::string a = "<tokens = 16, stages = 4, accumulation = fast>";
  const std::string b = "<tokens = 32, stages = 4, accumulation = fast>";
  const std::string c =
      "<tokens = 16, stages = 4, accumulation = promoted, interval = 512>";
  auto at = [&](int64_t m, const std::string &schedule, double time) {
    return ScheduleTime{64, 128, 128, 0, m, schedule, time};
  };
  std::vector<ScheduleTime> times = {
      // b is 0.5% slower at 1, and the best at 16 and 64.
      at(1, a, 2.0),
      at(1, b, 2.01),
      at(16, a, 2.1),
      at(16, b, 2.05),
      at(64, a, 9.0),
      at(64, b, 3.0),
      // Not measured where it is not worth it.
      at(256, a, 4.0),
      // Another accumulation, and another shape.
      at(1, c, 5.0),
      {64, 256, 128, 8, 1, a, 7.0}};
  json table = json::parse(makeScheduleTable(times, "Fake"));
  EXPECT_EQ(table["version"], 1);
  EXPECT_EQ(table["device"], "Fake");
  ASSERT_EQ(table["linears"].size(), 3u);
  const json &fast = table["linears"][0];
  EXPECT_EQ(fast["accumulation"], "fast");
  EXPECT_EQ(fast["k"], 128);
  EXPECT_EQ(fast["choices"],
            json::parse(R"([{"last": 64, "us": 3.0, "schedule": ")" + b +
                        R"("}, {"us": 4.0, "schedule": ")" + a + R"("}])"));
  EXPECT_EQ(table["linears"][1]["accumulation"], "promoted");
  EXPECT_EQ(table["linears"][1]["choices"],
            json::parse(R"([{"us": 5.0, "schedule": ")" + c + R"("}])"));
  EXPECT_EQ(table["linears"][2]["rank"], 8);

  // Without any tolerance a is the first.
  table = json::parse(makeScheduleTable(times, "Fake", 1.0));
  EXPECT_EQ(table["linears"][0]["choices"].size(), 3u);
  EXPECT_EQ(table["linears"][0]["choices"][0]["last"], 1);
}
