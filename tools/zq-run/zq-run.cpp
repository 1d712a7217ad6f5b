//===- zq-run.cpp - run, check and time compiled linears ------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The driver of the C interface: one line of a table for each linear and each
// number of tokens, with its error and its time.
//
//===----------------------------------------------------------------------===//

#include "Device.h"
#include "Elements.h"
#include "Options.h"
#include "Reference.h"
#include "Tables.h"
#include "Tune.h"

#include "zq/Arrays/Npy.h"

#include <cmath>
#include <cstdio>
#include <cstring>
#include <new>
#include <optional>
#include <random>
#include <stdexcept>
#include <system_error>
#include <thread>

using namespace zq;
using namespace zq::run;

static int fail(const std::string &message) {
  std::fflush(stdout);
  std::fprintf(stderr, "zq-run: error: %s\n", message.c_str());
  return 1;
}

//===----------------------------------------------------------------------===//
// Inputs and outputs
//===----------------------------------------------------------------------===//

static size_t getOutputBytes(const ZqLinearInfo &info, int64_t m) {
  return m * info.n * (info.outputType == ZQ_F32 ? 4 : 2);
}

/// Normal numbers; tokens differ in size by up to 2^6, as those of models do.
static std::vector<float> getRandom(uint64_t seed, int64_t m, int64_t k) {
  std::mt19937_64 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> values(m * k);
  for (int64_t token = 0; token != m; ++token) {
    float size = std::ldexp(1.0f, static_cast<int>(random() % 7) - 3);
    for (int64_t i = 0; i != k; ++i)
      values[token * k + i] = size * normal(random);
  }
  return values;
}

//===----------------------------------------------------------------------===//
// Running
//===----------------------------------------------------------------------===//

/// Whether an output is as near as it should be. A mean says nothing of a few
/// wrong elements among many, so each element has a bound as well; and the mean
/// of a few elements may be as far off as one rounding to BF16: 2^-8, where
/// that of many roundings is 1.7e-3.
static bool isNear(const Comparison &comparison, size_t elements,
                   double tolerance) {
  double limit = elements < 256 ? tolerance * 4 / 3 : tolerance;
  return comparison.error <= limit && comparison.worst <= 3 * tolerance;
}

namespace {
class Runner {
public:
  Runner(const Options &options, const runtime::ModuleFile &file,
         ZqModule *module, Device &device)
      : options(options), file(file), module(module), device(device),
        cpu(createCpu()) {}

  /// One line of the table; false where the output is not near.
  Result<bool> run(size_t index, const ZqLinearInfo &info, int64_t m) {
    Result<std::vector<float>> input = getInput(info, m);
    if (!input)
      return input.takeError();
    Inputs inputs;
    inputs.x = encodeElements(info.inputType, *input);
    if (info.hasResidual) {
      Result<std::vector<float>> values = getResidual(info, m, *input);
      if (!values)
        return values.takeError();
      inputs.residual = encodeElements(info.outputType, *values);
    }
    std::vector<uint8_t> y(getOutputBytes(info, m));
    double microseconds = 0;
    if (Result<void> done = runOnThreads(index, m, inputs, y, microseconds);
        !done)
      return Error{std::string("linear '") + info.name +
                   "', M = " + std::to_string(m) + ": " + done.message()};
    std::vector<float> found = decodeElements(info.outputType, y);
    if (!options.output.empty())
      if (Result<void> done = writeOutput(info, m, found); !done)
        return done.takeError();

    Comparison comparison;
    bool compared = isChecked() && !found.empty();
    if (compared) {
      Result<Comparison> result = check(index, info, m, inputs, found);
      if (!result)
        return result.takeError();
      comparison = *result;
    }
    bool near =
        !compared || isNear(comparison, found.size(), options.tolerance);
    printRow(info, m, compared ? &comparison : nullptr,
             options.repeat ? &microseconds : nullptr,
             near ? "" : "  MISMATCH");
    ++numRuns;
    numCompared += compared;
    largest.error = std::max(largest.error, comparison.error);
    largest.worst = std::max(largest.worst, comparison.worst);
    return near;
  }

  /// An error if a comparison was asked for and there was nothing to compare.
  Result<void> printSummary() const {
    if (!isChecked() || numRuns == 0)
      return {};
    if (numCompared == 0)
      return Error{
          "nothing was compared: with M = 0 there are no outputs; give "
          "--m, or the rows of --input, a number from 1"};
    std::printf("%zu runs, largest error %.3e, worst element %.3e", numRuns,
                largest.error, largest.worst);
    if (numCompared != numRuns)
      std::printf("; %zu without outputs (M = 0), not compared",
                  numRuns - numCompared);
    std::printf("\n");
    return {};
  }

private:
  bool isChecked() const { return options.compare != Options::Compare::None; }

  struct Inputs {
    std::vector<uint8_t> x;
    std::optional<std::vector<uint8_t>> residual;

    const std::vector<uint8_t> *getResidual() const {
      return residual ? &*residual : nullptr;
    }
  };

  /// Fills `y`; with several threads, each runs the linear and all must agree.
  Result<void> runOnThreads(size_t index, int64_t m, const Inputs &inputs,
                            std::vector<uint8_t> &y, double &microseconds) {
    std::vector<std::vector<uint8_t>> outputs(options.threads - 1, y);
    std::vector<Result<void>> results(options.threads);
    std::vector<std::thread> threads;
    auto runAgain = [&](size_t i) {
      double ignored;
      results[i] = device.run(module, index, m, inputs.x, inputs.getResidual(),
                              outputs[i], {0, 0}, ignored);
    };
    for (size_t i = 0; i != outputs.size(); ++i)
      try {
        threads.emplace_back(runAgain, i);
      } catch (const std::system_error &exception) {
        results[i] =
            Error{"a thread does not start: " + std::string(exception.what())};
      }
    results.back() =
        device.run(module, index, m, inputs.x, inputs.getResidual(), y,
                   {options.warmup, options.repeat}, microseconds);
    for (std::thread &thread : threads)
      thread.join();
    for (Result<void> &result : results)
      if (!result)
        return result;
    for (const std::vector<uint8_t> &output : outputs)
      if (output != y)
        return Error{"two threads have different outputs for one input"};
    return {};
  }

  /// Random, or the file's, which says M.
  Result<std::vector<float>> getInput(const ZqLinearInfo &info, int64_t &m) {
    if (options.input.empty())
      return getRandom(options.seed, m, info.k);
    Result<Array> array = readNpy(options.input);
    if (!array)
      return array.takeError();
    const std::vector<int64_t> &shape = array->getShape();
    if (shape.empty() || shape.size() > 2 || shape.back() != info.k)
      return Error{
          options.input + ": found " + array->getTypeText() +
          ", wanted K or M x K numbers with K = " + std::to_string(info.k)};
    m = shape.size() == 2 ? shape[0] : 1;
    return getValues(*array);
  }

  /// Random numbers of the size of the token's inputs, or the file's.
  Result<std::vector<float>> getResidual(const ZqLinearInfo &info, int64_t m,
                                         const std::vector<float> &x) {
    if (options.residual.empty()) {
      std::mt19937_64 random(~options.seed);
      std::normal_distribution<float> normal;
      std::vector<float> values(m * info.n);
      for (int64_t token = 0; token != m; ++token) {
        double squares = 0;
        for (int64_t i = 0; i != info.k; ++i)
          squares += double(x[token * info.k + i]) * x[token * info.k + i];
        auto size = static_cast<float>(std::sqrt(squares / double(info.k)));
        for (int64_t i = 0; i != info.n; ++i)
          values[token * info.n + i] = size * normal(random);
      }
      return values;
    }
    Result<Array> array = readNpy(options.residual);
    if (!array)
      return array.takeError();
    std::vector<int64_t> shape = array->getShape();
    if (shape.size() == 1)
      shape.insert(shape.begin(), 1);
    if (shape != std::vector<int64_t>{m, info.n})
      return Error{options.residual + ": found " + array->getTypeText() +
                   ", wanted M x N numbers, " + std::to_string(m) + " x " +
                   std::to_string(info.n)};
    return getValues(*array);
  }

  static std::vector<float> getValues(const Array &array) {
    std::vector<float> values(array.getNumElements());
    for (size_t i = 0; i != values.size(); ++i)
      values[i] = static_cast<float>(array.get(i));
    return values;
  }

  Result<void> writeOutput(const ZqLinearInfo &info, int64_t m,
                           const std::vector<float> &values) {
    Array array(DType::F32, {m, info.n});
    if (!values.empty())
      std::memcpy(array.data(), values.data(), values.size() * sizeof(float));
    return writeNpy(options.output, array);
  }

  Result<Comparison> check(size_t index, const ZqLinearInfo &info, int64_t m,
                           const Inputs &inputs,
                           const std::vector<float> &found) {
    if (index != referenceIndex) {
      reference = std::make_unique<Reference>(
          file, file.getDescription().linears[index]);
      referenceIndex = index;
    }
    std::vector<float> input = decodeElements(info.inputType, inputs.x);
    std::vector<double> wanted;
    if (options.compare == Options::Compare::Float64) {
      std::vector<float> residual;
      if (inputs.residual)
        residual = decodeElements(info.outputType, *inputs.residual);
      wanted = reference->compute(m, input, residual);
    } else {
      std::vector<uint8_t> y(getOutputBytes(info, m));
      double ignored;
      if (Result<void> done =
              cpu->run(module, index, m, inputs.x, inputs.getResidual(), y,
                       {0, 0}, ignored);
          !done)
        return done.takeError();
      std::vector<float> values = decodeElements(info.outputType, y);
      wanted.assign(values.begin(), values.end());
    }
    return compare(found, wanted, reference->getTokenSizes(m, input, wanted));
  }

  const Options &options;
  const runtime::ModuleFile &file;
  ZqModule *module;
  Device &device;
  std::unique_ptr<Device> cpu;
  /// Of the linear that was compared last.
  std::unique_ptr<Reference> reference;
  size_t referenceIndex = SIZE_MAX;
  size_t numRuns = 0, numCompared = 0;
  Comparison largest;
};
} // namespace

/// The linears that the options name, by index.
static Result<std::vector<size_t>> selectLinears(const Options &options,
                                                 ZqModule *module) {
  std::vector<size_t> selected;
  for (const std::string &name : options.linears) {
    size_t index;
    if (zqModuleFindLinear(module, name.c_str(), &index))
      return Error{zqGetLastErrorText()};
    selected.push_back(index);
  }
  if (!options.linears.empty())
    return selected;
  size_t count = 0;
  zqModuleGetLinearCount(module, &count);
  for (size_t i = 0; i != count; ++i)
    selected.push_back(i);
  return selected;
}

static int runModule(const Options &options, const runtime::ModuleFile &file,
                     ZqModule *module) {
  Result<std::vector<size_t>> selected = selectLinears(options, module);
  if (!selected)
    return fail(selected.message());
  std::vector<ZqLinearInfo> linears;
  for (size_t index : *selected) {
    ZqLinearInfo info;
    info.structSize = sizeof(info);
    if (zqModuleGetLinear(module, index, &info))
      return fail(zqGetLastErrorText());
    linears.push_back(info);
  }
  if (options.list) {
    printList(file, linears);
    return 0;
  }

  if (!options.tune.empty()) {
    Result<void> done = tune(options, file, *selected);
    return done ? 0 : fail(done.message());
  }
  std::unique_ptr<Device> device = createCpu();
  if (options.cuda) {
    Result<std::unique_ptr<Device>> cuda = createCuda();
    if (!cuda)
      return fail(cuda.message());
    device = std::move(*cuda);
  }
  std::printf("%s on %s\n", file.getPath().c_str(), device->getName().c_str());
  std::vector<int64_t> tokens = options.tokens;
  if (tokens.empty())
    tokens.push_back(16);
  printHeader();
  Runner runner(options, file, module, *device);
  size_t mismatches = 0;
  for (size_t i = 0; i != linears.size(); ++i)
    for (int64_t m : tokens) {
      Result<bool> near = runner.run((*selected)[i], linears[i], m);
      if (!near)
        return fail(near.message());
      mismatches += !*near;
    }
  if (Result<void> done = runner.printSummary(); !done)
    return fail(done.message());
  if (mismatches != 0)
    return fail(std::to_string(mismatches) + " of " +
                std::to_string(linears.size() * tokens.size()) +
                " outputs are off by more than the tolerance");
  return 0;
}

static int runTool(int argc, char **argv) {
  Result<Options> options = parseOptions(argc, argv);
  if (!options)
    return fail(options.message());
  if (options->help) {
    std::fputs(kUsage, stdout);
    return 0;
  }
  ZqModule *module = nullptr;
  if (zqModuleOpen(options->module.c_str(), &module))
    return fail(zqGetLastErrorText());
  Result<runtime::ModuleFile> file = runtime::ModuleFile::open(options->module);
  int status = file ? runModule(*options, *file, module) : fail(file.message());
  zqModuleClose(module);
  return status;
}

int main(int argc, char **argv) {
  try {
    return runTool(argc, argv);
  } catch (const std::bad_alloc &) {
    return fail("out of memory");
  } catch (const std::length_error &) {
    return fail("out of memory: more than an address can say");
  }
}
