//===- Tune.cpp - measure the schedules of linears ------------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Linears of one shape, each with a schedule of its own, are run in turn: some
// dozen runs in a CUDA graph, one behind the other, each with another copy of
// the weights, so that no cache holds them. Whole linears are timed, with the
// quantization of their activations, and all of a shape have to agree.
//
//===----------------------------------------------------------------------===//

#include "Tune.h"

#include "Elements.h"

#include "zq/Runtime/CudaDriver.h"
#include "zq/Runtime/ScheduleTimes.h"
#include "zq/Runtime/zq.h"
#include "zq/Support/OutputFile.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <tuple>

using namespace zq;
using namespace zq::run;
using namespace zq::runtime;

/// More than any cache of the machine, in all copies of a weight.
static constexpr uint64_t kRotatedBytes = 200'000'000;
static constexpr int64_t kMaxRuns = 24, kRounds = 7;
/// How far two kernels' results may be apart, by norm: fast accumulation.
static constexpr double kTolerance = 1e-2;

namespace {
/// What is thrown inside of this file.
struct Problem {
  std::string message;
};

/// Frees what the driver gave, when it goes.
using Guard = std::shared_ptr<void>;

struct Candidate {
  size_t index;
  const Linear *linear;
  int64_t tokens; ///< in a tile
  int64_t cluster;
  std::string schedule;
};

struct Buffers {
  cuda::DevicePtr x, residual, y, workspace;
  size_t xBytes, yBytes, workspaceBytes;
};

class Tuner {
public:
  Tuner(const Options &options, const ModuleFile &file,
        const cuda::Driver &driver)
      : options(options), file(file), driver(driver) {}

  std::vector<ScheduleTime> run(const std::vector<size_t> &linears);
  const std::string &getDeviceName() const { return name; }

private:
  void check(cuda::Status status, const char *what) {
    if (status)
      throw Problem{std::string(what) + ": " + driver.getErrorText(status)};
  }
  void check(ZqStatus status, const Candidate &candidate) {
    if (status)
      throw Problem{"linear '" + candidate.linear->name + "': " +
                    zqGetStatusName(status) + ": " + zqGetLastErrorText()};
  }
  void open();
  Guard allocate(cuda::DevicePtr &address, size_t bytes);
  void runOnce(const Candidate &candidate, int64_t m, const Buffers &buffers,
               size_t copy);
  std::vector<float> getSample(const Linear &linear, int64_t m,
                               const Buffers &buffers);
  void compare(const Candidate &candidate, int64_t m, const Buffers &buffers,
               std::vector<float> &wanted);
  double time(cuda::GraphExec graph);
  void measure(const std::vector<Candidate> &candidates, int64_t m,
               std::vector<ScheduleTime> &times);
  bool isWorthIt(const Candidate &candidate, int64_t m) const;

  const Options &options;
  const ModuleFile &file;
  const cuda::Driver &driver;
  std::string name;
  int multiprocessors = 0;
  cuda::Stream stream = nullptr;
  std::vector<ZqModule *> modules; ///< copies of the weights
  std::vector<Guard> owned;
};
} // namespace

/// What a candidate is told by; a linear with several schedules is none.
static Candidate getCandidate(const ModuleFile &file, size_t index) {
  const Linear &linear = file.getDescription().linears[index];
  if (linear.variants.size() != 1)
    throw Problem{"linear '" + linear.name + "' has " +
                  std::to_string(linear.variants.size()) +
                  " schedules, wanted one: compile candidates, with "
                  "zq-compile --expand-candidates=true"};
  const Variant &variant = linear.variants.front();
  size_t begin = variant.schedule.find('<');
  size_t tokens = variant.schedule.find("tokens = ");
  if (begin == std::string::npos || tokens == std::string::npos)
    throw Problem{"linear '" + linear.name + "' has the schedule '" +
                  variant.schedule + "', wanted <tokens = ...>"};
  return {index, &linear, std::atoll(variant.schedule.c_str() + tokens + 9),
          variant.launches.back().cluster, variant.schedule.substr(begin)};
}

void Tuner::open() {
  cuda::Device device = 0;
  cuda::Context context = nullptr;
  char text[128] = "";
  check(driver.deviceGet(&device, 0), "no CUDA device");
  check(driver.deviceGetName(text, sizeof(text), device), "reading its name");
  name = text;
  check(driver.deviceGetAttribute(&multiprocessors, cuda::kMultiprocessorCount,
                                  device),
        "reading its size");
  check(driver.primaryContextRetain(&context, device), "making a CUDA context");
  check(driver.contextSetCurrent(context), "using the CUDA context");
  constexpr unsigned kNonBlocking = 1;
  check(driver.streamCreate(&stream, kNonBlocking), "creating a stream");
  owned.emplace_back(stream, [&driver = driver](void *stream) {
    driver.streamDestroy(static_cast<cuda::Stream>(stream));
  });
}

Guard Tuner::allocate(cuda::DevicePtr &address, size_t bytes) {
  check(driver.memAlloc(&address, std::max<size_t>(bytes, 1)),
        "allocating memory");
  return Guard(reinterpret_cast<void *>(address), [&driver = driver](void *p) {
    driver.memFree(reinterpret_cast<cuda::DevicePtr>(p));
  });
}

/// Whether a schedule may be the best for M: tiles neither much larger nor much
/// smaller than M, K shared out by few tiles.
bool Tuner::isWorthIt(const Candidate &candidate, int64_t m) const {
  int64_t tiles =
      ((candidate.linear->n - 1) / 128 + 1) * ((m - 1) / candidate.tokens + 1);
  if (candidate.cluster > 1 && tiles * candidate.cluster > 2 * multiprocessors)
    return false;
  if (m <= 256)
    return candidate.tokens <= std::max<int64_t>(32, 2 * m) &&
           candidate.tokens >= m / 4;
  return candidate.tokens >= (m < 1024 ? 64 : 128);
}

void Tuner::runOnce(const Candidate &candidate, int64_t m,
                    const Buffers &buffers, size_t copy) {
  auto at = [](cuda::DevicePtr address) {
    return reinterpret_cast<void *>(address);
  };
  ZqLinearBuffers given = {sizeof(given), at(buffers.x),
                           candidate.linear->residual ? at(buffers.residual)
                                                      : nullptr,
                           at(buffers.y)};
  check(zqLinearRunBuffersCuda(modules[copy % modules.size()], candidate.index,
                               m, &given, at(buffers.workspace),
                               buffers.workspaceBytes, stream),
        candidate);
}

/// Outputs of the first tokens.
std::vector<float> Tuner::getSample(const Linear &linear, int64_t m,
                                    const Buffers &buffers) {
  int64_t count = std::min<int64_t>(m, 64) * linear.n;
  std::vector<uint8_t> bytes(count * getByteSize(linear.outputType));
  check(driver.copyToHost(bytes.data(), buffers.y, bytes.size()),
        "reading results");
  return decodeElements(static_cast<ZqElementType>(linear.outputType), bytes);
}

/// The first candidate's results are what the others' have to be.
void Tuner::compare(const Candidate &candidate, int64_t m,
                    const Buffers &buffers, std::vector<float> &wanted) {
  check(driver.memset(buffers.y, 0xFF, buffers.yBytes), "poisoning results");
  check(driver.streamSynchronize(nullptr), "poisoning results");
  runOnce(candidate, m, buffers, 0);
  check(driver.streamSynchronize(stream), "running a candidate");
  std::vector<float> found = getSample(*candidate.linear, m, buffers);
  if (wanted.empty())
    wanted = found;
  double difference = 0, norm = 0;
  for (size_t i = 0; i != found.size(); ++i) {
    difference += std::pow(double(found[i]) - wanted[i], 2);
    norm += double(wanted[i]) * wanted[i];
  }
  // A NaN, of what was not written, fails as well.
  if (!(difference <= kTolerance * kTolerance * norm))
    throw Problem{"linear '" + candidate.linear->name + "', M = " +
                  std::to_string(m) + ", schedule " + candidate.schedule +
                  ": its results are not those of the other schedules"};
}

double Tuner::time(cuda::GraphExec graph) {
  cuda::Event begin = nullptr, end = nullptr;
  check(driver.eventCreate(&begin, 0), "creating an event");
  check(driver.eventCreate(&end, 0), "creating an event");
  float milliseconds = 0;
  check(driver.graphLaunch(graph, stream), "launching a graph");
  check(driver.eventRecord(begin, stream), "timing");
  check(driver.graphLaunch(graph, stream), "launching a graph");
  check(driver.eventRecord(end, stream), "timing");
  check(driver.eventSynchronize(end), "timing");
  check(driver.eventElapsedTime(&milliseconds, begin, end), "timing");
  driver.eventDestroy(begin);
  driver.eventDestroy(end);
  return 1000.0 * milliseconds;
}

/// All candidates of one shape, in turn, for one M.
void Tuner::measure(const std::vector<Candidate> &all, int64_t m,
                    std::vector<ScheduleTime> &times) {
  std::vector<Candidate> candidates;
  std::copy_if(all.begin(), all.end(), std::back_inserter(candidates),
               [&](const Candidate &c) { return isWorthIt(c, m); });
  if (candidates.empty())
    candidates = all;
  const Linear &linear = *candidates.front().linear;

  Buffers buffers = {};
  buffers.xBytes = m * linear.k * getByteSize(linear.inputType);
  buffers.yBytes = m * linear.n * getByteSize(linear.outputType);
  for (const Candidate &candidate : candidates) {
    size_t bytes = 0;
    check(zqLinearGetWorkspaceSize(modules[0], candidate.index, m, &bytes),
          candidate);
    buffers.workspaceBytes = std::max(buffers.workspaceBytes, bytes);
  }
  Guard x = allocate(buffers.x, buffers.xBytes);
  Guard residual = allocate(buffers.residual, buffers.yBytes);
  Guard y = allocate(buffers.y, buffers.yBytes);
  Guard workspace = allocate(buffers.workspace, buffers.workspaceBytes);
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  std::vector<float> values(m * linear.k);
  for (float &value : values)
    value = normal(random);
  std::vector<uint8_t> bytes =
      encodeElements(static_cast<ZqElementType>(linear.inputType), values);
  check(driver.copyToDevice(buffers.x, bytes.data(), bytes.size()),
        "copying x");
  check(driver.memset(buffers.residual, 0, buffers.yBytes), "clearing memory");

  double operations = 2.0 * linear.n * linear.k * m;
  double estimate = double(linear.n) * linear.k / 8e6 + operations / 1450e6 + 5;
  auto runs = static_cast<int64_t>(300 / estimate);
  runs = std::clamp<int64_t>(runs, 2, kMaxRuns);
  std::vector<cuda::GraphExec> graphs;
  std::vector<Guard> graphGuards;
  std::vector<float> wanted;
  for (const Candidate &candidate : candidates) {
    compare(candidate, m, buffers, wanted);
    // All copies are on the device before the capture, which may not allocate.
    for (size_t copy = 1; copy < modules.size(); ++copy)
      runOnce(candidate, m, buffers, copy);
    check(driver.streamSynchronize(stream), "running a candidate");
    cuda::Graph graph = nullptr;
    cuda::GraphExec instance = nullptr;
    constexpr int kThreadLocal = 1;
    check(driver.streamBeginCapture(stream, kThreadLocal), "capturing a graph");
    for (int64_t i = 0; i != runs; ++i)
      runOnce(candidate, m, buffers, i);
    check(driver.streamEndCapture(stream, &graph), "capturing a graph");
    check(driver.graphInstantiate(&instance, graph, 0), "making a graph");
    driver.graphDestroy(graph);
    graphs.push_back(instance);
    graphGuards.emplace_back(instance, [&driver = driver](void *graph) {
      driver.graphExecDestroy(static_cast<cuda::GraphExec>(graph));
    });
  }

  std::vector<std::vector<double>> samples(graphs.size());
  for (int64_t round = 0; round != kRounds; ++round)
    for (size_t i = 0; i != graphs.size(); ++i)
      samples[i].push_back(time(graphs[i]) / double(runs));
  size_t best = 0;
  double fastest = 0;
  for (size_t i = 0; i != graphs.size(); ++i) {
    std::nth_element(samples[i].begin(), samples[i].begin() + kRounds / 2,
                     samples[i].end());
    double median = std::round(samples[i][kRounds / 2] * 1000) / 1000;
    times.push_back({linear.n, linear.k, linear.group, linear.rank, m,
                     candidates[i].schedule, median});
    if (i == 0 || median < fastest) {
      fastest = median;
      best = i;
    }
  }
  std::printf("%lld x %lld, M = %lld: %zu schedules, %.1f us %s\n",
              static_cast<long long>(linear.n),
              static_cast<long long>(linear.k), static_cast<long long>(m),
              candidates.size(), fastest, candidates[best].schedule.c_str());
  std::fflush(stdout);
}

std::vector<ScheduleTime> Tuner::run(const std::vector<size_t> &linears) {
  std::map<std::tuple<int64_t, int64_t, int64_t, int64_t>,
           std::vector<Candidate>>
      shapes;
  for (size_t index : linears) {
    Candidate candidate = getCandidate(file, index);
    const Linear &linear = *candidate.linear;
    shapes[{linear.n, linear.k, linear.group, linear.rank}].push_back(
        candidate);
  }
  open();
  std::vector<int64_t> tokens = options.tokens;
  if (tokens.empty())
    tokens = {1, 16, 32, 64, 96, 128, 256, 384, 512, 1024, 1536, 2048, 4096};
  std::vector<ScheduleTime> times;
  for (auto &[shape, candidates] : shapes) {
    uint64_t bytes = file.getBlobSize(candidates.front().linear->weights);
    size_t copies =
        std::clamp<uint64_t>(kRotatedBytes / bytes + 1, 2, kMaxRuns);
    std::vector<Guard> opened;
    for (size_t i = 0; i != copies; ++i) {
      ZqModule *module = nullptr;
      check(zqModuleOpen(options.module.c_str(), &module), candidates.front());
      opened.emplace_back(module, [](void *module) {
        zqModuleClose(static_cast<ZqModule *>(module));
      });
      modules.push_back(module);
    }
    for (int64_t m : tokens)
      if (m != 0)
        measure(candidates, m, times);
    modules.clear();
  }
  return times;
}

Result<void> run::tune(const Options &options, const ModuleFile &file,
                       const std::vector<size_t> &linears) {
  Result<const cuda::Driver *> driver = cuda::getDriver();
  if (!driver)
    return driver.takeError();
  try {
    Tuner tuner(options, file, **driver);
    std::vector<ScheduleTime> times = tuner.run(linears);
    if (times.empty())
      return Error{"nothing was measured: the module has no linears, or --m 0 "
                   "alone was given"};
    return writeFile(options.tune,
                     makeScheduleTable(times, tuner.getDeviceName()));
  } catch (const Problem &problem) {
    return Error{problem.message};
  }
}
