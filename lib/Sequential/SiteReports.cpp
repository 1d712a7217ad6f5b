//===- SiteReports.cpp - one report of those of all sites -----------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SiteReports.h"
#include "State.h"

#include "zq/Support/OutputFile.h"

#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"
#include <optional>

using namespace zq;
namespace json = llvm::json;

static std::optional<json::Object> readObject(const std::string &path) {
  auto buffer = llvm::MemoryBuffer::getFile(path);
  if (!buffer)
    return std::nullopt;
  llvm::Expected<json::Value> value = json::parse((*buffer)->getBuffer());
  if (!value) {
    llvm::consumeError(value.takeError());
    return std::nullopt;
  }
  if (json::Object *object = value->getAsObject())
    return std::move(*object);
  return std::nullopt;
}

/// Adds the numbers of `part` to those of `total`.
static void addTotals(json::Object &total, const json::Object &part) {
  for (const auto &[key, value] : part)
    if (std::optional<int64_t> number = value.getAsInteger()) {
      std::optional<int64_t> before = total.getInteger(key);
      total[key] = *number + before.value_or(0);
    }
}

Result<void> zq::mergeReports(const std::string &path,
                              const std::vector<std::string> &parts,
                              const std::vector<std::string> &outputs,
                              const SequentialOptions &options,
                              int64_t windows) {
  json::Object report, total;
  json::Array layers;
  for (const std::string &part : parts) {
    std::optional<json::Object> object = readObject(part);
    json::Array *these = object ? object->getArray("layers") : nullptr;
    if (!these)
      return Error{part + ": not a report"};
    for (json::Value &layer : *these)
      layers.push_back(std::move(layer));
    if (const json::Object *sums = object->getObject("total"))
      addTotals(total, *sums);
    object->erase("layers");
    object->erase("total");
    report = std::move(*object);
  }
  json::Object *calibration = report.getObject("calibration");
  if (!calibration) {
    report["calibration"] = json::Object();
    calibration = report.getObject("calibration");
  }
  calibration->erase("statistics"); // of one site
  (*calibration)["entry"] = options.entry;
  (*calibration)["windows"] = windows;
  (*calibration)["inputs"] = options.quantizedInputs ? "quantized" : "float";
  (*calibration)["input_targets"] = options.inputTargets;
  (*calibration)["residual_targets"] = options.residualTargets;
  (*calibration)["token_weights"] = options.tokenWeights;
  json::Array stages;
  for (const std::string &output : outputs) {
    std::optional<json::Object> object = readObject(output);
    if (!object)
      return Error{output + ": not the error of a stage"};
    stages.push_back(std::move(*object));
  }
  report["stages"] = std::move(stages);
  report["layers"] = std::move(layers);
  if (int64_t elements = total.getInteger("elements").value_or(0))
    total["bits_per_weight"] =
        double(total.getInteger("nominal_bits").value_or(0)) / elements;
  report["total"] = std::move(total);
  std::string text;
  llvm::raw_string_ostream(text)
      << llvm::formatv("{0:2}", json::Value(std::move(report))) << "\n";
  return writeFile(path, text);
}
