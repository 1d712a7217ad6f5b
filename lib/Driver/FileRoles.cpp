//===- FileRoles.cpp - the files that a tool reads and writes -------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "zq/Driver/FileRoles.h"

#include "zq/Support/OutputFile.h"
#include "zq/Support/Paths.h"

using namespace mlir;

void zq::FileRoles::addInput(StringRef path, const Twine &role) {
  if (!path.empty())
    files.push_back({path.str(), role.str()});
}

LogicalResult zq::FileRoles::addOutput(StringRef path, StringRef flag) {
  if (path.empty())
    return success();
  for (const File &other : files)
    if (isSameFile(path.str(), other.path))
      return tool.fail(flag + " is '" + path + "', which is " + other.role +
                       " too: want a file of its own; name another one");
  if (Result<OutputFile> file = OutputFile::create(path.str()); !file)
    return tool.fail(file.message());
  files.push_back({path.str(), ("the file of " + flag).str()});
  return success();
}
