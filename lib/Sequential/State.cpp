//===- State.cpp - what an interrupted calibration has finished -----------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "State.h"

#include "zq/Sequential/Sequential.h"
#include "zq/Support/OutputFile.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Regex.h"
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <optional>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace zq;
using llvm::StringRef;
using llvm::Twine;

/// The files of the folder that are the state's, by their names: others may
/// have put theirs beside them.
static std::vector<std::string> findFiles(const std::string &folder) {
  llvm::Regex names("^(calibration\\.(json|lock)|none\\.safetensors|"
                    "stage-[0-9]+\\.json|"
                    "site-[0-9]+-[0-9]+\\.(mlirbc|json|safetensors)|"
                    "stream-[0-9]+(-[0-9]+-[0-9]+)?\\.(float|quantized))"
                    "(\\.[0-9]+-[0-9]+\\.tmp)?$");
  std::vector<std::string> files;
  std::error_code error;
  for (llvm::sys::fs::directory_iterator it(folder, error), end;
       it != end && !error; it.increment(error))
    if (names.match(llvm::sys::path::filename(it->path())) &&
        llvm::sys::fs::is_regular_file(it->path()))
      files.push_back(it->path());
  return files;
}

static bool hasSites(const std::string &folder) {
  return llvm::any_of(findFiles(folder),
                      [](StringRef path) { return path.ends_with(".mlirbc"); });
}

/// What an interrupted writer left behind.
static void removeTemporaries(const std::string &folder) {
  for (const std::string &path : findFiles(folder))
    if (StringRef(path).ends_with(".tmp"))
      llvm::sys::fs::remove(path);
}

//===----------------------------------------------------------------------===//
// The lock
//===----------------------------------------------------------------------===//

/// Whether `path` still names the file that is open.
static bool isNamed(int descriptor, const std::string &path) {
  struct stat opened, named;
  return fstat(descriptor, &opened) == 0 && stat(path.c_str(), &named) == 0 &&
         opened.st_ino == named.st_ino && opened.st_dev == named.st_dev;
}

Result<FolderLock> FolderLock::take(const std::string &folder) {
  std::string path = folder + "/calibration.lock";
  while (true) {
    // Read-only is enough to lock, and creates the file all the same.
    FolderLock lock(open(path.c_str(), O_RDONLY | O_CREAT | O_CLOEXEC, 0666));
    if (lock.descriptor < 0)
      return Error{path + ": cannot open: " + std::strerror(errno)};
    if (flock(lock.descriptor, LOCK_EX | LOCK_NB) != 0)
      return errno == EWOULDBLOCK
                 ? Error{"another calibration is running on the folder '" +
                         folder +
                         "': wait for its end, or name another folder with "
                         "--state"}
                 : Error{path + ": cannot lock: " + std::strerror(errno)};
    // Who had the lock may have removed the file in between.
    if (isNamed(lock.descriptor, path))
      return lock;
  }
}

FolderLock::~FolderLock() {
  if (descriptor >= 0)
    close(descriptor);
}

/// Empty, or with a state, or with the lock of a run that has only begun.
static bool mayHaveState(const std::string &folder) {
  std::error_code error;
  for (llvm::sys::fs::directory_iterator it(folder, error), end;
       it != end && !error; it.increment(error)) {
    uint64_t size = 1;
    if (llvm::sys::path::filename(it->path()) != "calibration.lock" ||
        llvm::sys::fs::file_size(it->path(), size) || size != 0)
      return llvm::sys::fs::exists(folder + "/calibration.json");
  }
  return true;
}

//===----------------------------------------------------------------------===//
// The state
//===----------------------------------------------------------------------===//

void zq::removeCalibrationState(const std::string &folder) {
  if (!llvm::sys::fs::exists(folder + "/calibration.json"))
    return;
  // Another run with the same arguments may have come in between.
  Result<FolderLock> lock = FolderLock::take(folder);
  if (!lock)
    return;
  std::vector<std::string> files = findFiles(folder);
  // Others begin as soon as the lock is away.
  llvm::partition(files, [](StringRef path) {
    return !path.ends_with("/calibration.lock");
  });
  for (const std::string &path : files)
    llvm::sys::fs::remove(path);
  rmdir(folder.c_str()); // not where others' files are left
}

Result<CalibrationState>
CalibrationState::open(std::string folder, const std::string &fingerprint) {
  CalibrationState state(std::move(folder), fingerprint);
  if (std::error_code error = llvm::sys::fs::create_directories(state.folder))
    return Error{"cannot make the folder '" + state.folder +
                 "': " + error.message()};
  if (!mayHaveState(state.folder))
    return Error{"the folder '" + state.folder +
                 "' has files, and no state of a calibration: name another "
                 "one with --state"};
  Result<FolderLock> lock = FolderLock::take(state.folder);
  if (!lock)
    return lock.takeError();
  state.lock.emplace(std::move(*lock));
  std::string path = state.getPath("calibration.json");
  auto buffer = llvm::MemoryBuffer::getFile(path);
  if (!buffer) {
    if (Result<void> done = state.setNumStages(0); !done)
      return done.takeError();
    return state;
  }
  llvm::Expected<llvm::json::Value> value =
      llvm::json::parse((*buffer)->getBuffer());
  const llvm::json::Object *object = nullptr;
  if (value)
    object = value->getAsObject();
  else
    llvm::consumeError(value.takeError());
  std::optional<int64_t> version, stages;
  std::optional<StringRef> known;
  if (object) {
    version = object->getInteger("version");
    stages = object->getInteger("stages");
    known = object->getString("fingerprint");
  }
  if (version != 1 || !stages || *stages < 0 || !known)
    return Error{path + ": not the state of a calibration: name another folder "
                        "with --state"};
  // Nothing lost where nothing was finished.
  if (*known != fingerprint && *stages == 0 && !hasSites(state.folder)) {
    if (Result<void> done = state.setNumStages(0); !done)
      return done.takeError();
    return state;
  }
  if (*known != fingerprint)
    return Error{
        "'" + state.folder +
        "' has the state of another calibration (another model, "
        "weights, data, options or version of zq, or with --statistics "
        "where this is without, or the reverse): remove it, or name "
        "another folder with --state"};
  state.stages = *stages;
  removeTemporaries(state.folder);
  return state;
}

Result<void> CalibrationState::setNumStages(int64_t count) {
  stages = count;
  llvm::json::Object object{
      {"version", 1}, {"fingerprint", fingerprint}, {"stages", stages}};
  std::string text;
  llvm::raw_string_ostream(text)
      << llvm::json::Value(std::move(object)) << "\n";
  return writeFile(getPath("calibration.json"), text);
}

std::string CalibrationState::getPath(StringRef name) const {
  return folder + "/" + name.str();
}

std::string CalibrationState::getSitePath(int64_t stage, int64_t site,
                                          StringRef extension) const {
  return getPath(
      ("site-" + Twine(stage) + "-" + Twine(site) + extension).str());
}

std::string CalibrationState::getStreamPath(const Twine &value,
                                            bool quantized) const {
  return getPath(
      ("stream-" + value + (quantized ? ".quantized" : ".float")).str());
}
