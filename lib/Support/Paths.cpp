//===- Paths.cpp - what two paths are to each other -----------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "zq/Support/Paths.h"

#include <algorithm>
#include <filesystem>

namespace fs = std::filesystem;

/// The path without links, as far as it exists.
static fs::path resolve(const fs::path &path) {
  std::error_code error;
  fs::path absolute = fs::absolute(path, error);
  fs::path resolved = fs::weakly_canonical(absolute, error);
  return error ? absolute.lexically_normal() : resolved;
}

bool zq::isSameFile(const std::string &a, const std::string &b) {
  if (a.empty() || b.empty())
    return false;
  std::error_code error;
  return a == b || fs::equivalent(a, b, error) || resolve(a) == resolve(b);
}

bool zq::isInFolder(const std::string &path, const std::string &folder) {
  std::error_code error;
  fs::path absolute = fs::absolute(path, error);
  fs::path place = resolve(absolute.parent_path()) / absolute.filename();
  fs::path above = resolve(folder);
  // A folder's name may end in a separator, behind which there is an empty one.
  auto last = above.end();
  if (last != above.begin() && std::prev(last)->empty())
    --last;
  return std::mismatch(above.begin(), last, place.begin(), place.end()).first ==
         last;
}
