//===- ResultSummary.cpp - what a journal keeps of a result ---------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ResultSummary.h"

#include <cmath>
#include <limits>

using namespace zq;
namespace json = llvm::json;

/// JSON has no infinity, and `null` stands for no number.
static json::Value fromNumber(std::optional<double> number) {
  if (!number)
    return nullptr;
  if (!std::isfinite(*number))
    return "inf";
  return *number;
}

static std::optional<double> toNumber(const json::Value *value) {
  if (value && value->getAsString() == "inf")
    return std::numeric_limits<double>::infinity();
  return value ? value->getAsNumber() : std::nullopt;
}

json::Value zq::getSummary(const WeightJob &job) {
  const QuantizedMatrix &matrix = job.matrix;
  json::Array measurements, steps, gains;
  for (const Measurement &measurement : job.measurements)
    measurements.push_back(json::Object{
        {"sqnr", fromNumber(measurement.sqnrWithFactors)},
        {"output", fromNumber(measurement.outputError)},
        {"calibration", fromNumber(measurement.calibrationError)}});
  for (const CalibrationStep &step : job.steps)
    steps.push_back(
        json::Object{{"name", step.name}, {"error", fromNumber(step.error)}});
  for (const ChainGain &gain : job.gains)
    gains.push_back(json::Object{{"name", gain.name},
                                 {"before", fromNumber(gain.before)},
                                 {"after", fromNumber(gain.after)}});
  return json::Object{{"clamped", matrix.clampedGroups},
                      {"zero", matrix.zeroGroups},
                      {"signal", matrix.signalEnergy},
                      {"error", matrix.errorEnergy},
                      {"shifts", json::Array(job.shiftHistogram)},
                      {"tokens", job.calibrationTokens},
                      {"measurements", std::move(measurements)},
                      {"steps", std::move(steps)},
                      {"gains", std::move(gains)},
                      {"gainsError", job.gainsError}};
}

bool zq::readSummary(const json::Object &summary, WeightJob &job) {
  auto clamped = summary.getInteger("clamped");
  auto zero = summary.getInteger("zero");
  auto signal = summary.getNumber("signal"), error = summary.getNumber("error");
  auto tokens = summary.getInteger("tokens");
  const json::Array *shifts = summary.getArray("shifts");
  const json::Array *measurements = summary.getArray("measurements");
  const json::Array *steps = summary.getArray("steps");
  const json::Array *gains = summary.getArray("gains");
  auto gainsError = summary.getString("gainsError");
  if (!clamped || !zero || !signal || !error || !tokens || !shifts ||
      !measurements || !steps || !gains || !gainsError)
    return false;

  QuantizedMatrix &matrix = job.matrix;
  matrix.n = job.source.getType().getDimSize(0);
  matrix.k = job.source.getType().getDimSize(1);
  matrix.group = std::min(job.options.group, matrix.k);
  matrix.format = job.options.format;
  matrix.constraint = job.options.constraint;
  matrix.clampedGroups = *clamped;
  matrix.zeroGroups = *zero;
  matrix.signalEnergy = *signal;
  matrix.errorEnergy = *error;
  job.calibrationTokens = *tokens;
  job.gainsError = gainsError->str();
  for (const json::Value &count : *shifts)
    job.shiftHistogram.push_back(count.getAsInteger().value_or(0));
  for (const json::Value &value : *measurements) {
    Measurement &measurement = job.measurements.emplace_back();
    if (const json::Object *object = value.getAsObject())
      measurement = {toNumber(object->get("sqnr")),
                     toNumber(object->get("output")),
                     toNumber(object->get("calibration"))};
  }
  for (const json::Value &value : *steps)
    if (const json::Object *object = value.getAsObject())
      job.steps.push_back({object->getString("name").value_or("").str(),
                           toNumber(object->get("error")).value_or(0.0)});
  for (const json::Value &value : *gains)
    if (const json::Object *object = value.getAsObject())
      job.gains.push_back({object->getString("name").value_or("").str(),
                           toNumber(object->get("before")).value_or(0.0),
                           toNumber(object->get("after")).value_or(0.0)});
  return true;
}
