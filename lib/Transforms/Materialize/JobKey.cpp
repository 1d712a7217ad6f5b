//===- JobKey.cpp - what a result depends on ------------------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "JobKey.h"

#include "zq/Quantization/Revision.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/xxhash.h"

using namespace zq;
using llvm::ArrayRef;

template <typename T>
static ArrayRef<uint8_t> asBytes(const T *data, size_t n) {
  return {reinterpret_cast<const uint8_t *>(data), n * sizeof(T)};
}

void WeightHash::add(int64_t begin, int64_t end) {
  std::vector<float> values;
  for (int64_t row = begin; row < end; ++row) {
    if (view.columnStride == 1) {
      const auto *data = static_cast<const uint8_t *>(view.data);
      int64_t size = getSize(view.type);
      rows[row] = llvm::xxh3_64bits(
          ArrayRef(data + row * view.rowStride * size, view.k * size));
    } else {
      values.resize(view.k);
      view.loadRow(row, values.data());
      rows[row] = llvm::xxh3_64bits(asBytes(values.data(), values.size()));
    }
  }
}

void WeightHash::addAll(const ParallelFor &parallelFor) {
  constexpr int64_t blockRows = 64;
  parallelFor(llvm::divideCeil(view.n, blockRows), [&](int64_t block) {
    add(block * blockRows, std::min(view.n, (block + 1) * blockRows));
  });
}

uint64_t WeightHash::get() const {
  return llvm::xxh3_64bits(asBytes(rows.data(), rows.size()));
}

static void describeCalibration(llvm::raw_ostream &text, const WeightJob &job,
                                const Calibration &calibration) {
  const CalibrationSettings &settings = calibration.getSettings();
  const CalibrationOptions &options = settings.options;
  text << " inputs=" << job.inputs << " layer=" << job.layer
       << " damping=" << int(settings.damping.kind) << ','
       << llvm::bit_cast<uint64_t>(settings.damping.amount)
       << " order=" << int(settings.order) << " gptq=" << options.gptq
       << " weightScales=" << options.weightScales
       << " importance=" << int(options.scaleImportance)
       << " groupScales=" << int(options.groupScales)
       << " descent=" << options.descent.passes << ','
       << options.descent.refitScales
       << " target=" << llvm::bit_cast<uint64_t>(options.targetStrength)
       << " lorc=" << options.weightLowRank << ',' << options.lowRankRounds
       << ',' << int(options.lowRank.format) << " steps=" << options.reportSteps
       << " statistics=";
  for (const TensorView *tensor :
       calibration.getFile().getTensors(job.inputs, job.layer))
    text << tensor->name << ':'
         << llvm::xxh3_64bits(asBytes(tensor->data, tensor->size)) << ',';
}

std::string zq::getJobKey(const WeightJob &job, const WeightView &view,
                          const WeightHash &hash, const JobSettings &settings) {
  std::string description;
  llvm::raw_string_ostream text(description);
  text << "zq " ZQ_VERSION " algorithms=" << kAlgorithmRevision << ' '
       << job.typeText << ' ' << job.decisionText;
  for (const FactorRequest &request : job.factorRequests)
    text << " factors=" << request.rank << ',' << int(request.type);
  if (settings.measure) {
    text << " probe=" << settings.probeTokens
         << " gains=" << settings.measureGains;
    for (const MeasureRequest &request : job.measureRequests)
      text << " measure="
           << (request.activation ? int(*request.activation) : -1) << ','
           << request.factors;
  }
  if (!job.inputs.empty())
    describeCalibration(text, job, *settings.calibration);
  text << " weight=" << view.n << 'x' << view.k << ',' << int(view.type) << ','
       << hash.get();
  llvm::XXH128_hash_t key =
      llvm::xxh3_128bits(asBytes(description.data(), description.size()));
  return llvm::utohexstr(key.high64, true, 16) +
         llvm::utohexstr(key.low64, true, 16);
}
