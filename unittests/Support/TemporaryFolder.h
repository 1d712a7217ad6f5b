//===- TemporaryFolder.h - a folder for one test ----------------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_UNITTESTS_SUPPORT_TEMPORARYFOLDER_H
#define ZQ_UNITTESTS_SUPPORT_TEMPORARYFOLDER_H

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace zq {

/// Removed with all that is in it at the end of the test.
class TemporaryFolder {
public:
  TemporaryFolder() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "zq-test-XXXXXX").string();
    if (!mkdtemp(pattern.data()))
      std::abort();
    root = pattern;
  }
  TemporaryFolder(const TemporaryFolder &) = delete;
  TemporaryFolder &operator=(const TemporaryFolder &) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(root, ignored);
  }

  std::string operator/(const std::string &name) const {
    return (root / name).string();
  }
  size_t countFiles() const {
    return std::distance(std::filesystem::directory_iterator(root), {});
  }

private:
  std::filesystem::path root;
};

inline void putFile(const std::string &path, const std::string &bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

inline std::string readFile(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

} // namespace zq

#endif // ZQ_UNITTESTS_SUPPORT_TEMPORARYFOLDER_H
