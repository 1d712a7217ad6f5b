//===- StrictJsonTest.cpp - JSON from files that are not trusted ----------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "zq/Support/StrictJson.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

using namespace zq;

static std::string getError(std::string_view text) {
  Result<nlohmann::json> value = parseStrictJson(text);
  return value ? "accepted" : value.message();
}

TEST(StrictJson, AcceptsEqualKeysInDifferentObjects) {
  Result<nlohmann::json> value =
      parseStrictJson(R"({"a": {"x": 1}, "b": {"x": [2, {"x": 3}]}})");
  ASSERT_TRUE(value) << value.message();
  EXPECT_EQ((*value)["b"]["x"][1]["x"], 3);
}

TEST(StrictJson, RefusesAKeyTwice) {
  EXPECT_EQ(getError(R"({"a": 1, "b": {"a": 2}, "a": 3})"),
            "the key 'a' occurs twice");
  EXPECT_EQ(getError(R"({"b": {"a": 2, "\u0061": 2}})"),
            "the key 'a' occurs twice");
}

TEST(StrictJson, RefusesDeepNesting) {
  std::string text(100000, '[');
  EXPECT_EQ(getError(text), "nested deeper than 32 levels");
}

TEST(StrictJson, RefusesWhatIsNotJson) {
  for (const char *text : {"", "{", "{\"a\": 1} x", "{\"a\": \"\xff\"}", "nan"})
    EXPECT_NE(getError(text).find("parse error"), std::string::npos) << text;
}
