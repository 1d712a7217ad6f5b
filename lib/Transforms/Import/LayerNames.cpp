//===- LayerNames.cpp - names for layers ----------------------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LayerNames.h"

#include "Roles.h"
#include "dialects/Zq/Zq.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MLProgram/IR/MLProgram.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace zq;

static std::string stripSuffix(StringRef name) {
  name.consume_back(".weight");
  return name.str();
}

static StringRef getNameOf(Location loc) {
  auto name = dyn_cast<NameLoc>(loc);
  return name ? name.getName().getValue() : StringRef();
}

/// What the weight is called in its file, or would be.
static StringRef getBoundName(Value root) {
  if (auto weight = root.getDefiningOp<WeightOp>())
    return weight.getTensor();
  if (auto load = root.getDefiningOp<ml_program::GlobalLoadConstOp>())
    return load.getGlobal().getLeafReference().getValue();
  auto argument = dyn_cast<BlockArgument>(root);
  if (!argument)
    return {};
  auto function = dyn_cast_if_present<FunctionOpInterface>(
      argument.getOwner()->getParentOp());
  if (!function || !argument.getOwner()->isEntryBlock())
    return {};
  auto name = function.getArgAttrOfType<StringAttr>(argument.getArgNumber(),
                                                    ZqDialect::kWeightAttrName);
  return name ? name.getValue() : StringRef();
}

static StringRef getResourceKey(Value root) {
  auto constant = root.getDefiningOp<arith::ConstantOp>();
  if (!constant)
    return {};
  auto resource = dyn_cast<DenseResourceElementsAttr>(constant.getValue());
  if (!resource)
    return {};
  // torch-mlir's keys say the shape and nothing else.
  StringRef key = resource.getRawHandle().getKey();
  return key.starts_with("torch_tensor_") ? StringRef() : key;
}

/// Empty where nothing says what the layer is called.
static std::string findName(LinearOp linear) {
  Value root = Origin::of(linear.getWeight()).root;
  for (StringRef name : {getBoundName(root), getNameOf(root.getLoc()),
                         getNameOf(linear.getLoc()), getResourceKey(root)})
    if (!name.empty())
      return stripSuffix(name);
  return "";
}

void zq::nameLayers(ModuleOp module) {
  SmallVector<LinearOp> unnamed;
  llvm::StringSet<> taken;
  module.walk([&](LinearOp linear) {
    if (linear.getName())
      taken.insert(*linear.getName());
    else
      unnamed.push_back(linear);
  });
  unsigned counter = 0;
  for (LinearOp linear : unnamed) {
    std::string found = findName(linear), name = found;
    if (found.empty())
      name = "linear" + std::to_string(counter++);
    for (unsigned i = 1; !taken.insert(name).second; ++i)
      name = found.empty() ? "linear" + std::to_string(counter++)
                           : found + "_" + std::to_string(i);
    linear.setName(name);
  }
}
