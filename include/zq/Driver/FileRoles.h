//===- FileRoles.h - the files that a tool reads and writes -----*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_DRIVER_FILEROLES_H
#define ZQ_DRIVER_FILEROLES_H

#include "zq/Driver/Tool.h"

#include <vector>

namespace zq {

/// Keeps a tool from writing to a file that it also reads, or writes as
/// something else: says so before the work is done, and not after it.
class FileRoles {
public:
  explicit FileRoles(const Tool &tool) : tool(tool) {}

  /// `role` is for messages: "the model". An empty path is no file.
  void addInput(llvm::StringRef path, const llvm::Twine &role);

  /// `flag` is what names the file: "--report". Fails if it is the file of
  /// another role, or cannot be written.
  llvm::LogicalResult addOutput(llvm::StringRef path, llvm::StringRef flag);

private:
  struct File {
    std::string path, role;
  };

  const Tool &tool;
  std::vector<File> files;
};

} // namespace zq

#endif // ZQ_DRIVER_FILEROLES_H
