//===- WeightJob.cpp - compute the quantized form of weights --------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "WeightJob.h"
#include "JobKey.h"
#include "ResultFile.h"

#include "zq/Numerics/Formats.h"
#include "zq/Quantization/Metrics.h"

#include <cmath>

using namespace mlir;
using namespace zq;

/// Of codes in memory and in bytecode, whose reader refuses more than what its
/// own buffer happens to have (16 from malloc).
static constexpr size_t kCodeAlignment = 16;

/// What the jobs that run at one time may hold together, beside their results.
static constexpr int64_t kWorkingBytes = int64_t(2) << 30;

std::vector<uint8_t> zq::encodeFloats(zq::FloatType type,
                                      const std::vector<float> &values) {
  std::vector<uint8_t> bytes(values.size() * zq::getSize(type));
  if (type == zq::FloatType::F32) {
    std::memcpy(bytes.data(), values.data(), bytes.size());
    return bytes;
  }
  for (auto [i, value] : llvm::enumerate(values)) {
    uint16_t bits =
        type == zq::FloatType::BF16 ? encodeBF16(value) : encodeF16(value);
    std::memcpy(&bytes[2 * i], &bits, sizeof(bits));
  }
  return bytes;
}

/// Rounds values to the type in which they are stored; false where one is
/// beyond it.
static bool roundTo(zq::FloatType type, std::vector<float> &values) {
  bool finite = true;
  for (float &value : values) {
    if (type == zq::FloatType::F16)
      value = decodeF16(encodeF16(value));
    else if (type == zq::FloatType::BF16)
      value = decodeBF16(encodeBF16(value));
    finite &= std::isfinite(value);
  }
  return finite;
}

/// The low-rank factors that are asked for; the SVD is the same for all types.
static Result<void> computeFactors(WeightJob &job, const WeightView &view,
                                   const ParallelFor &parallelFor) {
  for (const FactorRequest &request : job.factorRequests) {
    Result<LowRankFactors> factors =
        computeLowRankFactors(view, job.matrix, request.rank, parallelFor);
    if (!factors)
      return factors.takeError();
    if (!roundTo(request.type, factors->down) ||
        !roundTo(request.type, factors->up))
      return Error{"its low-rank factors are too large for their element type"};
    job.factors.push_back(std::move(*factors));
  }
  return {};
}

/// What is measured beside the result does not stand in its way.
static void keepGains(WeightJob &job, Result<std::vector<ChainGain>> gains) {
  if (gains)
    job.gains = std::move(*gains);
  else
    job.gainsError = gains.takeError().message;
}

/// Quantizes the weight by the inputs of its layer: codes, scales and factors.
static Result<void> calibrate(WeightJob &job, const WeightView &view,
                              Calibration &calibration,
                              const Calibration::Inputs &inputs,
                              bool measureGains,
                              const ParallelFor &parallelFor) {
  if (job.factorRequests.size() > 1)
    return Error{"its layers want low-rank factors of " +
                 std::to_string(job.factorRequests.size()) +
                 " ranks or types, but codes are fitted to one: give them the "
                 "same, or weights of their own"};
  CalibrationOptions options = calibration.getSettings().options;
  options.weight = job.options;
  for (const FactorRequest &request : job.factorRequests) {
    options.lowRank.rank = request.rank;
    if (options.lowRank.format == FactorFormat::E4M3) {
      if (request.type == zq::FloatType::F16)
        return Error{"low-rank factors of f16 do not hold those of E4M3 with a "
                     "power of two, want bf16 or f32"};
      continue;
    }
    if (request.type == zq::FloatType::BF16)
      options.lowRank.format = FactorFormat::BF16;
  }
  Result<std::optional<CrossMoment>> residual =
      calibration.getFile().loadResidualMoment(job.layer, view.n, view.k);
  if (!residual)
    return residual.takeError();
  TargetMoments moments{inputs.inputMoment ? &*inputs.inputMoment : nullptr,
                        *residual ? &**residual : nullptr};
  Result<CalibratedWeight> result =
      quantizeCalibrated(view, inputs.layer, options, moments, parallelFor);
  if (!result)
    return result.takeError();
  job.matrix = std::move(result->matrix);
  job.steps = std::move(result->steps);
  job.calibrationTokens = inputs.layer.hessian.tokens;
  for (const FactorRequest &request : job.factorRequests) {
    if (!roundTo(request.type, result->lowRank->down) ||
        !roundTo(request.type, result->lowRank->up))
      return Error{"its low-rank factors are too large for their element type"};
    job.factors.push_back(std::move(*result->lowRank));
  }
  if (!measureGains)
    return {};
  Result<std::vector<ChainGain>> gains =
      measureChainGains(view, inputs.layer, calibration.getSettings().damping,
                        options, moments, parallelFor);
  keepGains(job, std::move(gains));
  return {};
}

/// How far outputs are off on the calibration data.
static Result<void> measureCalibrated(WeightJob &job, const WeightView &view,
                                      const Calibration::Inputs &inputs,
                                      const ParallelFor &parallelFor) {
  for (auto [request, measurement] :
       llvm::zip_equal(job.measureRequests, job.measurements)) {
    std::vector<float> compensation;
    if (request.factors >= 0)
      compensation = multiplyFactors(job.factors[request.factors], parallelFor);
    Result<double> error = computeHessianError(
        view, job.matrix, inputs.layer.hessian,
        compensation.empty() ? nullptr : compensation.data(), parallelFor);
    if (!error)
      return error.takeError();
    measurement.calibrationError = std::sqrt(*error);
  }
  return {};
}

static Result<void> measure(WeightJob &job, const WeightView &view,
                            int64_t probeTokens,
                            const ParallelFor &parallelFor) {
  for (const MeasureRequest &request : job.measureRequests) {
    Measurement &measurement = job.measurements.emplace_back();
    const LowRankFactors *factors =
        request.factors < 0 ? nullptr : &job.factors[request.factors];
    if (factors) {
      Result<double> sqnr = computeSQNR(view, job.matrix, factors, parallelFor);
      if (!sqnr)
        return sqnr.takeError();
      measurement.sqnrWithFactors = *sqnr;
    }
    if (probeTokens == 0)
      continue;
    Result<double> error =
        computeOutputError(view, job.matrix, request.activation, /*x=*/nullptr,
                           probeTokens, factors, parallelFor);
    if (!error)
      return error.takeError();
    measurement.outputError = *error;
  }
  return {};
}

/// Quantizes the weight by itself. Rows are added to `hash`, which may be null,
/// on their way through the caches.
static Result<void> round(WeightJob &job, const WeightView &view,
                          const RoundToNearest &quantizer, WeightHash *hash,
                          const ParallelFor &parallelFor) {
  ParallelFor overBlocks = [&](int64_t count,
                               const std::function<void(int64_t)> &body) {
    parallelFor(count, [&](int64_t block) {
      constexpr int64_t rows = RoundToNearest::blockRows;
      if (hash)
        hash->add(block * rows, std::min(view.n, (block + 1) * rows));
      body(block);
    });
  };
  Result<QuantizedMatrix> matrix =
      quantizer.quantize(view, job.options, overBlocks);
  if (!matrix)
    return matrix.takeError();
  job.matrix = std::move(*matrix);
  return computeFactors(job, view, parallelFor);
}

/// What searches of scales and LoRC bring to a weight that was rounded by
/// itself and measured.
static void measureGains(WeightJob &job, const WeightView &view,
                         const ParallelFor &parallelFor) {
  keepGains(job, measureSearchGains(view, job.options, parallelFor));
  if (!job.gainsError.empty())
    return;
  for (const Measurement &measurement : job.measurements)
    if (measurement.sqnrWithFactors && job.matrix.signalEnergy > 0.0) {
      job.gains.push_back(
          {"lorc", job.matrix.errorEnergy / job.matrix.signalEnergy,
           std::pow(10.0, -0.1 * *measurement.sqnrWithFactors)});
      break;
    }
}

/// Computes the result and what is measured of it; `hash`, unless null, as
/// well.
static Result<void> compute(WeightJob &job, const WeightView &view,
                            WeightHash *hash, const JobSettings &settings,
                            const ParallelFor &parallelFor) {
  std::shared_ptr<const Calibration::Inputs> inputs;
  if (!job.inputs.empty()) {
    auto found = settings.calibration->get(job.inputs, view.k, parallelFor);
    if (!found)
      return found.takeError();
    inputs = std::move(*found);
    if (hash)
      hash->addAll(parallelFor);
  }
  Result<void> done =
      inputs ? calibrate(job, view, *settings.calibration, *inputs,
                         settings.measureGains, parallelFor)
             : round(job, view, *settings.quantizer, hash, parallelFor);
  if (done && settings.measure)
    done = measure(job, view, settings.probeTokens, parallelFor);
  if (done && settings.measureGains && !inputs)
    measureGains(job, view, parallelFor);
  if (done && settings.measure && inputs)
    done = measureCalibrated(job, view, *inputs, parallelFor);
  if (done && job.matrix.constraint != ScaleConstraint::Free)
    job.shiftHistogram = getShiftHistogram(job.matrix);
  return done;
}

/// The codes as the IR takes them.
static void keepInMemory(WeightJob &job) {
  std::vector<uint8_t> codes = std::move(job.matrix.codes);
  job.codes = HeapAsmResourceBlob::allocateAndCopyWithAlign(
      ArrayRef<char>(reinterpret_cast<const char *>(codes.data()),
                     codes.size()),
      kCodeAlignment, /*dataIsMutable=*/false);
}

static Result<void> run(WeightJob &job, const JobSettings &settings,
                        WeightFiles &files, const ParallelFor &parallelFor) {
  Result<WeightReader> reader = job.source.open(files);
  if (!reader)
    return reader.takeError();
  // Numbers that are not two strides away from their bytes are copied once.
  std::vector<float> copy;
  std::optional<WeightView> view = reader->getView();
  if (!view) {
    int64_t n = reader->getNumRows(), k = reader->getNumColumns();
    copy.resize(n * k);
    reader->readRows(0, n, copy.data());
    view = WeightView::rowMajor(copy.data(), n, k);
  }

  WeightHash hash(*view);
  bool isKnown = settings.file && settings.file->isKnown(job.name);
  if (isKnown) {
    hash.addAll(parallelFor);
    Result<bool> restored =
        settings.file->restore(job, getJobKey(job, *view, hash, settings));
    if (!restored)
      return restored.takeError();
  }
  Result<void> done;
  if (!job.restored) {
    bool needsHash = settings.file && !isKnown;
    done =
        compute(job, *view, needsHash ? &hash : nullptr, settings, parallelFor);
    if (done && settings.file)
      done = settings.file->write(job, getJobKey(job, *view, hash, settings));
    else if (done)
      keepInMemory(job);
  }
  reader->releasePages();
  return done;
}

/// Bytes that a job holds while it runs: an error matrix for the SVD and what
/// it is multiplied with, or a copy of a weight that has no view, and codes.
static int64_t getWorkingBytes(const WeightJob &job) {
  ArrayRef<int64_t> shape = job.source.getType().getShape();
  int64_t elements = shape[0] * shape[1];
  // Weight, target, error and compensation; the Hessian, damped and factored.
  if (!job.inputs.empty())
    return elements * 20 + shape[1] * shape[1] * 16;
  return elements * (job.factorRequests.empty() ? 4 : 10);
}

void zq::runJobs(MutableArrayRef<WeightJob> jobs, const JobSettings &settings) {
  // Weights side by side, since parts of an SVD run on one thread; what threads
  // are left work inside each.
  int64_t largest = 1;
  for (const WeightJob &job : jobs)
    largest = std::max(largest, getWorkingBytes(job));
  int64_t outer = std::min<int64_t>(settings.threads, jobs.size());
  outer = std::max<int64_t>(1, std::min(outer, kWorkingBytes / largest));
  ParallelFor overJobs = makeParallelFor(outer);
  ParallelFor overRows =
      makeParallelFor(llvm::divideCeil(settings.threads, outer));

  for (const WeightJob &job : jobs)
    if (!job.inputs.empty())
      settings.calibration->addUser(job.inputs);
  WeightFiles files;
  overJobs(jobs.size(), [&](int64_t index) {
    WeightJob &job = jobs[index];
    if (Result<void> done = run(job, settings, files, overRows); !done)
      job.error = done.takeError().message;
    if (!job.inputs.empty())
      settings.calibration->release(job.inputs);
    if (Progress *progress = settings.progress) {
      uint64_t work = job.source.getType().getNumElements();
      job.restored ? progress->skip(work) : progress->advance(work, job.name);
    }
  });
}
