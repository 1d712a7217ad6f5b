//===- SameFile.h - whether two paths are one file --------------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_SUPPORT_SAMEFILE_H
#define ZQ_SUPPORT_SAMEFILE_H

#include <string>

namespace zq {

/// Whether what is written to one path is read from the other, or would be once
/// the files are there. Links are followed. No file is an empty path's.
bool isSameFile(const std::string &a, const std::string &b);

} // namespace zq

#endif // ZQ_SUPPORT_SAMEFILE_H
