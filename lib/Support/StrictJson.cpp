//===- StrictJson.cpp - JSON from files that are not trusted --------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "zq/Support/StrictJson.h"

#include <nlohmann/json.hpp>
#include <unordered_set>
#include <vector>

using namespace zq;
using nlohmann::json;

Result<json> zq::parseStrictJson(std::string_view text) {
  constexpr int kMaxDepth = 32;
  std::vector<std::unordered_set<std::string>> keys;
  std::string problem;
  auto check = [&](int depth, json::parse_event_t event, json &parsed) {
    if (!problem.empty())
      return false;
    switch (event) {
    case json::parse_event_t::object_start:
      keys.emplace_back();
      break;
    case json::parse_event_t::object_end:
      keys.pop_back();
      break;
    case json::parse_event_t::key: {
      const std::string &key = parsed.get_ref<const std::string &>();
      if (!keys.back().insert(key).second)
        problem = "the key '" + key + "' occurs twice";
      break;
    }
    default:
      break;
    }
    if (depth > kMaxDepth)
      problem = "nested deeper than " + std::to_string(kMaxDepth) + " levels";
    return problem.empty();
  };
  try {
    json value = json::parse(text.begin(), text.end(), check);
    if (!problem.empty())
      return Error{problem};
    return value;
  } catch (const json::exception &exception) {
    return Error{problem.empty() ? exception.what() : problem};
  }
}
