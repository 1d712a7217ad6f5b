//===- zq-evaluate.cpp - how far models are from a reference --------------===//
//
// Runs modules over windows of tokens on the CPU, and prints how far their
// outputs are from those of the first: perplexity and Kullback-Leibler
// divergence where a head makes logits of them, the ratio of signal and noise
// anyhow.
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Evaluator.h"
#include "Report.h"

#include "zq/Arrays/Npy.h"
#include "zq/Driver/Tool.h"
#include "zq/InitAll.h"
#include "zq/Support/Progress.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/InitAllPasses.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/SourceMgr.h"
#include <atomic>
#include <thread>

using namespace mlir;
using namespace zq;
namespace cl = llvm::cl;

namespace {
cl::OptionCategory category("Options of zq-evaluate");

struct Options {
  cl::list<std::string> modules{
      cl::Positional, cl::OneOrMore,
      cl::desc("<reference> [<module>...]: files, NAME=FILE to call them so"),
      cl::value_desc("modules"), cl::cat(category)};
  cl::opt<std::string> windows{
      "windows", cl::Required,
      cl::desc("Tokens, windows x tokens of int64 or int32; each window is run "
               "by itself"),
      cl::value_desc("file.npy"), cl::cat(category)};
  cl::opt<std::string> weights{
      "weights",
      cl::desc("Safetensors file for weights that are arguments (zq.weight)"),
      cl::value_desc("file"), cl::cat(category)};
  cl::opt<int64_t> count{
      "count", cl::init(0),
      cl::desc("Take so many windows, evenly spaced (default: all)"),
      cl::value_desc("windows"), cl::cat(category)};
  cl::opt<std::string> model{
      "model", cl::init("model"),
      cl::desc("The function that takes a window, 1 x tokens (default model)"),
      cl::value_desc("name"), cl::cat(category)};
  cl::opt<std::string> head{
      "head", cl::init("head"),
      cl::desc("The function that makes logits of a slice of its result "
               "(default head); empty for models without"),
      cl::value_desc("name"), cl::cat(category)};
  cl::opt<unsigned> jobs{
      "jobs", cl::init(0),
      cl::desc("Windows at a time; 0, the default, for one on each core"),
      cl::value_desc("count"), cl::cat(category)};
  cl::opt<std::string> json{"json", cl::desc("Write the results here as well"),
                            cl::value_desc("file.json"), cl::cat(category)};
};
} // namespace

static constexpr Tool tool("zq-evaluate");

static FailureOr<EvaluatedModule>
load(MLIRContext &context, StringRef description, const Options &options) {
  auto [name, path] = description.split('=');
  if (path.empty())
    path = name;
  CompileOptions compile;
  if (!options.weights.empty())
    compile.pipeline = "zq-import{weights=" + options.weights + "},zq-to-cpu";
  compile.functions.push_back(options.model);
  if (!options.head.empty())
    compile.functions.push_back(options.head);
  FailureOr<CompiledModule> module =
      CompiledModule::load(context, path.str(), compile);
  if (failed(module))
    return failure();
  FailureOr<CompiledFunction> model = module->lookup(options.model);
  if (failed(model))
    return failure();
  EvaluatedModule result{name.str(), *model, std::nullopt};
  if (!options.head.empty()) {
    FailureOr<CompiledFunction> head = module->lookup(options.head);
    if (failed(head))
      return failure();
    result.head = *head;
  }
  return result;
}

static FailureOr<std::vector<int64_t>> chooseWindows(int64_t total,
                                                     int64_t count) {
  if (count < 0 || count > total)
    return tool.fail("--count is " + llvm::Twine(count) + ", but there are " +
                     llvm::Twine(total) + " windows");
  if (count == 0)
    count = total;
  std::vector<int64_t> windows;
  for (int64_t i = 0; i < count; ++i)
    windows.push_back(i * total / count);
  return windows;
}

/// Each thread takes the next window, until there is none or one failed.
static FailureOr<std::vector<std::vector<Sums>>>
evaluateAll(const Evaluator &evaluator, ArrayRef<int64_t> windows,
            unsigned threads) {
  Progress progress("zq-evaluate",
                    windows.size() * evaluator.getModules().size());
  std::vector<std::vector<Sums>> sums(windows.size());
  std::vector<std::string> errors(windows.size());
  std::atomic<size_t> next = 0;
  std::atomic<bool> failed = false;
  auto work = [&] {
    for (size_t i; !failed && (i = next++) < windows.size();) {
      std::string what = "window " + std::to_string(windows[i]);
      Result<std::vector<Sums>> result =
          evaluator.evaluate(windows[i], [&] { progress.advance(1, what); });
      if (result) {
        sums[i] = *result;
        continue;
      }
      errors[i] = what + ": " + result.message();
      failed = true;
    }
  };
  std::vector<std::thread> pool;
  for (unsigned i = 1; i < threads && i < windows.size(); ++i)
    pool.emplace_back(work);
  work();
  for (std::thread &thread : pool)
    thread.join();
  for (const std::string &error : errors)
    if (!error.empty())
      return tool.fail(error);
  progress.finish();
  return sums;
}

static LogicalResult run(MLIRContext &context, const Options &options) {
  Result<Array> windows = readNpy(options.windows);
  if (!windows)
    return tool.fail(windows.message());
  std::vector<EvaluatedModule> modules;
  for (const std::string &description : options.modules) {
    FailureOr<EvaluatedModule> module = load(context, description, options);
    if (failed(module))
      return failure();
    modules.push_back(std::move(*module));
  }
  Result<Evaluator> evaluator =
      Evaluator::create(std::move(modules), std::move(*windows));
  if (!evaluator)
    return tool.fail(evaluator.message());
  FailureOr<std::vector<int64_t>> chosen =
      chooseWindows(evaluator->getNumWindows(), options.count);
  if (failed(chosen))
    return failure();
  unsigned threads = options.jobs
                         ? options.jobs
                         : std::max(1u, std::thread::hardware_concurrency());
  FailureOr<std::vector<std::vector<Sums>>> sums =
      evaluateAll(*evaluator, *chosen, threads);
  if (failed(sums))
    return failure();

  Report report{options.windows,
                evaluator->getNumTokens(),
                std::move(*chosen),
                evaluator->hasLogits(),
                {},
                std::move(*sums)};
  for (const EvaluatedModule &module : evaluator->getModules())
    report.modules.push_back(module.name);
  report.print(llvm::outs());
  if (options.json.empty())
    return success();
  Result<void> written = report.writeJson(options.json);
  return written ? success() : tool.fail(written.message());
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  mlir::registerAllPasses();
  zq::registerAllPasses();
  Options options;
  cl::HideUnrelatedOptions(category);
  cl::ParseCommandLineOptions(
      argc, argv, "zq evaluation: models over windows of tokens, on the CPU\n");
  DialectRegistry registry;
  registerForExecution(registry);
  MLIRContext context(registry);
  context.printOpOnDiagnostic(false); // a message, not the module
  llvm::SourceMgr sourceManager;
  SourceMgrDiagnosticHandler handler(sourceManager, &context);
  return failed(run(context, options)) ? 1 : 0;
}
