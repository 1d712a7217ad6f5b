//===- WeightQuantizer.cpp - how quantized weights are found --------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "zq/Quantization/WeightQuantizer.h"

using namespace zq;

std::optional<ClipMethod> zq::parseClipMethod(std::string_view name) {
  if (name == "absmax")
    return ClipMethod::AbsMax;
  if (name == "search")
    return ClipMethod::Search;
  return std::nullopt;
}

std::optional<ShiftRounding> zq::parseShiftRounding(std::string_view name) {
  if (name == "ceil")
    return ShiftRounding::Ceil;
  if (name == "floor")
    return ShiftRounding::Floor;
  if (name == "nearest")
    return ShiftRounding::Nearest;
  if (name == "mse")
    return ShiftRounding::MSE;
  return std::nullopt;
}

std::unique_ptr<WeightQuantizer>
zq::createWeightQuantizer(std::string_view name) {
  if (name == "rtn")
    return std::make_unique<RoundToNearest>();
  return nullptr;
}
