//===- Journal.cpp - what a long run has done, line by line ---------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "zq/Support/Journal.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <string_view>
#include <unistd.h>

using namespace zq;

/// The first line, by which a run knows what another has left.
static constexpr std::string_view kHeader = "zq journal, version 1";

static Error fileError(const std::string &path, const char *what) {
  return {path + ": " + what + ": " + std::strerror(errno)};
}

/// All bytes from the file's start.
static Result<std::string> readAll(const std::string &path, int descriptor) {
  std::string text;
  char buffer[1 << 16];
  while (true) {
    ssize_t count = read(descriptor, buffer, sizeof(buffer));
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      return fileError(path, "cannot read");
    if (count == 0)
      return text;
    text.append(buffer, static_cast<size_t>(count));
  }
}

/// Whether a run has written this: the header, whole or torn.
static bool isJournal(std::string_view text) {
  std::string_view start = text.substr(0, text.find('\n'));
  return start.size() == text.size() ? kHeader.substr(0, start.size()) == start
                                     : kHeader == start;
}

Result<Journal> Journal::open(const std::string &path, bool goOn) {
  int descriptor =
      ::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (descriptor < 0)
    return fileError(path, "cannot open");
  Journal journal(path, descriptor, {});
  Result<std::string> text = readAll(path, descriptor);
  if (!text)
    return text.takeError();
  if (!isJournal(*text))
    return Error{path +
                 ": is no interrupted run's: found another first line "
                 "than '" +
                 std::string(kHeader) +
                 "', and this run would replace it; move it away"};
  size_t begin = 0;
  for (size_t end; goOn && (end = text->find('\n', begin)) != std::string::npos;
       begin = end + 1)
    journal.lines.push_back(text->substr(begin, end - begin));
  // Without the torn end the next line starts as a line.
  if (begin != text->size() &&
      ftruncate(descriptor, static_cast<off_t>(begin)) != 0)
    return fileError(path, "cannot resize");
  if (!journal.lines.empty())
    journal.lines.erase(journal.lines.begin());
  else if (Result<void> done = journal.append(std::string(kHeader)); !done)
    return done.takeError();
  return journal;
}

Journal::~Journal() {
  if (descriptor >= 0)
    close(descriptor);
}

Result<void> Journal::append(std::string line) {
  line += '\n';
  std::lock_guard<std::mutex> lock(mutex);
  const char *bytes = line.data();
  for (size_t left = line.size(); left != 0;) {
    ssize_t written = write(descriptor, bytes, left);
    if (written < 0 && errno == EINTR)
      continue;
    if (written <= 0)
      return fileError(path, "cannot write");
    bytes += written;
    left -= static_cast<size_t>(written);
  }
  return {};
}

void Journal::remove() {
  close(std::exchange(descriptor, -1));
  unlink(path.c_str());
}
