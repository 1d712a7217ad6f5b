//===- SameFile.cpp - whether two paths are one file ----------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "zq/Support/SameFile.h"

#include <filesystem>

namespace fs = std::filesystem;

bool zq::isSameFile(const std::string &a, const std::string &b) {
  if (a.empty() || b.empty())
    return false;
  std::error_code error;
  if (a == b || fs::equivalent(a, b, error))
    return true;
  auto resolve = [](const std::string &path) {
    std::error_code error;
    fs::path absolute = fs::absolute(path, error);
    fs::path resolved = fs::weakly_canonical(absolute, error);
    return error ? absolute.lexically_normal() : resolved;
  };
  return resolve(a) == resolve(b);
}
