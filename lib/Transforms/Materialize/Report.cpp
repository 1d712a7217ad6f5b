//===- Report.cpp - what was measured for each layer ----------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Report.h"

#include "llvm/ADT/SmallPtrSet.h"
#include "llvm/Support/JSON.h"

#include <cmath>

using namespace zq;
using llvm::ArrayRef;
using llvm::StringRef;
using llvm::json::Value;

int64_t LayerRecord::getBytesBefore() const {
  return job->matrix.n * job->matrix.k * getSize(expressed);
}

int64_t LayerRecord::getBytesAfter() const {
  const QuantizedMatrix &matrix = job->matrix;
  int64_t groups = matrix.n * matrix.getNumGroups();
  int64_t bytes = matrix.n * matrix.getRowBytes();
  bytes += matrix.constraint == ScaleConstraint::Free ? groups * 4
                                                      : groups + matrix.n * 4;
  if (const FactorRequest *factors = getFactors())
    bytes += factors->rank * (matrix.n + matrix.k) * getSize(factors->type);
  return bytes;
}

/// What a format needs that keeps nothing twice: shifts of 4 bits (M2) or 6
/// (M3), 8 for a power of two (M1), 16 for a free scale, 32 for an anchor.
static int64_t getNominalBits(const LayerRecord &record, bool factorsAreE4M3) {
  const QuantizedMatrix &matrix = record.job->matrix;
  int64_t groups = matrix.n * matrix.getNumGroups();
  int64_t bits = matrix.n * matrix.k * getBitWidth(matrix.format);
  switch (matrix.constraint) {
  case ScaleConstraint::Free:
    bits += 16 * groups;
    break;
  case ScaleConstraint::M1:
    bits += 8 * groups;
    break;
  case ScaleConstraint::M2:
    bits += 4 * groups + 32 * matrix.n;
    break;
  case ScaleConstraint::M3:
    bits += 6 * groups + 32 * matrix.n;
    break;
  }
  if (const FactorRequest *factors = record.getFactors()) {
    int64_t width = factorsAreE4M3 ? 8 : 8 * getSize(factors->type);
    bits += factors->rank * (matrix.n + matrix.k) * width;
    bits += factorsAreE4M3 ? 2 * factors->rank * 8 : 0;
  }
  return bits;
}

/// JSON has no infinity: an error of 0 has an SQNR of null.
static Value getNumber(std::optional<double> number) {
  if (!number || !std::isfinite(*number))
    return nullptr;
  return *number;
}

static StringRef getName(FloatType type) {
  return type == FloatType::F32   ? "f32"
         : type == FloatType::F16 ? "f16"
                                  : "bf16";
}

static StringRef getName(ScaleConstraint constraint) {
  switch (constraint) {
  case ScaleConstraint::Free:
    return "free";
  case ScaleConstraint::M1:
    return "m1";
  case ScaleConstraint::M2:
    return "m2";
  case ScaleConstraint::M3:
    return "m3";
  }
  llvm_unreachable("unknown constraint");
}

static StringRef getName(ShiftRounding rounding) {
  switch (rounding) {
  case ShiftRounding::Ceil:
    return "ceil";
  case ShiftRounding::Floor:
    return "floor";
  case ShiftRounding::Nearest:
    return "nearest";
  case ShiftRounding::MSE:
    return "mse";
  }
  llvm_unreachable("unknown rounding");
}

static StringRef getFormatText(Format format) {
  std::string_view name = getFormatName(format);
  return StringRef(name.data(), name.size());
}

static void writeDecision(llvm::json::OStream &json,
                          const LayerRecord &record) {
  const QuantizeOptions &options = record.job->options;
  json.attribute("weight_format", getFormatText(options.format));
  std::optional<Format> activation = record.getRequest().activation;
  json.attribute("activation_format",
                 activation ? Value(getFormatText(*activation)) : nullptr);
  json.attribute("expressed", getName(record.expressed));
  json.attribute("group_size", options.group);
  json.attribute("constraint", getName(options.constraint));
  json.attribute("clip",
                 options.clip == ClipMethod::AbsMax ? "absmax" : "search");
  if (options.constraint != ScaleConstraint::Free) {
    json.attribute("rounding", getName(*options.shift));
    json.attribute("anchor_search", options.anchorSearch);
    json.attribute("max_shift", options.maxShift);
  }
  const FactorRequest *factors = record.getFactors();
  json.attribute("lorc_rank", factors ? factors->rank : 0);
  if (factors)
    json.attribute("lorc_type", getName(factors->type));
}

static void writeCalibration(llvm::json::OStream &json,
                             const Calibration &calibration) {
  const CalibrationSettings &settings = calibration.getSettings();
  const CalibrationOptions &options = settings.options;
  json.attribute("statistics", calibration.getFile().getPath());
  json.attribute("damping",
                 settings.damping.kind == Damping::Mean ? "mean" : "diagonal");
  json.attribute("damping_amount", settings.damping.amount);
  json.attribute("column_order", settings.order == ColumnOrder::Natural
                                     ? "natural"
                                     : "descending");
  json.attribute("group_scales", options.groupScales == GroupScales::Static
                                     ? "static"
                                     : "updated");
  json.attribute("scale_importance",
                 options.scaleImportance == ScaleImportance::Diagonal
                     ? "diagonal"
                     : "conditional");
  json.attribute("descent_passes", options.descent.passes);
  json.attribute("lorc_format", options.lowRank.format == FactorFormat::E4M3
                                    ? "e4m3"
                                    : "type");
  json.attribute("lorc_weighted", options.weightLowRank);
  json.attribute("lorc_rounds", options.lowRankRounds);
  json.attribute("target_strength", options.targetStrength);
}

/// How large the layer's inputs are: the bins of docs/statistics.md from the
/// first to the last that is not empty.
static void writeInputs(llvm::json::OStream &json, const WeightJob &job,
                        const StatisticsFile &statistics) {
  Result<std::vector<int64_t>> counts =
      statistics.loadHistogram(job.inputs, job.matrix.k);
  if (!counts || counts->empty())
    return;
  auto isUsed = [](int64_t count) { return count != 0; };
  auto first = llvm::find_if(*counts, isUsed);
  auto last = std::find_if(counts->rbegin(), counts->rend(), isUsed).base();
  json.attributeObject("input_histogram", [&] {
    json.attribute("first_bin", int64_t(first - counts->begin()));
    json.attributeArray("counts", [&] {
      for (int64_t count : llvm::make_range(first, last))
        json.value(count);
    });
  });
}

static void writeLayer(llvm::json::OStream &json, const LayerRecord &record,
                       const Calibration *calibration) {
  bool factorsAreE4M3 =
      calibration &&
      calibration->getSettings().options.lowRank.format == FactorFormat::E4M3;
  const QuantizedMatrix &matrix = record.job->matrix;
  const Measurement &measurement = *record.getMeasurement();
  json.attribute("name", llvm::json::fixUTF8(record.name));
  json.attribute("function", llvm::json::fixUTF8(record.function));
  json.attribute("n", matrix.n);
  json.attribute("k", matrix.k);
  writeDecision(json, record);
  json.attribute("sqnr_db", getNumber(matrix.getSQNR()));
  if (measurement.sqnrWithFactors)
    json.attribute("sqnr_lorc_db", getNumber(measurement.sqnrWithFactors));
  json.attribute("output_error", getNumber(measurement.outputError));
  if (measurement.calibrationError) {
    json.attribute("calibration_inputs", record.job->inputs);
    json.attribute("calibration_tokens", record.job->calibrationTokens);
    json.attribute("calibration_error",
                   getNumber(measurement.calibrationError));
    writeInputs(json, *record.job, calibration->getFile());
  }
  if (!record.job->steps.empty())
    json.attributeArray("steps", [&] {
      for (const CalibrationStep &step : record.job->steps)
        json.object([&] {
          json.attribute("name", step.name);
          json.attribute("calibration_error", getNumber(std::sqrt(step.error)));
        });
    });
  if (!record.job->gainsError.empty())
    json.attribute("gains", nullptr);
  else if (!record.job->gains.empty())
    json.attributeArray("gains", [&] {
      for (const ChainGain &gain : record.job->gains)
        json.object([&] {
          json.attribute("name", gain.name);
          json.attribute("error_before", getNumber(std::sqrt(gain.before)));
          json.attribute("error_after", getNumber(std::sqrt(gain.after)));
        });
    });
  json.attribute("groups", matrix.n * matrix.getNumGroups());
  json.attribute("zero_groups", matrix.zeroGroups);
  if (matrix.constraint != ScaleConstraint::Free) {
    json.attribute("clamped_groups", matrix.clampedGroups);
    json.attributeArray("shift_histogram", [&] {
      for (int64_t count : record.job->shiftHistogram)
        json.value(count);
    });
  }
  json.attribute("bytes_before", record.getBytesBefore());
  json.attribute("bytes_after", record.getBytesAfter());
  json.attribute("bits_per_weight",
                 double(getNominalBits(record, factorsAreE4M3)) /
                     double(std::max<int64_t>(1, matrix.n * matrix.k)));
}

std::string zq::formatReport(ArrayRef<LayerRecord> records,
                             const JobSettings &settings) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  llvm::json::OStream json(stream, /*IndentSize=*/2);
  json.object([&] {
    json.attribute("version", 1);
    const Calibration *calibration = settings.calibration;
    bool factorsAreE4M3 =
        calibration &&
        calibration->getSettings().options.lowRank.format == FactorFormat::E4M3;
    json.attribute("algorithm",
                   calibration && calibration->getSettings().options.gptq
                       ? "gptq"
                       : "rtn");
    if (calibration)
      json.attributeObject("calibration",
                           [&] { writeCalibration(json, *calibration); });
    json.attributeObject("probe", [&] {
      json.attribute("tokens", settings.probeTokens);
      json.attribute("values", "independent standard normal, fixed seed");
    });
    json.attributeArray("layers", [&] {
      for (const LayerRecord &record : records)
        json.object([&] { writeLayer(json, record, calibration); });
    });
    // A weight that several layers share counts once.
    llvm::SmallPtrSet<const WeightJob *, 16> counted;
    int64_t before = 0, after = 0, elements = 0, bits = 0;
    for (const LayerRecord &record : records) {
      if (!counted.insert(record.job).second)
        continue;
      before += record.getBytesBefore();
      after += record.getBytesAfter();
      elements += record.job->matrix.n * record.job->matrix.k;
      bits += getNominalBits(record, factorsAreE4M3);
    }
    json.attributeObject("total", [&] {
      json.attribute("layers", static_cast<int64_t>(records.size()));
      json.attribute("weights", static_cast<int64_t>(counted.size()));
      json.attribute("bytes_before", before);
      json.attribute("bytes_after", after);
      json.attribute("elements", elements);
      json.attribute("nominal_bits", bits);
    });
  });
  return text + "\n";
}
