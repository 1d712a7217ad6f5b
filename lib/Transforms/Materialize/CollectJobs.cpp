//===- CollectJobs.cpp - the jobs of a module -----------------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CollectJobs.h"

#include "zq/Numerics/Formats.h"
#include "zq/Transforms/Remarks.h"

#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace zq;

zq::FloatType zq::getFloatType(Type type) {
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
  if (auto anchored = dyn_cast<AnchoredScaleInterface>(type.getScale())) {
    auto pow2 = dyn_cast<Pow2ScaleAttr>(type.getScale());
    options.constraint = !pow2 ? ScaleConstraint::M3
                         : pow2.getAnchor() == AnchorKind::Pow2
                             ? ScaleConstraint::M1
                             : ScaleConstraint::M2;
    options.shift = parseShiftRounding(*op.getShift());
    options.anchorSearch = op.getAnchorSearch();
    options.maxShift = anchored.getMaxShift();
  }
  return options;
}

template <typename T> static std::string toText(T thing) {
  std::string text;
  llvm::raw_string_ostream(text) << thing;
  return text;
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

LogicalResult Jobs::add(QuantizeWeightOp op) {
  Result<WeightSource> source = WeightSource::resolve(op.getWeight());
  if (!source) {
    remarkMissed(op, pass) << remark::reason("its weight {0}",
                                             source.message());
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

void Jobs::finish() {
  for (auto &[record, index] : recordJobs)
    records[record].job = &jobs[index];
  // By the first layer that has the weight; a second one of that name gets a
  // number.
  llvm::StringSet<> taken;
  for (const Decision &decision : decisions) {
    WeightJob &job = jobs[decision.job];
    if (!job.name.empty())
      continue;
    StringRef layer = getLayerName(decision.op);
    std::string base = layer.empty() ? "weight" : layer.str();
    job.name = base;
    for (int i = 1; !taken.insert(job.name).second; ++i)
      job.name = base + "." + std::to_string(i);
  }
}

/// The name under which the inputs of a weight's layer are known, empty where
/// it is to be rounded by itself.
FailureOr<std::string> Jobs::findInputs(QuantizeWeightOp op) {
  if (!calibration)
    return std::string();
  StringRef layer = getLayerName(op);
  std::optional<std::string> inputs;
  if (!layer.empty())
    inputs = calibration->getFile().findInputs(layer);
  if (inputs)
    return *inputs;
  std::string what = layer.empty()
                         ? "it has no name to find its statistics by"
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
size_t Jobs::getJob(QuantizeWeightOp op, WeightSource source,
                    StringRef inputs) {
  // What only one layer knows of its outputs keeps it apart.
  StringRef layer = getLayerName(op);
  if (inputs.empty() || !calibration->getFile().hasResidualMoment(layer.str()))
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
  jobs.back().typeText = toText(op.getQuantized().getType());
  jobs.back().decisionText = toText(attributes.getDictionary(op.getContext()));
  jobs.back().inputs = inputs;
  jobs.back().layer = layer;
  return jobs.size() - 1;
}

void Jobs::addFactors(Decision &decision, WeightJob &job) {
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

void Jobs::addRecords(Decision &decision, WeightJob &job) {
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

void Jobs::addRecord(Operation *op, Decision &decision, WeightJob &job,
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
