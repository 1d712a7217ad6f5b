//===- Ptxas.cpp - finds and runs NVIDIA's assembler ----------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "zq/Target/Hopper/Ptxas.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;
using namespace zq::hopper;

//===----------------------------------------------------------------------===//
// Where it is
//===----------------------------------------------------------------------===//

/// The folders to look in when PATH has none, in order.
static SmallVector<std::string> getCandidateFolders() {
  SmallVector<std::string> folders;
  for (const char *variable : {"CUDA_HOME", "CUDA_PATH"})
    if (auto root = sys::Process::GetEnv(variable)) {
      SmallString<128> folder(*root);
      sys::path::append(folder, "bin");
      folders.push_back(folder.str().str());
    }
  // Where scripts/setup puts it, seen from the build's bin folder.
  static int anchor;
  SmallString<128> program(sys::fs::getMainExecutable(nullptr, &anchor));
  if (!program.empty()) {
    sys::path::remove_filename(program);
    sys::path::append(program, "..", "cuda", "bin");
    sys::path::remove_dots(program, /*remove_dot_dot=*/true);
    folders.push_back(program.str().str());
  }
  folders.push_back("/usr/local/cuda/bin");
  return folders;
}

Expected<std::string> zq::hopper::findPtxas(StringRef given) {
  if (!given.empty()) {
    if (sys::fs::can_execute(given))
      return given.str();
    return createStringError("'" + given + "' cannot be executed as ptxas");
  }
  if (auto onPath = sys::findProgramByName("ptxas"))
    return *onPath;
  SmallVector<std::string> folders = getCandidateFolders();
  for (const std::string &folder : folders) {
    SmallString<128> path(folder);
    sys::path::append(path, "ptxas");
    if (sys::fs::can_execute(path))
      return path.str().str();
  }
  std::string message =
      "ptxas was not found on PATH or in any of: " + join(folders, ", ") +
      "; install the CUDA toolkit (12.6 or newer) or the package "
      "nvidia-cuda-nvcc, or give the path of ptxas";
  return createStringError(message);
}

//===----------------------------------------------------------------------===//
// Running it
//===----------------------------------------------------------------------===//

namespace {
/// A temporary file that goes when this does.
struct TemporaryFile {
  SmallString<128> path;
  std::unique_ptr<FileRemover> remover;

  std::error_code create(StringRef suffix) {
    std::error_code error =
        sys::fs::createTemporaryFile("zq-kernels", suffix, path);
    if (!error)
      remover = std::make_unique<FileRemover>(path);
    return error;
  }

  Expected<std::string> read() {
    auto buffer = MemoryBuffer::getFile(path);
    if (!buffer)
      return createStringError(buffer.getError(),
                               "cannot read '" + path.str() + "'");
    return (*buffer)->getBuffer().str();
  }
};
} // namespace

Expected<PtxasResult> zq::hopper::runPtxas(StringRef ptxas, StringRef ptx,
                                           StringRef chip) {
  TemporaryFile source, cubin, log;
  for (auto [file, suffix] :
       {std::pair(&source, "ptx"), std::pair(&cubin, "cubin"),
        std::pair(&log, "log")})
    if (std::error_code error = file->create(suffix))
      return createStringError(error, "cannot create a temporary file");
  {
    std::error_code error;
    raw_fd_ostream os(source.path, error);
    if (!error) {
      os << ptx;
      os.close();
      error = os.error();
      os.clear_error();
    }
    if (error)
      return createStringError(error,
                               "cannot write '" + source.path.str() + "'");
  }

  std::string arch = ("-arch=" + chip).str();
  StringRef arguments[] = {
      ptxas, "-v", "-O3", arch, "-o", cubin.path.str(), source.path.str()};
  std::optional<StringRef> redirects[] = {StringRef(), log.path.str(),
                                          log.path.str()};
  std::string message;
  bool failedToRun = false;
  int exitCode = sys::ExecuteAndWait(ptxas, arguments, /*Env=*/std::nullopt,
                                     redirects, /*SecondsToWait=*/0,
                                     /*MemoryLimit=*/0, &message, &failedToRun);
  if (failedToRun || exitCode < 0)
    return createStringError("cannot run '" + ptxas + "': " + message);

  PtxasResult result{exitCode, {}, {}};
  auto text = log.read();
  if (!text)
    return text.takeError();
  result.log = std::move(*text);
  if (exitCode == 0) {
    auto bytes = cubin.read();
    if (!bytes)
      return bytes.takeError();
    result.cubin = std::move(*bytes);
  }
  return result;
}
