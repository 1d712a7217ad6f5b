//===- WeightJob.cpp - compute the quantized form of weights --------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "WeightJob.h"

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

  Result<QuantizedMatrix> matrix =
      settings.quantizer->quantize(*view, job.options, parallelFor);
  if (!matrix)
    return matrix.takeError();
  job.matrix = std::move(*matrix);
  if (Result<void> done = computeFactors(job, *view, parallelFor); !done)
    return done;
  if (settings.measure)
    if (Result<void> done =
            measure(job, *view, settings.probeTokens, parallelFor);
        !done)
      return done;

  std::vector<uint8_t> codes = std::move(job.matrix.codes);
  job.codes = HeapAsmResourceBlob::allocateAndCopyWithAlign(
      ArrayRef<char>(reinterpret_cast<const char *>(codes.data()),
                     codes.size()),
      kCodeAlignment, /*dataIsMutable=*/false);
  return {};
}

/// Bytes that a job holds while it runs: an error matrix for the SVD and what
/// it is multiplied with, or a copy of a weight that has no view, and codes.
static int64_t getWorkingBytes(const WeightJob &job) {
  ArrayRef<int64_t> shape = job.source.getType().getShape();
  int64_t elements = shape[0] * shape[1];
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

  WeightFiles files;
  overJobs(jobs.size(), [&](int64_t index) {
    WeightJob &job = jobs[index];
    if (Result<void> done = run(job, settings, files, overRows); !done)
      job.error = done.takeError().message;
  });
}
