//===- ModuleDescription.cpp - what a compiled module holds ---------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "zq/Runtime/ModuleDescription.h"

#include <algorithm>

using namespace zq;
using namespace zq::runtime;

static constexpr std::string_view kElementTypes[] = {"bf16", "f16", "f32"};

std::string_view runtime::getElementTypeName(ElementType type) {
  return kElementTypes[static_cast<size_t>(type)];
}

std::optional<ElementType> runtime::parseElementType(std::string_view name) {
  for (size_t i = 0; i != std::size(kElementTypes); ++i)
    if (kElementTypes[i] == name)
      return static_cast<ElementType>(i);
  return std::nullopt;
}

int64_t Grid::getSize(int64_t m, int64_t sms) const {
  int64_t size = ctas;
  if (tokens != 0)
    size *= (m + tokens - 1) / tokens;
  if (perSm != 0)
    size = std::min(size, perSm * sms);
  return size;
}

int64_t Launch::getCtas(int64_t m, int64_t sms) const {
  int64_t ctas = grid.getSize(m, sms);
  if (cluster == 1 || grid.perSm == 0)
    return ctas;
  // A cluster is of one GPC: larger ones leave some of its 16 or 18
  // multiprocessors idle, an eighth at most.
  int64_t most = grid.perSm * (cluster == 2 ? sms : sms * 7 / 8);
  return std::max(std::min(ctas, most) / cluster, int64_t(1)) * cluster;
}

const Variant *Linear::getVariant(int64_t m) const {
  for (const Variant &variant : variants)
    if (variant.first <= m && m <= variant.last)
      return &variant;
  return nullptr;
}
