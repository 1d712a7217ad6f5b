//===- StrictJson.h - JSON from files that are not trusted ------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_SUPPORT_STRICTJSON_H
#define ZQ_SUPPORT_STRICTJSON_H

#include "zq/Support/Result.h"

#include <nlohmann/json_fwd.hpp>
#include <string_view>

namespace zq {

/// Parses a JSON text; unlike the library's own default, a key that occurs
/// twice in an object is an error, and so is nesting beyond 32 levels.
Result<nlohmann::json> parseStrictJson(std::string_view text);

} // namespace zq

#endif // ZQ_SUPPORT_STRICTJSON_H
