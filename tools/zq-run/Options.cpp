//===- Options.cpp - zq-run's command line --------------------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Options.h"

#include "zq/Support/Paths.h"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdlib>

using namespace zq;
using namespace zq::run;

const char *const run::kUsage =
    "OVERVIEW: runs the linears of a compiled module, checks and times them\n"
    "\n"
    "USAGE: zq-run MODULE.zqm [options]\n"
    "\n"
    "OPTIONS:\n"
    "  --list                  what is in the module; runs nothing\n"
    "  --linear NAME           only this linear (may be repeated)\n"
    "  --device cpu|cuda       where to run (cpu)\n"
    "  --m M[,M...]            numbers of tokens (16)\n"
    "  --input FILE.npy        x, of shape K or M x K, instead of random:0\n"
    "  --input random:SEED     normal numbers, each token of another size\n"
    "  --residual FILE.npy     what a linear with a residual adds, of shape "
    "M x N, instead\n"
    "                          of random numbers\n"
    "  --output FILE.npy       where y goes, in float32\n"
    "  --compare float64       against a reference in double precision\n"
    "  --compare cpu           against the runtime's CPU path (with cuda)\n"
    "  --tolerance T           largest relative error, by norms (3e-3)\n"
    "  --repeat N              time N runs and print the median\n"
    "  --warmup N              runs before timing (3)\n"
    "  --threads N             run on N threads at once; outputs must be "
    "equal\n"
    "  --tune TABLE.json       times candidates (zq-compile "
    "--expand-candidates=true) on\n"
    "                          the GPU and writes the table that "
    "--schedule-table reads\n"
    "\n"
    "With --compare the output is filled with NaN first, and buffers on the\n"
    "device lie between guards that must not change. An output that is off, "
    "or\n"
    "anything else that fails, ends in exit status 1.\n";

/// A number from `least` to `most`, all of `text`.
static bool parseInteger(const std::string &text, int64_t least, int64_t &value,
                         int64_t most = INT64_MAX) {
  char *end = nullptr;
  errno = 0;
  value = std::strtoll(text.c_str(), &end, 10);
  return !text.empty() && *end == '\0' && errno == 0 && value >= least &&
         value <= most;
}

static Result<void> set(Options &options, const std::string &name,
                        const std::string &value) {
  auto wanted = [&](const char *what) {
    return Error{name + ": found '" + value + "', wanted " + what};
  };
  if (name == "--linear") {
    options.linears.push_back(value);
  } else if (name == "--device") {
    if (value != "cpu" && value != "cuda")
      return wanted("cpu or cuda");
    options.cuda = value == "cuda";
  } else if (name == "--m") {
    options.tokens.clear();
    for (size_t begin = 0; begin <= value.size();) {
      size_t end = std::min(value.find(',', begin), value.size());
      int64_t m;
      if (!parseInteger(value.substr(begin, end - begin), 0, m, INT32_MAX))
        return wanted("numbers of tokens below 2^31, such as 1,16,4096");
      options.tokens.push_back(m);
      begin = end + 1;
    }
  } else if (name == "--input") {
    int64_t seed = 0;
    if (value.rfind("random:", 0) != 0)
      options.input = value;
    else if (!parseInteger(value.substr(7), 0, seed))
      return wanted("random:SEED with a number from 0, or a file");
    options.seed = seed;
  } else if (name == "--residual") {
    options.residual = value;
  } else if (name == "--output") {
    options.output = value;
  } else if (name == "--compare") {
    if (value != "cpu" && value != "float64")
      return wanted("cpu or float64");
    options.compare =
        value == "cpu" ? Options::Compare::Cpu : Options::Compare::Float64;
  } else if (name == "--tolerance") {
    char *end = nullptr;
    options.tolerance = std::strtod(value.c_str(), &end);
    if (value.empty() || *end != '\0' || !(options.tolerance >= 0))
      return wanted("a number from 0");
  } else if (name == "--repeat") {
    if (!parseInteger(value, 1, options.repeat))
      return wanted("a number from 1");
  } else if (name == "--tune") {
    if (value.empty())
      return wanted("where to write the table");
    options.tune = value;
    options.cuda = true;
  } else if (name == "--threads") {
    if (!parseInteger(value, 1, options.threads, 1024))
      return wanted("a number from 1 to 1024");
  } else if (name == "--warmup") {
    if (!parseInteger(value, 0, options.warmup))
      return wanted("a number from 0");
  } else {
    return Error{"unknown option " + name + "; see zq-run --help"};
  }
  return {};
}

/// No output may be a file that is read.
static Result<void> checkFiles(const Options &options) {
  const std::pair<const char *, const std::string &> inputs[] = {
      {"the module", options.module},
      {"the file of --input", options.input},
      {"the file of --residual", options.residual}};
  const std::pair<const char *, const std::string &> outputs[] = {
      {"--tune", options.tune}, {"--output", options.output}};
  for (auto [name, output] : outputs)
    for (auto [role, input] : inputs)
      if (isSameFile(output, input))
        return Error{std::string(name) + ": found '" + output + "', which is " +
                     role + " and would be replaced, wanted another file"};
  return {};
}

/// Options that exclude or need each other; `given` are all, by name.
static Result<void> check(const Options &options,
                          const std::vector<std::string> &given) {
  if (options.module.empty())
    return Error{"no module given; see zq-run --help"};
  if (!options.tune.empty())
    for (const std::string &name : given)
      if (name != "--tune" && name != "--linear" && name != "--m")
        return Error{
            "--tune measures and compares on the GPU by itself: found " + name +
            " with it, wanted --linear and --m alone"};
  if (Result<void> done = checkFiles(options); !done)
    return done;
  bool several = options.tokens.size() > 1 || options.linears.size() != 1;
  if ((!options.output.empty() || !options.input.empty() ||
       !options.residual.empty()) &&
      several)
    return Error{"--input FILE, --residual and --output want one --linear and "
                 "one --m"};
  if (options.compare == Options::Compare::Cpu && !options.cuda)
    return Error{"--compare cpu wants --device cuda"};
  return {};
}

Result<Options> run::parseOptions(int argc, const char *const *argv) {
  Options options;
  std::vector<std::string> given;
  for (int i = 1; i < argc; ++i) {
    std::string argument = argv[i];
    if (argument == "--help" || argument == "-h") {
      options.help = true;
      return options;
    }
    if (argument == "--list") {
      options.list = true;
      given.push_back(argument);
      continue;
    }
    if (argument.empty() || argument[0] != '-') {
      if (!options.module.empty())
        return Error{"more than one module given: " + options.module + " and " +
                     argument};
      options.module = argument;
      continue;
    }
    size_t equals = argument.find('=');
    std::string value;
    if (equals != std::string::npos) {
      value = argument.substr(equals + 1);
      argument.resize(equals);
    } else if (i + 1 < argc) {
      value = argv[++i];
    } else {
      return Error{argument + " wants a value; see zq-run --help"};
    }
    if (Result<void> done = set(options, argument, value); !done)
      return done.takeError();
    given.push_back(argument);
  }
  if (Result<void> done = check(options, given); !done)
    return done.takeError();
  return options;
}
