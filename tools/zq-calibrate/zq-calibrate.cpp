//===- zq-calibrate.cpp - quantizes a model layer by layer ----------------===//
//
// One command from a model's IR, weights and calibration data to the quantized
// model: zq-import, zq-decide, and then each layer by the inputs that it has in
// the model as it is quantized so far.
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Zq/Zq.h"

#include "zq/Arrays/Npy.h"
#include "zq/Driver/FileRoles.h"
#include "zq/Driver/Tool.h"
#include "zq/Execution/CompiledModule.h"
#include "zq/InitAll.h"
#include "zq/Pipelines/Pipelines.h"
#include "zq/Sequential/Sequential.h"
#include "zq/Support/OutputFile.h"
#include "zq/Support/Paths.h"

#include "mlir/Bytecode/BytecodeWriter.h"
#include "mlir/InitAllPasses.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/SourceMgr.h"

using namespace mlir;
namespace cl = llvm::cl;

namespace {
struct Options {
  cl::OptionCategory category{"zq-calibrate options"};
  cl::opt<std::string> input{cl::Positional, cl::Required,
                             cl::desc("<model: MLIR text or bytecode>"),
                             cl::cat(category)};
  cl::opt<std::string> output{
      "o", cl::Required,
      cl::desc("The quantized model: text if it ends in .mlir, else bytecode"),
      cl::value_desc("file"), cl::cat(category)};
  cl::opt<std::string> entry{
      "entry", cl::init("main"),
      cl::desc("The function that is the model. It calls others in a straight "
               "line, or none"),
      cl::value_desc("name"), cl::cat(category)};
  cl::list<std::string> data{
      "data",
      cl::CommaSeparated,
      cl::OneOrMore,
      cl::desc("For each argument of the entry a .npy file: windows of "
               "calibration data,\none after the other along the first "
               "dimension"),
      cl::value_desc("files"),
      cl::cat(category)};
  cl::opt<int64_t> windows{"windows", cl::init(0),
                           cl::desc("Take the first so many; 0 takes all"),
                           cl::value_desc("count"), cl::cat(category)};
  cl::opt<std::string> inputs{
      "calibration-inputs", cl::init("quantized"),
      cl::desc("What counts as a layer's input: quantized, as it is "
               "multiplied, or float, before\nthat (default quantized)"),
      cl::value_desc("kind"), cl::cat(category)};
  cl::opt<std::string> targets{
      "targets", cl::init("residual"),
      cl::desc("What layers aim at: own (their output on the quantized model's "
               "inputs), float\n(half way to the float model's output; see "
               "--target-strength), or residual (the\nsame, and at the float "
               "model's residual stream behind layers that are added to it;\n"
               "default)"),
      cl::value_desc("kind"), cl::cat(category)};
  cl::opt<std::string> tokenWeights{
      "token-weights", cl::init("equal"),
      cl::desc("How tokens count in layers that are added to the residual "
               "stream: equal, or\nresidual, errors as parts of the stream's "
               "size (default equal)"),
      cl::value_desc("kind"), cl::cat(category)};
  cl::opt<std::string> state{
      "state",
      cl::desc("Folder for what an interrupted run has finished (default: "
               "<output>.state)"),
      cl::value_desc("folder"), cl::cat(category)};
  cl::opt<std::string> statistics{
      "statistics",
      cl::desc("Also write the statistics of all layers (docs/statistics.md)"),
      cl::value_desc("file.safetensors"), cl::cat(category)};
  cl::opt<std::string> report{
      "report", cl::desc("Write what was measured for each layer"),
      cl::value_desc("file.json"), cl::cat(category)};
  /// LLVM has an option --threads.
  cl::opt<unsigned> jobs{"jobs", cl::init(0),
                         cl::desc("Threads to compute with; 0 takes all cores"),
                         cl::value_desc("count"), cl::cat(category)};
  cl::opt<bool> quiet{"quiet",
                      cl::desc("Do not say which layers are left alone"),
                      cl::init(false), cl::cat(category)};
  /// Everything else, `--group-size=64`, is for the phases.
  cl::list<std::string> phaseOptions{
      cl::Sink, cl::desc("options of zq-import, zq-decide and zq-materialize"),
      cl::cat(category)};

  std::string getState() const {
    return state.empty() ? output + ".state" : state.getValue();
  }
  /// The files that are written.
  std::vector<const cl::opt<std::string> *> getOutputs() const {
    std::vector<const cl::opt<std::string> *> outputs{&output};
    for (const cl::opt<std::string> *other : {&statistics, &report})
      if (!other->empty())
        outputs.push_back(other);
    return outputs;
  }
};

/// The options of a phase.
template <typename Base>
struct Phase : public Base, public PassPipelineOptions<Phase<Base>> {
  bool knows(StringRef option) { return this->OptionsMap.count(option) != 0; }
};
} // namespace

static constexpr zq::Tool tool("zq-calibrate");
static constexpr llvm::StringLiteral overview =
    "quantizes the linear layers of a model one after the other, by "
    "calibration data\n";

static int printHelp(const char *program) {
  // Parsing gives the help its name and overview.
  const char *arguments[] = {program, "--data=-", "-o", "-", "-"};
  cl::ParseCommandLineOptions(5, arguments, overview);
  cl::PrintHelpMessage();
  for (const char *name : {"zq-import", "zq-decide", "zq-materialize"}) {
    llvm::outs() << "\nOptions of " << name << ", given as --name=value:\n\n";
    zq::printPipelineOptions(name);
  }
  llvm::outs() << "\n--weights-output is not for zq-calibrate: the quantized "
                  "model has its weights.\ndocs/passes.md has the defaults of "
                  "pipelines' options, and what each does.\n";
  return 0;
}

namespace {
/// Options of the phases as texts: `group-size=64 constraint=m2`.
struct PhaseTexts {
  std::string import, decide, materialize;
};
} // namespace

static FailureOr<PhaseTexts> getPhaseTexts(const Options &options) {
  PhaseTexts texts;
  Phase<zq::ImportOptions> import;
  Phase<zq::DecideOptions> decide;
  Phase<zq::MaterializeOptions> materialize;
  for (const std::string &option : options.phaseOptions) {
    StringRef key = zq::splitOption(option).first;
    // Sites are put together from constants, and it leaves zq.weight.
    if (key == "weights-output")
      return tool.fail(
          "--weights-output is given, and the quantized model has its "
          "weights: leave it out; -o names the model");
    std::string *text = import.knows(key)        ? &texts.import
                        : decide.knows(key)      ? &texts.decide
                        : materialize.knows(key) ? &texts.materialize
                                                 : nullptr;
    if (!text)
      return tool.fail("option --" + key +
                       " is not known; --help lists what is");
    FailureOr<std::string> optionText = tool.getPipelineText(option);
    if (failed(optionText))
      return failure();
    *text += *optionText;
  }
  // Reports of sites would have them, and nobody would see those.
  StringRef given = texts.materialize;
  for (StringRef key : {"report-gains=", "report-steps="})
    if (options.report.empty() && given.contains(key) &&
        !given.contains((key + "false").str()))
      return tool.fail("--" + key.drop_back() +
                       " is given and there is no report to write them to: "
                       "name one with --report, or leave it out");
  // Inputs stand for themselves here; a probe batch would be a poorer one.
  auto setDefault = [&](StringRef key, StringRef value) {
    if (!StringRef(" " + texts.materialize).contains((" " + key + "=").str()))
      texts.materialize += (key + "=" + value + " ").str();
  };
  setDefault("probe-tokens", "0");
  setDefault("report-steps", options.report.empty() ? "false" : "true");
  return texts;
}

static std::string getFlag(const cl::Option &option) {
  return ((option.ArgStr.size() == 1 ? "-" : "--") + option.ArgStr).str();
}

/// Says what is wrong with the output files before the work is done.
static LogicalResult checkOutputs(const Options &options,
                                  const PhaseTexts &texts, ModuleOp module) {
  zq::FileRoles files(tool);
  files.addInput(options.input, "the model");
  for (const std::string &path : options.data)
    files.addInput(path, "a file of --data");
  Phase<zq::ImportOptions> import;
  Phase<zq::DecideOptions> decide;
  if (failed(import.parseFromString(texts.import)) ||
      failed(decide.parseFromString(texts.decide)))
    return tool.fail("bad options; `zq-calibrate --help` lists them");
  for (const std::string &path : import.weights)
    files.addInput(path, "a file of --weights");
  files.addInput(decide.rulesFile, "the file of --rules-file");
  module.walk([&](zq::WeightOp op) {
    files.addInput(op.getFile(), "a file of the model's weights");
  });
  for (const cl::opt<std::string> *output : options.getOutputs()) {
    std::string flag = getFlag(*output);
    if (zq::isInFolder(*output, options.getState()))
      return tool.fail(
          flag + " is '" + output->getValue() +
          "', in the folder of the state, '" + options.getState() +
          "', which is removed at the end: want a file outside of it; name "
          "another one, or another folder with --state");
    if (failed(files.addOutput(*output, flag)))
      return failure();
  }
  return success();
}

static FailureOr<zq::SequentialOptions>
getSequentialOptions(const Options &options, const PhaseTexts &texts) {
  zq::SequentialOptions result;
  if (options.inputs != "quantized" && options.inputs != "float")
    return tool.fail("--calibration-inputs is '" + options.inputs +
                     "', want quantized or float");
  if (options.targets != "own" && options.targets != "float" &&
      options.targets != "residual")
    return tool.fail("--targets is '" + options.targets +
                     "', want own, float or residual");
  if (options.windows < 0)
    return tool.fail("--windows is " + llvm::Twine(options.windows) +
                     ", want 0 or more");
  result.entry = options.entry;
  result.windows = options.windows;
  result.materialize = texts.materialize;
  result.quantizedInputs = options.inputs == "quantized";
  result.inputTargets = options.targets != "own";
  result.residualTargets = options.targets == "residual";
  if (options.tokenWeights != "equal" && options.tokenWeights != "residual")
    return tool.fail("--token-weights is '" + options.tokenWeights +
                     "', want equal or residual");
  result.tokenWeights = options.tokenWeights == "residual";
  if (result.tokenWeights && !result.residualTargets)
    return tool.fail("--token-weights=residual is for layers that aim at the "
                     "residual stream: it wants --targets=residual");
  result.state = options.getState();
  result.statistics = options.statistics;
  result.report = options.report;
  result.threads = options.jobs;
  for (const std::string &path : options.data) {
    zq::Result<zq::Array> array = zq::readNpy(path);
    if (!array)
      return tool.fail(array.message());
    result.data.push_back(std::move(*array));
  }
  return result;
}

static LogicalResult writeModel(ModuleOp module, StringRef path) {
  std::string bytes;
  llvm::raw_string_ostream stream(bytes);
  if (path.ends_with(".mlir")) {
    module.print(stream); // with resources, which << leaves out
    stream << '\n';
  } else if (failed(writeBytecodeToFile(module, stream))) {
    return failure();
  }
  zq::Result<void> written = zq::writeFile(path.str(), bytes);
  return written ? success() : tool.fail(written.message());
}

static LogicalResult calibrate(const Options &options) {
  FailureOr<PhaseTexts> texts = getPhaseTexts(options);
  if (failed(texts))
    return failure();
  FailureOr<zq::SequentialOptions> sequential =
      getSequentialOptions(options, *texts);
  if (failed(sequential))
    return failure();

  DialectRegistry registry;
  zq::registerForExecution(registry);
  zq::registerAllDialects(registry);
  MLIRContext context(registry);
  context.printOpOnDiagnostic(false); // a location is enough
  llvm::SourceMgr sources;
  SourceMgrDiagnosticHandler diagnostics(sources, &context);
  if (!options.quiet && failed(zq::enableRemarks(context)))
    return tool.fail("remarks cannot be enabled");
  OwningOpRef<ModuleOp> module =
      parseSourceFile<ModuleOp>(options.input, sources, &context);
  if (!module || failed(checkOutputs(options, *texts, *module)))
    return failure();

  PassManager manager(&context);
  std::string pipeline =
      "zq-import{" + texts->import + "},zq-decide{" + texts->decide + "}";
  if (failed(parsePassPipeline(pipeline, manager)))
    return tool.fail("bad options; `zq-calibrate --help` lists them");
  if (failed(manager.run(*module)) ||
      failed(zq::calibrateSequentially(*module, *sequential)) ||
      failed(writeModel(*module, options.output)))
    return failure();
  // What was finished is in the output now.
  zq::removeCalibrationState(sequential->state);
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
  return failed(calibrate(options)) ? 1 : 0;
}
