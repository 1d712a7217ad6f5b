//===- Progress.cpp - how far a long job is -------------------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "zq/Support/Progress.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <sys/ioctl.h>
#include <unistd.h>

using namespace zq;

/// Seconds between two pictures of the bar, and between two lines.
static constexpr double kBarInterval = 0.1;
static constexpr double kLineInterval = 10.0;
/// Seconds of silence at the start: what is over by then needs no bar.
static constexpr double kBarSilence = 0.5;

Progress::Output Progress::Output::standardError() {
  int columns = 0;
  winsize size = {};
  if (isatty(STDERR_FILENO))
    columns = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0
                  ? size.ws_col
                  : 80;
  return {[](std::string_view text) {
            std::fwrite(text.data(), 1, text.size(), stderr);
            std::fflush(stderr);
          },
          columns,
          [] {
            return std::chrono::duration<double>(
                       std::chrono::steady_clock::now().time_since_epoch())
                .count();
          }};
}

std::string zq::formatDuration(double seconds) {
  // Beyond a month nobody counts.
  auto whole = static_cast<long>(std::lround(std::min(seconds, 3e6)));
  char text[32];
  if (whole < 60)
    std::snprintf(text, sizeof(text), "%ld s", whole);
  else if (whole < 3600)
    std::snprintf(text, sizeof(text), "%ld:%02ld", whole / 60, whole % 60);
  else
    std::snprintf(text, sizeof(text), "%ld:%02ld:%02ld", whole / 3600,
                  whole / 60 % 60, whole % 60);
  return text;
}

Progress::Progress(std::string task, uint64_t total, Output givenOutput)
    : task(std::move(task)), total(total), output(std::move(givenOutput)),
      start(output.now()), shown(start) {}

Progress::~Progress() { clear(); }

void Progress::advance(uint64_t amount, std::string_view what) {
  std::lock_guard<std::mutex> lock(mutex);
  done += amount;
  double now = output.now();
  bool isTerminal = output.columns > 0;
  double wait = !isTerminal ? kLineInterval
                : hasSpoken ? kBarInterval
                            : kBarSilence;
  if (now - shown < wait)
    return;
  show(what, now);
  shown = now;
  hasSpoken = true;
}

void Progress::skip(uint64_t amount) {
  std::lock_guard<std::mutex> lock(mutex);
  done += amount;
  skipped += amount;
}

std::string Progress::getTimeLeft(double now) const {
  uint64_t worked = done - skipped;
  if (worked == 0 || done >= total)
    return "";
  double left =
      (now - start) * static_cast<double>(total - done) / double(worked);
  return formatDuration(left) + " left";
}

/// materialize  [=========>          ]  46%, 0:12 left, layers.3.mlp.up_proj
void Progress::show(std::string_view what, double now) {
  double part = total == 0 ? 1.0 : std::min(1.0, double(done) / double(total));
  std::string tail = " " + std::to_string(int(part * 100.0)) + "%";
  if (std::string left = getTimeLeft(now); !left.empty())
    tail += ", " + left;
  if (!what.empty())
    tail += ", " + std::string(what);
  if (output.columns == 0) {
    output.write(task + ":" + tail + "\n");
    return;
  }
  constexpr int barWidth = 24;
  int filled = int(part * barWidth);
  std::string bar(filled, '=');
  if (filled < barWidth)
    bar += '>';
  bar.resize(barWidth, ' ');
  std::string line = task + " [" + bar + "]" + tail;
  // A line that wraps could not be taken back.
  size_t columns = static_cast<size_t>(output.columns);
  if (line.size() >= columns)
    line.resize(columns - 1);
  output.write("\r" + line + "\x1b[K");
  hasBar = true;
}

void Progress::clear() {
  if (hasBar)
    output.write("\r\x1b[K");
  hasBar = false;
}

void Progress::finish() {
  std::lock_guard<std::mutex> lock(mutex);
  clear();
  if (hasSpoken)
    output.write(task + ": done in " + formatDuration(output.now() - start) +
                 "\n");
  hasSpoken = false;
}
