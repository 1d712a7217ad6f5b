//===- zq-runner.cpp - runs a module on the CPU ---------------------------===//
//
// Lowers a module with zq-to-cpu, compiles it for this machine, calls one of
// its functions, and compares the results with those of another module.
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Inputs.h"
#include "Statistics.h"

#include "zq/Arrays/Npy.h"
#include "zq/Driver/Tool.h"
#include "zq/Execution/CompiledModule.h"
#include "zq/InitAll.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/InitAllPasses.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/SourceMgr.h"
#include <algorithm>
#include <chrono>

using namespace mlir;
using namespace zq;
namespace cl = llvm::cl;

namespace {
/// Ours; those of LLVM's libraries are behind --help-hidden.
cl::OptionCategory category("Options of zq-runner");

struct Options {
  cl::opt<std::string> module{cl::Positional, cl::Required,
                              cl::desc("<module>"), cl::value_desc("file"),
                              cl::cat(category)};
  cl::opt<std::string> entry{
      "entry", cl::init("main"),
      cl::desc("The public function to call (default main)"),
      cl::value_desc("name"), cl::cat(category)};
  cl::opt<std::string> pipeline{
      "pipeline",
      cl::desc("Passes that lower the module, instead of zq-to-cpu; as in "
               "--pipeline='zq-quantize,zq-to-cpu'"),
      cl::value_desc("passes"), cl::cat(category)};
  cl::opt<std::string> arith{
      "arith", cl::init("integer"),
      cl::desc("The option of zq-to-cpu: integer, or apfloat (slow check)"),
      cl::value_desc("kind"), cl::cat(category)};
  cl::opt<unsigned> optLevel{
      "opt-level", cl::init(2),
      cl::desc(
          "Of LLVM's optimizer, 0 to 3 (default 2: loops are vectorized; 3 "
          "takes longer and was no faster on linear layers)"),
      cl::value_desc("level"), cl::cat(category)};
  cl::list<std::string> inputs{
      "inputs", cl::CommaSeparated,
      cl::desc("One source for each argument, or one random for all:\n"
               "random[:SEED], zeros, FILE.npy (float32 for bf16 arguments, "
               "uint8 codes for 8-bit floats),\n"
               "FILE.safetensors:NAME, raw:FILE"),
      cl::value_desc("sources"), cl::cat(category)};
  cl::list<int64_t> dims{
      "dims", cl::CommaSeparated,
      cl::desc("Sizes of the dynamic dimensions of arguments that are not read "
               "from files with a shape, in order; or one for all"),
      cl::value_desc("sizes"), cl::cat(category)};
  cl::opt<std::string> weights{
      "weights",
      cl::desc("Safetensors file for arguments that zq.weight names; they take "
               "no source of --inputs"),
      cl::value_desc("file"), cl::cat(category)};
  cl::opt<std::string> output{
      "output",
      cl::desc("Write the only result (BF16 as float32, 8-bit floats "
               "as codes)"),
      cl::value_desc("file.npy"), cl::cat(category)};
  cl::opt<std::string> outputDir{
      "output-dir", cl::desc("Write all results, output0.npy and so on"),
      cl::value_desc("folder"), cl::cat(category)};
  cl::opt<bool> print{"print", cl::desc("Print the elements of the results"),
                      cl::cat(category)};
  cl::opt<std::string> compare{
      "compare",
      cl::desc("Run this module on the same inputs as the reference, and print "
               "the relative L2 error of each result"),
      cl::value_desc("file"), cl::cat(category)};
  cl::opt<double> tolerance{
      "tolerance", cl::init(-1),
      cl::desc("With --compare: fail if a relative error is larger"),
      cl::value_desc("number"), cl::cat(category)};
  cl::opt<std::string> statistics{
      "statistics",
      cl::desc("Observe the inputs of the module's linear layers and write "
               "their statistics\n(docs/statistics.md). --inputs then takes "
               "several batches one after the other;\nwithout --pipeline the "
               "module is lowered by zq-import, zq-insert-observers, "
               "zq-to-cpu"),
      cl::value_desc("file.safetensors"), cl::cat(category)};
  cl::opt<unsigned> repeat{"repeat", cl::init(1),
                           cl::desc("Call so often and print the times"),
                           cl::value_desc("count"), cl::cat(category)};
};
} // namespace

static constexpr Tool tool("zq-runner");

//===----------------------------------------------------------------------===//
// Running
//===----------------------------------------------------------------------===//

/// Calls, and says how long it took where `repeat` asks for more than one call.
static FailureOr<std::vector<Array>>
callRepeatedly(const CompiledFunction &function,
               const std::vector<Array> &inputs, unsigned repeat) {
  using Clock = std::chrono::steady_clock;
  std::vector<double> milliseconds;
  std::vector<Array> results;
  for (unsigned i = 0; i < repeat; ++i) {
    Clock::time_point start = Clock::now();
    Result<std::vector<Array>> called = function.call(inputs);
    if (!called)
      return tool.fail(called.message());
    results = std::move(*called);
    milliseconds.push_back(
        std::chrono::duration<double, std::milli>(Clock::now() - start)
            .count());
  }
  if (repeat > 1) {
    std::sort(milliseconds.begin(), milliseconds.end());
    llvm::outs() << llvm::format(
        "time: min %.3f ms, median %.3f ms, %u calls\n", milliseconds.front(),
        milliseconds[milliseconds.size() / 2], repeat);
  }
  return results;
}

static LogicalResult checkSameArguments(const Signature &a,
                                        const Signature &b) {
  auto texts = [](ArrayRef<Slot> slots) {
    std::string text;
    for (const Slot &slot : slots)
      text += (text.empty() ? "" : ", ") + slot.getText();
    return "(" + text + ")";
  };
  if (texts(a.arguments) != texts(b.arguments))
    return tool.fail("the modules take different arguments: " +
                     texts(a.arguments) + " and " + texts(b.arguments) +
                     "; weights among them count: zq-opt "
                     "--zq-import=weights=FILE binds them");
  if (a.results.size() != b.results.size())
    return tool.fail("the modules return " + llvm::Twine(a.results.size()) +
                     " and " + llvm::Twine(b.results.size()) + " results");
  return success();
}

//===----------------------------------------------------------------------===//
// Reporting
//===----------------------------------------------------------------------===//

static void printElements(const Array &array) {
  llvm::outs() << "  [";
  for (int64_t i = 0, e = array.getNumElements(); i < e; ++i)
    llvm::outs() << (i ? ", " : "") << llvm::format("%.9g", array.get(i));
  llvm::outs() << "]\n";
}

static LogicalResult writeResults(const std::vector<Array> &results,
                                  const Options &options) {
  auto write = [](const std::string &path, const Array &array) {
    Result<void> written = writeNpy(path, array);
    return written ? success() : tool.fail(written.message());
  };
  if (!options.output.empty()) {
    if (results.size() != 1)
      return tool.fail("the function has " + llvm::Twine(results.size()) +
                       " results: write them with --output-dir");
    if (failed(write(options.output, results[0])))
      return failure();
  }
  if (options.outputDir.empty())
    return success();
  if (std::error_code error =
          llvm::sys::fs::create_directories(options.outputDir))
    return tool.fail("cannot make the folder '" + options.outputDir +
                     "': " + error.message());
  for (auto [i, result] : llvm::enumerate(results))
    if (failed(write(options.outputDir + "/output" + std::to_string(i) + ".npy",
                     result)))
      return failure();
  return success();
}

/// Prints how far each result is from the reference.
static LogicalResult compareResults(const std::vector<Array> &results,
                                    const std::vector<Array> &reference,
                                    double tolerance) {
  bool failed = false;
  for (size_t i = 0; i < results.size(); ++i) {
    if (results[i].getShape() != reference[i].getShape())
      return tool.fail("result " + llvm::Twine(i) + " is " +
                       results[i].getTypeText() + ", the reference " +
                       reference[i].getTypeText());
    ArrayDifference difference = compareArrays(results[i], reference[i]);
    llvm::outs() << llvm::format(
        "result %zu: relative L2 error %.3e, largest difference %.3e", i,
        difference.relativeL2, difference.maxAbsolute);
    if (difference.numNonFinite)
      llvm::outs() << ", " << difference.numNonFinite
                   << " elements not finite in one of both";
    llvm::outs() << "\n";
    bool exceeds = tolerance >= 0 && (!(difference.relativeL2 <= tolerance) ||
                                      difference.numNonFinite);
    failed |= exceeds;
  }
  if (failed)
    return tool.fail("an error is larger than the tolerance of " +
                     llvm::formatv("{0}", tolerance).str());
  return success();
}

//===----------------------------------------------------------------------===//
// Main
//===----------------------------------------------------------------------===//

static LogicalResult checkOptions(const Options &options) {
  if (options.repeat == 0)
    return tool.fail("--repeat is 0, want at least 1");
  if (options.optLevel > 3)
    return tool.fail("--opt-level is " + llvm::Twine(options.optLevel) +
                     ", want 0 to 3");
  if (options.tolerance.getNumOccurrences() &&
      (options.compare.empty() || !(options.tolerance >= 0)))
    return tool.fail("--tolerance wants --compare and a number from 0");
  if (options.arith.getNumOccurrences() && !options.pipeline.empty() &&
      options.compare.empty())
    return tool.fail(
        "--arith is an option of zq-to-cpu, which --pipeline replaces: "
        "want it there, as in --pipeline='zq-to-cpu{arith=apfloat}'");
  if (!options.statistics.empty() &&
      (!options.compare.empty() || !options.output.empty() ||
       !options.outputDir.empty() || options.print || options.repeat > 1))
    return tool.fail(
        "--statistics runs batches and keeps no results: it goes with "
        "none of --compare, --output, --output-dir, --print and "
        "--repeat");
  for (int64_t size : options.dims)
    if (size < 0)
      return tool.fail("--dims has a size of " + llvm::Twine(size));
  return success();
}

static LogicalResult run(MLIRContext &context, const Options &options) {
  if (failed(checkOptions(options)))
    return failure();
  CompileOptions compile{options.pipeline,
                         options.arith,
                         options.optLevel,
                         {options.entry},
                         applyPassManagerCLOptions};
  if (!options.statistics.empty() && options.pipeline.empty())
    compile.pipeline =
        "zq-import,zq-insert-observers,zq-to-cpu{arith=" + options.arith + "}";
  FailureOr<CompiledModule> module =
      CompiledModule::load(context, options.module, compile);
  if (failed(module))
    return failure();
  FailureOr<CompiledFunction> function = module->lookup(options.entry);
  if (failed(function))
    return failure();
  InputOptions inputOptions{{options.inputs.begin(), options.inputs.end()},
                            {options.dims.begin(), options.dims.end()},
                            options.weights};
  if (!options.statistics.empty()) {
    Result<void> written =
        writeStatistics(module->getObservedLayers(), *function, inputOptions,
                        options.statistics);
    return written ? success() : tool.fail(written.message());
  }
  if (!module->getObservedLayers().empty())
    return tool.fail(
        "the module has observers: say with --statistics where what "
        "they see is to be written");
  FailureOr<CompiledFunction> reference;
  if (!options.compare.empty()) {
    compile.pipeline.clear();
    FailureOr<CompiledModule> other =
        CompiledModule::load(context, options.compare, compile);
    if (failed(other))
      return failure();
    reference = other->lookup(options.entry);
    if (failed(reference) ||
        failed(checkSameArguments(function->getSignature(),
                                  reference->getSignature())))
      return failure();
  }

  Result<std::vector<Array>> inputs =
      loadInputs(function->getSignature(), inputOptions);
  if (!inputs)
    return tool.fail(inputs.message());

  FailureOr<std::vector<Array>> results =
      callRepeatedly(*function, *inputs, options.repeat);
  if (failed(results))
    return failure();
  for (auto [i, result] : llvm::enumerate(*results)) {
    if (options.compare.empty())
      llvm::outs() << "result " << i << ": " << result.getTypeText() << "\n";
    if (options.print)
      printElements(result);
  }
  if (!options.compare.empty()) {
    Result<std::vector<Array>> expected = reference->call(*inputs);
    if (!expected)
      return tool.fail(expected.message());
    if (failed(compareResults(*results, *expected, options.tolerance)))
      return failure();
  }
  return writeResults(*results, options);
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  mlir::registerAllPasses();
  zq::registerAllPasses();
  mlir::registerPassManagerCLOptions();
  Options options;
  cl::HideUnrelatedOptions(category);
  cl::ParseCommandLineOptions(argc, argv, "zq runner: a module on the CPU\n");

  DialectRegistry registry;
  registerForExecution(registry);
  zq::registerAllDialects(registry);
  MLIRContext context(registry);
  context.printOpOnDiagnostic(false); // a message, not the module
  llvm::SourceMgr sourceManager;
  SourceMgrDiagnosticHandler handler(sourceManager, &context);
  return failed(run(context, options)) ? 1 : 0;
}
