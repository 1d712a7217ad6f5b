//===- MaterializeWeights.cpp - compute the quantized weights -------------===//
//
// Collects what is asked for (one job for each weight and decision, however
// often it is used), runs the jobs away from the IR, then puts the results in.
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Report.h"
#include "WeightJob.h"

#include "dialects/Zq/Zq.h"
#include "zq/Numerics/Formats.h"
#include "zq/Support/OutputFile.h"
#include "zq/Transforms/Materialize/Passes.h"
#include "zq/Transforms/Remarks.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/Support/Threading.h"

namespace zq {
#define GEN_PASS_DEF_MATERIALIZEWEIGHTSPASS
#include "zq/Transforms/Materialize/Passes.h.inc"
} // namespace zq

using namespace mlir;
using namespace zq;

namespace {
/// A decision in the IR and the job that computes it.
struct Decision {
  QuantizeWeightOp op;
  size_t job;
  /// Its factors, with their index in the job.
  SmallVector<std::pair<LowRankOp, size_t>, 1> factors;
};
} // namespace

//===----------------------------------------------------------------------===//
// From the IR to jobs
//===----------------------------------------------------------------------===//

static zq::FloatType getFloatType(Type type) {
  return isa<Float32Type>(type)   ? zq::FloatType::F32
         : isa<Float16Type>(type) ? zq::FloatType::F16
                                  : zq::FloatType::BF16;
}

static QuantizeOptions getOptions(QuantizeWeightOp op) {
  QuantizedType type = op.getQuantizedType();
  QuantizeOptions options;
  options.format = *zq::getFormat(type.getFormat());
  options.group = type.getGroupSize();
  options.clip = *parseClipMethod(op.getClip());
  if (auto pow2 = dyn_cast<Pow2ScaleAttr>(type.getScale())) {
    options.constraint = pow2.getAnchor() == AnchorKind::Pow2
                             ? ScaleConstraint::M1
                             : ScaleConstraint::M2;
    options.shift = parseShiftRounding(*op.getShift());
    options.anchorSearch = op.getAnchorSearch();
    options.maxShift = pow2.getMaxShift();
  }
  return options;
}

/// Adds `request` if it is new; its index.
template <typename Request>
static size_t addRequest(SmallVectorImpl<Request> &requests,
                         const Request &request) {
  auto *found = llvm::find(requests, request);
  if (found == requests.end()) {
    requests.push_back(request);
    return requests.size() - 1;
  }
  return found - requests.begin();
}

namespace {
/// The jobs of a module, and the decisions and layers that wait for them.
class Jobs {
public:
  /// Without `calibration` no weight has statistics; `roundsRest` says that
  /// those it does not know are rounded by themselves.
  Jobs(StringRef pass, const Calibration *calibration, bool roundsRest)
      : pass(pass), calibration(calibration), roundsRest(roundsRest) {}

  LogicalResult add(QuantizeWeightOp op) {
    Result<WeightSource> source = WeightSource::resolve(op.getWeight());
    if (!source) {
      remarkMissed(op, pass)
          << remark::reason("its weight {0}", source.message());
      return success();
    }
    FailureOr<std::string> inputs = findInputs(op);
    if (failed(inputs))
      return failure();
    Decision decision{op, getJob(op, std::move(*source), *inputs), {}};
    WeightJob &job = jobs[decision.job];
    addFactors(decision, job);
    addRecords(decision, job);
    decisions.push_back(std::move(decision));
    return success();
  }

  /// Once all decisions are there: jobs move no more.
  void finish() {
    for (auto &[record, index] : recordJobs)
      records[record].job = &jobs[index];
  }

  std::vector<WeightJob> jobs;
  std::vector<Decision> decisions;
  std::vector<LayerRecord> records;
  /// The op of each record, for remarks.
  std::vector<Operation *> recordOps;

private:
  /// The name under which the inputs of a weight's layer are known, empty where
  /// it is to be rounded by itself.
  FailureOr<std::string> findInputs(QuantizeWeightOp op) {
    if (!calibration)
      return std::string();
    StringRef layer = getLayerName(op);
    std::optional<std::string> inputs;
    if (!layer.empty())
      inputs = calibration->getFile().findInputs(layer);
    if (inputs)
      return *inputs;
    std::string what =
        layer.empty() ? "it has no name to find its statistics by"
                      : "there are no statistics of layer '" + layer.str() +
                            "' in " + calibration->getFile().getPath();
    if (!roundsRest)
      return op.emitOpError()
             << "cannot be calibrated: " << what
             << "; calibrate it, or say uncalibrated=rtn to round such weights "
                "by themselves";
    remarkMissed(op, pass) << remark::reason(
        "it is rounded to nearest by itself: {0}", what);
    return std::string();
  }

  /// The job of the same weight, decision and statistics, or a new one.
  size_t getJob(QuantizeWeightOp op, WeightSource source, StringRef inputs) {
    // What only one layer knows of its outputs keeps it apart.
    StringRef layer = getLayerName(op);
    if (inputs.empty() ||
        !calibration->getFile().hasResidualMoment(layer.str()))
      layer = "";
    NamedAttrList attributes(op->getAttrDictionary());
    attributes.erase(op.getNameAttrName());
    auto key = std::make_tuple(
        source.getTensorId().getAsOpaquePointer(),
        op.getQuantized().getType().getAsOpaquePointer(),
        attributes.getDictionary(op.getContext()).getAsOpaquePointer());
    SmallVector<size_t, 1> &candidates = jobsOf[key];
    for (size_t candidate : candidates)
      if (jobs[candidate].source.isSameAs(source) &&
          jobs[candidate].inputs == inputs && jobs[candidate].layer == layer)
        return candidate;
    candidates.push_back(jobs.size());
    jobs.emplace_back(std::move(source));
    jobs.back().options = getOptions(op);
    jobs.back().inputs = inputs;
    jobs.back().layer = layer;
    return jobs.size() - 1;
  }

  void addFactors(Decision &decision, WeightJob &job) {
    for (Operation *user : decision.op.getQuantized().getUsers()) {
      auto op = dyn_cast<LowRankOp>(user);
      if (!op)
        continue;
      if (op.getWeight() != decision.op.getWeight() ||
          !llvm::equal(op.getScales(), decision.op.getScales())) {
        remarkMissed(op, pass) << remark::reason(
            "its weight or scales are not those of its quantized weight");
        continue;
      }
      FactorRequest request{
          static_cast<int64_t>(op.getRank()),
          getFloatType(op.getDown().getType().getElementType())};
      decision.factors.push_back({op, addRequest(job.factorRequests, request)});
    }
  }

  void addRecords(Decision &decision, WeightJob &job) {
    MeasureRequest request;
    if (!decision.factors.empty())
      request.factors = decision.factors[0].second;
    bool used = false;
    for (Operation *user : decision.op.getQuantized().getUsers())
      if (auto linear = dyn_cast<QuantizedLinearOp>(user)) {
        used = true;
        request.activation =
            zq::getFormat(linear.getInput().getType().getElementType());
        addRecord(linear, decision, job, request);
      }
    if (!used)
      addRecord(decision.op, decision, job, request);
  }

  void addRecord(Operation *op, Decision &decision, WeightJob &job,
                 const MeasureRequest &request) {
    LayerRecord record;
    record.name = getLayerName(op).str();
    record.function = getRemarkOpts(op, pass).functionName.str();
    record.expressed =
        getFloatType(decision.op.getWeight().getType().getElementType());
    record.measurement = addRequest(job.measureRequests, request);
    recordJobs.push_back({records.size(), decision.job});
    records.push_back(std::move(record));
    recordOps.push_back(op);
  }

  StringRef pass;
  const Calibration *calibration;
  bool roundsRest;
  std::map<std::tuple<const void *, const void *, const void *>,
           SmallVector<size_t, 1>>
      jobsOf;
  std::vector<std::pair<size_t, size_t>> recordJobs;
};
} // namespace

//===----------------------------------------------------------------------===//
// From results to the IR
//===----------------------------------------------------------------------===//

static DenseElementsAttr getConstant(Type type, ArrayRef<float> values) {
  auto tensor = cast<RankedTensorType>(type);
  Type element = tensor.getElementType();
  if (isa<Float32Type>(element))
    return DenseElementsAttr::get(tensor, values);
  std::vector<uint16_t> bits(values.size());
  for (auto [bit, value] : llvm::zip_equal(bits, values))
    bit = isa<BFloat16Type>(element) ? encodeBF16(value) : encodeF16(value);
  return DenseElementsAttr::getFromRawBuffer(
      tensor, ArrayRef<char>(reinterpret_cast<const char *>(bits.data()),
                             bits.size() * sizeof(uint16_t)));
}

static DenseElementsAttr getConstant(Type type, ArrayRef<uint8_t> values) {
  return DenseElementsAttr::getFromRawBuffer(
      cast<RankedTensorType>(type),
      ArrayRef<char>(reinterpret_cast<const char *>(values.data()),
                     values.size()));
}

/// The codes as a resource, which the module then owns: they never pass through
/// text, and are freed with the context.
static DenseResourceElementsAttr getResource(WeightJob &job, StringRef name) {
  auto type = RankedTensorType::get(
      {job.matrix.n, job.matrix.getRowBytes()},
      IntegerType::get(job.source.getType().getContext(), 8));
  return DenseResourceElementsAttr::get(type, name.empty() ? "weight" : name,
                                        std::move(job.codes));
}

/// Erases what computed `value`, as far as nothing else needs it.
static void eraseDeadProducers(Value value) {
  llvm::SmallSetVector<Operation *, 4> worklist;
  if (Operation *op = value.getDefiningOp())
    worklist.insert(op);
  while (!worklist.empty()) {
    Operation *op = worklist.pop_back_val();
    if (!isOpTriviallyDead(op))
      continue;
    SmallVector<Value> operands(op->getOperands());
    op->erase();
    for (Value operand : operands)
      if (Operation *producer = operand.getDefiningOp())
        worklist.insert(producer);
  }
}

/// Before:  %q, %a, %s = zq.quantize_weight %w
///          %down, %up = zq.low_rank_compensation %w, %q scales(%a, %s)
/// After:   %q = zq.storage_cast (constant dense_resource<...>)
///          %a, %s, %down, %up = constants
static void replaceDecision(Decision &decision, const WeightJob &job,
                            DenseResourceElementsAttr codes) {
  QuantizeWeightOp op = decision.op;
  OpBuilder builder(op);
  Location loc = op.getLoc();
  auto createConstant = [&](TypedAttr value) -> Value {
    return arith::ConstantOp::create(builder, loc, value);
  };

  for (auto [lowRank, index] : decision.factors) {
    const LowRankFactors &factors = job.factors[index];
    lowRank.getDown().replaceAllUsesWith(
        createConstant(getConstant(lowRank.getDown().getType(), factors.down)));
    lowRank.getUp().replaceAllUsesWith(
        createConstant(getConstant(lowRank.getUp().getType(), factors.up)));
    lowRank.erase();
  }

  op.getQuantized().replaceAllUsesWith(StorageCastOp::create(
      builder, loc, op.getQuantized().getType(), createConstant(codes)));
  const QuantizedMatrix &matrix = job.matrix;
  ResultRange scales = op.getScales();
  if (matrix.constraint == ScaleConstraint::Free) {
    scales[0].replaceAllUsesWith(
        createConstant(getConstant(scales[0].getType(), matrix.scales)));
  } else {
    scales[0].replaceAllUsesWith(
        createConstant(getConstant(scales[0].getType(), matrix.anchors)));
    scales[1].replaceAllUsesWith(
        createConstant(getConstant(scales[1].getType(), matrix.shifts)));
  }
  Value weight = op.getWeight();
  op.erase();
  eraseDeadProducers(weight);
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

/// What could not be computed, at the decision that asked for it.
static void emitJobError(QuantizeWeightOp op, const WeightJob &job) {
  InFlightDiagnostic error = op.emitOpError();
  if (!getLayerName(op).empty())
    error << "of layer '" << getLayerName(op) << "': ";
  error << job.error;
  std::string tensor = job.source.getName();
  if (auto weight = dyn_cast<WeightOp>(job.source.getOp()))
    error << " (tensor '" << tensor << "' of " << weight.getFile() << ")";
  else if (!isa<arith::ConstantOp>(job.source.getOp()))
    error << " (global '" << tensor << "')";
  else if (!tensor.empty())
    error << " (resource '" << tensor << "')";
}

static std::string formatDecibels(double value) {
  return llvm::formatv("{0:f2} dB", value).str();
}

/// What was found for a layer, and what of it a user should look at.
static void remarkLayer(Operation *op, StringRef pass,
                        const LayerRecord &record) {
  const QuantizedMatrix &matrix = record.job->matrix;
  {
    auto remark = remarkPassed(op, pass);
    remark << remark::metric("SQNR", formatDecibels(matrix.getSQNR()))
           << remark::metric("BytesBefore", record.getBytesBefore())
           << remark::metric("BytesAfter", record.getBytesAfter());
    if (const Measurement *measurement = record.getMeasurement()) {
      if (measurement->sqnrWithFactors)
        remark << remark::metric("SQNRWithLoRC",
                                 formatDecibels(*measurement->sqnrWithFactors));
      if (measurement->outputError)
        remark << remark::metric(
            "OutputError",
            llvm::formatv("{0:f4}", *measurement->outputError).str());
      if (measurement->calibrationError)
        remark << remark::metric(
            "CalibrationError",
            llvm::formatv("{0:f4}", *measurement->calibrationError).str());
    }
  }
  if (matrix.clampedGroups != 0)
    remarkMissed(op, pass) << remark::reason(
        "{0} of {1} groups wanted a shift past {2} and were quantized with "
        "that one",
        matrix.clampedGroups, matrix.n * matrix.getNumGroups(),
        record.job->options.maxShift);
}

namespace {
struct MaterializeWeightsPass
    : public zq::impl::MaterializeWeightsPassBase<MaterializeWeightsPass> {
  using MaterializeWeightsPassBase::MaterializeWeightsPassBase;

  LogicalResult initialize(MLIRContext *context) override {
    auto fail = [&] {
      return emitError(UnknownLoc::get(context)) << getArgument() << ": ";
    };
    if (algorithm != "rtn" && algorithm != "gptq")
      return fail() << "algorithm is '" << algorithm << "', want rtn or gptq";
    // Enough for any mean, and activations that fit in memory.
    constexpr int64_t kMaxProbeTokens = 4096;
    if (probeTokens < 0 || probeTokens > kMaxProbeTokens)
      return fail() << "probe-tokens is " << probeTokens.getValue()
                    << ", want 0 to " << kMaxProbeTokens;
    if (statistics.empty() && (algorithm == "gptq" || descentPasses > 0))
      return fail() << (algorithm == "gptq" ? "algorithm=gptq"
                                            : "descent-passes")
                    << " wants the file of statistics= (docs/statistics.md)";
    return parseCalibration(fail);
  }

  void runOnOperation() override {
    // Before the work, so that a path that cannot be written costs nothing.
    std::optional<OutputFile> reportFile;
    if (!report.empty()) {
      Result<OutputFile> opened = OutputFile::create(report);
      if (!opened) {
        emitError(getOperation().getLoc()) << opened.message();
        return signalPassFailure();
      }
      reportFile = std::move(*opened);
    }

    std::optional<Calibration> calibration;
    if (!statistics.empty()) {
      Result<StatisticsFile> opened = StatisticsFile::open(statistics);
      if (!opened) {
        getOperation().emitError() << opened.message();
        return signalPassFailure();
      }
      calibration.emplace(std::move(*opened), calibrationSettings);
    }
    Calibration *known = calibration ? &*calibration : nullptr;

    Jobs jobs(getArgument(), known, uncalibrated == "rtn");
    WalkResult added = getOperation()->walk(
        [&](QuantizeWeightOp op) { return WalkResult(jobs.add(op)); });
    if (added.wasInterrupted())
      return signalPassFailure();
    jobs.finish();
    RoundToNearest quantizer;
    JobSettings settings{&quantizer, known, getThreads(),
                         reportFile.has_value(), probeTokens};
    runJobs(jobs.jobs, settings);
    if (failed(checkErrors(jobs)))
      return signalPassFailure();

    if (reportFile &&
        failed(writeReport(*reportFile, formatReport(jobs.records, settings))))
      return signalPassFailure();
    finish(jobs);
  }

private:
  /// The options as the library takes them.
  LogicalResult
  parseCalibration(llvm::function_ref<InFlightDiagnostic()> fail) {
    CalibrationSettings &settings = calibrationSettings;
    std::optional<Damping> kind = parseDamping(damping.getValue());
    if (!kind)
      return fail() << "damping is '" << damping << "', want mean or diagonal";
    settings.damping = {*kind, dampingAmount};
    if (!(dampingAmount >= 0.0))
      return fail() << "damping-amount is " << dampingAmount.getValue()
                    << ", want 0 or more";
    std::optional<ColumnOrder> order = parseColumnOrder(columnOrder.getValue());
    if (!order)
      return fail() << "column-order is '" << columnOrder
                    << "', want natural or descending";
    settings.order = *order;
    std::optional<GroupScales> scales =
        parseGroupScales(groupScales.getValue());
    if (!scales)
      return fail() << "group-scales is '" << groupScales
                    << "', want static or updated";
    if (*scales == GroupScales::Updated && *order != ColumnOrder::Natural)
      return fail()
             << "group-scales=updated wants column-order=natural: groups "
                "are complete one after the other";
    if (descentPasses < 0 || lorcRounds < 1)
      return fail() << "descent-passes is " << descentPasses.getValue()
                    << " and lorc-rounds " << lorcRounds.getValue()
                    << ", want at least 0 and 1";
    if (uncalibrated != "error" && uncalibrated != "rtn")
      return fail() << "uncalibrated is '" << uncalibrated
                    << "', want error or rtn";
    CalibrationOptions &options = settings.options;
    options.gptq = algorithm == "gptq";
    options.groupScales = *scales;
    options.descent.passes = descentPasses;
    options.targetStrength = targetStrength;
    options.weightLowRank = lorcWeighted;
    options.lowRankRounds = lorcRounds;
    options.reportSteps = reportSteps;
    return success();
  }

  unsigned getThreads() {
    if (threads != 0)
      return threads;
    return getContext().isMultithreadingEnabled()
               ? llvm::hardware_concurrency().compute_thread_count()
               : 1;
  }

  static LogicalResult checkErrors(const Jobs &jobs) {
    LogicalResult result = success();
    llvm::SmallDenseSet<size_t> reported;
    for (const Decision &decision : jobs.decisions) {
      const WeightJob &job = jobs.jobs[decision.job];
      if (job.error.empty() || !reported.insert(decision.job).second)
        continue;
      emitJobError(decision.op, job);
      result = failure();
    }
    return result;
  }

  LogicalResult writeReport(OutputFile &file, StringRef text) {
    if (Result<void> done = file.writeAt(0, text.data(), text.size()); !done)
      return emitError(getOperation().getLoc()) << done.message();
    if (Result<void> done = file.commit(); !done)
      return emitError(getOperation().getLoc()) << done.message();
    return success();
  }

  void finish(Jobs &jobs) {
    for (auto [op, record] : llvm::zip_equal(jobs.recordOps, jobs.records))
      remarkLayer(op, getArgument(), record);
    SmallVector<DenseResourceElementsAttr> codes(jobs.jobs.size());
    for (Decision &decision : jobs.decisions) {
      WeightJob &job = jobs.jobs[decision.job];
      DenseResourceElementsAttr &resource = codes[decision.job];
      if (resource) {
        ++numShared;
      } else {
        resource = getResource(job, getLayerName(decision.op));
        ++numWeights;
        numClamped += job.matrix.clampedGroups;
      }
      replaceDecision(decision, job, resource);
    }
    for (const LayerRecord &record : jobs.records) {
      bytesBefore += record.getBytesBefore();
      bytesAfter += record.getBytesAfter();
    }
  }

  CalibrationSettings calibrationSettings;
};
} // namespace
