//===- ScheduleTimes.cpp - the table of the fastest schedules -------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "zq/Runtime/ScheduleTimes.h"

#include <algorithm>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <tuple>

using namespace zq;
using namespace zq::runtime;
using nlohmann::ordered_json;

namespace {
/// By M, by schedule.
using Times = std::map<int64_t, std::map<std::string, double>>;
} // namespace

static double getTime(const std::map<std::string, double> &times,
                      const std::string &schedule) {
  auto found = times.find(schedule);
  return found == times.end() ? std::numeric_limits<double>::infinity()
                              : found->second;
}

static double getBest(const std::map<std::string, double> &times) {
  double best = std::numeric_limits<double>::infinity();
  for (auto &[schedule, time] : times)
    best = std::min(best, time);
  return best;
}

/// From the first M on, again and again the schedule that is good for longest;
/// of several the faster one at the first M.
static ordered_json choose(const Times &times, double tolerance) {
  ordered_json choices = ordered_json::array();
  for (auto at = times.begin(); at != times.end();) {
    auto longest = at;
    size_t most = 0;
    const std::string *chosen = nullptr;
    for (auto &[schedule, time] : at->second) {
      size_t count = 0;
      auto to = at;
      while (to != times.end() &&
             getTime(to->second, schedule) <= tolerance * getBest(to->second))
        ++to, ++count;
      if (count > most || (count == most && count != 0 &&
                           time < getTime(at->second, *chosen))) {
        longest = to;
        most = count;
        chosen = &schedule;
      }
    }
    auto last = std::prev(longest);
    ordered_json choice;
    if (longest != times.end())
      choice["last"] = last->first;
    choice["us"] = getTime(last->second, *chosen);
    choice["schedule"] = *chosen;
    choices.push_back(std::move(choice));
    at = longest;
  }
  return choices;
}

std::string runtime::makeScheduleTable(const std::vector<ScheduleTime> &times,
                                       const std::string &device,
                                       double tolerance) {
  using Key = std::tuple<int64_t, int64_t, int64_t, int64_t, std::string>;
  std::map<Key, Times> linears;
  for (const ScheduleTime &time : times) {
    bool isFast =
        time.schedule.find("accumulation = fast") != std::string::npos;
    linears[{time.n, time.k, time.group, time.rank,
             isFast ? "fast" : "promoted"}][time.m][time.schedule] =
        time.microseconds;
  }
  ordered_json entries = ordered_json::array();
  for (auto &[key, measured] : linears) {
    auto &[n, k, group, rank, accumulation] = key;
    entries.push_back({{"n", n},
                       {"k", k},
                       {"group", group},
                       {"rank", rank},
                       {"accumulation", accumulation},
                       {"choices", choose(measured, tolerance)}});
  }
  ordered_json table = {
      {"version", 1}, {"device", device}, {"linears", std::move(entries)}};
  return table.dump(1) + '\n';
}
