//===- Paths.h - what two paths are to each other ---------------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_SUPPORT_PATHS_H
#define ZQ_SUPPORT_PATHS_H

#include <string>

namespace zq {

/// Whether what is written to one path is read from the other, or would be once
/// the files are there. Links are followed. No file is an empty path's.
bool isSameFile(const std::string &a, const std::string &b);

/// Whether `path` is `folder` or below it, or would be once both are there.
/// Links to folders are followed, one that `path` itself is is not: writing
/// replaces it.
bool isInFolder(const std::string &path, const std::string &folder);

} // namespace zq

#endif // ZQ_SUPPORT_PATHS_H
