//===- zq-compile.cpp - from a model to a compiled module -----------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One command from a model's IR and weights to a module file: runs the pipeline
// zq-compile, whose options are taken as they are, and writes what it leaves.
//
//===----------------------------------------------------------------------===//

#include "StreamedWeights.h"

#include "zq/Driver/FileRoles.h"
#include "zq/Driver/Tool.h"
#include "zq/InitAll.h"
#include "zq/Support/OutputFile.h"
#include "zq/Target/Module/WriteModule.h"

#include "dialects/Zq/Zq.h"
#include "dialects/ZqGPU/ZqGPU.h"

#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/InitAllPasses.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassInstrumentation.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Support/FileUtilities.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/SourceMgr.h"

using namespace mlir;
namespace cl = llvm::cl;

namespace {
struct Options {
  cl::OptionCategory category{"zq-compile options"};
  cl::opt<std::string> input{cl::Positional, cl::Required,
                             cl::desc("<model: MLIR text or bytecode>"),
                             cl::cat(category)};
  cl::opt<std::string> output{"o", cl::Required,
                              cl::desc("The compiled module"),
                              cl::value_desc("file.zqm"), cl::cat(category)};
  cl::opt<std::string> host{
      "host-output",
      cl::desc(
          "Also write the model, with calls in place of what was compiled"),
      cl::value_desc("file.mlir"), cl::cat(category)};
  cl::opt<bool> noCubin{
      "no-cubin",
      cl::desc(
          "Write no kernels: the module runs on the CPU only, and no ptxas "
          "is needed"),
      cl::init(false), cl::cat(category)};
  cl::opt<bool> quiet{"quiet",
                      cl::desc("Say neither which layers are left alone "
                               "nor how far it is"),
                      cl::init(false), cl::cat(category)};
  /// Everything else, `--group-size=64`, is for the pipeline.
  cl::list<std::string> pipelineOptions{
      cl::Sink, cl::desc("options of the pipeline zq-compile"),
      cl::cat(category)};

  bool names(StringRef option) const {
    return llvm::any_of(pipelineOptions, [&](StringRef given) {
      return zq::splitOption(given).first == option;
    });
  }
  /// What the pipeline's option is given; empty if nothing.
  std::string getValue(StringRef option) const {
    std::string last;
    for (StringRef given : pipelineOptions)
      if (auto [key, value] = zq::splitOption(given); key == option)
        last = value.trim("{}").str();
    return last;
  }
  bool isOn(StringRef option) const {
    std::string value = getValue(option);
    return StringRef(value).lower() == "true" || value == "1";
  }
  /// Where quantized weights are until they are in the module, and what an
  /// interrupted compilation goes on with.
  std::string getWeightsPath() const { return output + ".weights"; }
  /// Unless told otherwise; siblings are fused in memory.
  bool streamsWeights() const {
    return !names("weights-output") && !isOn("fuse-siblings");
  }
};
} // namespace

static constexpr zq::Tool tool("zq-compile");
static constexpr llvm::StringLiteral overview =
    "compiles the linear layers of a model to W4A8\n";

/// The tool's own options, and those of the pipeline with what they mean. LLVM
/// has hundreds more, which are not listed.
static int printHelp(const char *program) {
  // Parsing gives the help its name and overview.
  const char *arguments[] = {program, "-o", "-", "-"};
  cl::ParseCommandLineOptions(4, arguments, overview);
  cl::PrintHelpMessage();
  llvm::outs() << "\nOptions of the pipeline, given as --name=value:\n\n";
  zq::printPipelineOptions("zq-compile");
  llvm::outs() << "\ndocs/passes.md has their defaults, and what each does.\n";
  return 0;
}

/// The options of the pipeline zq-compile as text: `--group-size=64` is
/// `group-size=64`.
static FailureOr<std::string> getPipeline(const Options &options) {
  std::string text = "builtin.module(zq-compile{";
  for (const std::string &option : options.pipelineOptions) {
    FailureOr<std::string> optionText = tool.getPipelineText(option);
    if (failed(optionText))
      return failure();
    text += *optionText;
  }
  if (options.noCubin)
    text += "kernels=false ";
  if (options.streamsWeights())
    text +=
        "weights-output={" + options.getWeightsPath() + "} keep-journal=true ";
  if (!options.names("progress") && !options.quiet)
    text += "progress=true";
  return text + "})";
}

/// Candidates are for zq-run --tune alone: no host calls them, and there is
/// nothing to measure without kernels.
static LogicalResult checkCandidates(const Options &options) {
  if (!options.isOn("expand-candidates"))
    return success();
  std::string value = options.getValue("expand-candidates");
  if (!options.host.empty())
    return tool.fail(
        "found --expand-candidates=" + value +
        " with --host-output, wanted one of the two: the module "
        "has candidates in place of the linears that a host calls");
  std::string kernels = options.getValue("kernels");
  if (options.noCubin || StringRef(kernels).lower() == "false" ||
      kernels == "0")
    return tool.fail("found --expand-candidates=" + value + " with " +
                     (options.noCubin ? "--no-cubin" : "--kernels=" + kernels) +
                     ", wanted one of the two: candidates differ in their "
                     "kernels alone");
  return success();
}

/// Says what is wrong with the output files before the work is done.
static LogicalResult checkOutputs(const Options &options, ModuleOp module) {
  zq::FileRoles files(tool);
  files.addInput(options.input, "the model");
  module.walk([&](zq::WeightOp op) {
    files.addInput(op.getFile(), "a file of the model's weights");
  });
  std::string weights = options.getValue("weights");
  for (StringRef file : llvm::split(weights, ','))
    files.addInput(file.trim(), "a file of --weights");
  for (StringRef option : {"statistics", "rules-file", "schedule-table"})
    files.addInput(options.getValue(option), "the file of --" + option);
  if (failed(files.addOutput(options.output, "-o")) ||
      failed(files.addOutput(options.host, "--host-output")))
    return failure();
  for (StringRef option : {"report", "weights-output"})
    if (failed(
            files.addOutput(options.getValue(option), ("--" + option).str())))
      return failure();
  if (!options.streamsWeights())
    return success();
  return files.addOutput(options.getWeightsPath(),
                         "the quantized weights' file");
}

/// The model without what is in the module file.
static LogicalResult writeHost(ModuleOp module, StringRef path) {
  for (Operation &op : llvm::make_early_inc_range(*module.getBody()))
    if (isa<zq::zqgpu::LinearOp, gpu::BinaryOp>(op))
      op.erase();
  std::string text;
  llvm::raw_string_ostream stream(text);
  module.print(stream);
  stream << '\n';
  zq::Result<void> written = zq::writeFile(path.str(), text);
  return written ? success() : tool.fail(written.message());
}

/// Whether the host module reads the file.
static bool isRead(ModuleOp module, StringRef path) {
  return module
      .walk([&](zq::WeightOp op) {
        return op.getFile() == path ? WalkResult::interrupt()
                                    : WalkResult::advance();
      })
      .wasInterrupted();
}

static LogicalResult compile(const Options &options) {
  DialectRegistry registry;
  registerAllDialects(registry);
  registerAllExtensions(registry);
  zq::registerAllDialects(registry);
  MLIRContext context(registry);
  context.printOpOnDiagnostic(false); // a location is enough

  llvm::SourceMgr sources;
  std::string problem;
  std::unique_ptr<llvm::MemoryBuffer> buffer =
      openInputFile(options.input, &problem);
  if (!buffer)
    return tool.fail(problem);
  sources.AddNewSourceBuffer(std::move(buffer), llvm::SMLoc());
  SourceMgrDiagnosticHandler diagnostics(sources, &context);
  if (!options.quiet && failed(zq::enableRemarks(context)))
    return tool.fail("remarks cannot be enabled");
  OwningOpRef<ModuleOp> module = parseSourceFile<ModuleOp>(sources, &context);
  if (!module)
    return failure();

  FailureOr<std::string> pipeline = getPipeline(options);
  zq::StreamedWeights weights(tool, options.getWeightsPath());
  if (failed(pipeline) || failed(checkCandidates(options)) ||
      failed(checkOutputs(options, *module)) ||
      (options.streamsWeights() && failed(weights.claim())))
    return failure();
  FailureOr<OpPassManager> passes = parsePassPipeline(*pipeline);
  if (failed(passes))
    return tool.fail("bad options; `zq-compile --help` lists them");
  PassManager manager(&context);
  if (options.streamsWeights())
    manager.addInstrumentation(weights.watch());
  static_cast<OpPassManager &>(manager) = std::move(*passes);
  if (failed(manager.run(*module)) || failed(weights.check()))
    return failure();

  auto linears = module->getOps<zq::zqgpu::LinearOp>();
  if (linears.empty())
    return tool.fail(options.input + ": no linear layer was compiled" +
                     (options.quiet ? "" : "; remarks above say why, if any"));
  if (failed(zq::writeModule(*module, options.output)))
    return failure();
  weights.finish();
  uint64_t bytes = 0;
  llvm::sys::fs::file_size(options.output, bytes);
  size_t count = llvm::range_size(linears);
  llvm::outs() << options.output << ": " << count
               << (count == 1 ? " linear, " : " linears, ") << bytes
               << " bytes\n";
  if (options.host.empty())
    return success();
  if (failed(writeHost(*module, options.host)))
    return failure();
  if (weights.isWritten() && isRead(*module, weights.getPath())) {
    weights.keep();
    tool.note(weights.getPath() + " is kept: " + options.host +
              " reads weights from it");
  }
  return success();
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  registerAllPasses();
  zq::registerAllPasses();
  Options options;
  cl::HideUnrelatedOptions(options.category);
  if (zq::asksForHelp(argc, argv))
    return printHelp(argv[0]);
  if (failed(tool.checkArguments(argc, argv)))
    return 1;
  cl::ParseCommandLineOptions(argc, argv, overview);
  return failed(compile(options)) ? 1 : 0;
}
