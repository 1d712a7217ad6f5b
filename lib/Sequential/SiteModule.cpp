//===- SiteModule.cpp - the layers of a site by themselves ----------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SiteModule.h"

#include "zq/Transforms/EraseDead.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/IRMapping.h"
#include <cstring>

using namespace mlir;
using namespace zq;

/// Clones what computes `value` from nothing else.
static void cloneProducers(OpBuilder &builder, Value value,
                           IRMapping &mapping) {
  Operation *op = value.getDefiningOp();
  if (!op || mapping.contains(value))
    return;
  for (Value operand : op->getOperands())
    cloneProducers(builder, operand, mapping);
  builder.clone(*op, mapping);
}

/// The results of a layer's decisions, in the order in which a site's function
/// returns them.
static SmallVector<Value> getDecisionResults(SiteLayer layer) {
  SmallVector<Value> results(layer.decision->getResults());
  if (layer.lowRank)
    llvm::append_range(results, layer.lowRank->getResults());
  return results;
}

OwningOpRef<ModuleOp> zq::buildSiteModule(func::FuncOp function,
                                          const Site &site) {
  OpBuilder builder(function.getContext());
  Location loc = function.getLoc();
  OwningOpRef<ModuleOp> module = ModuleOp::create(builder.getUnknownLoc());
  builder.setInsertionPointToEnd(module->getBody());
  auto clone = func::FuncOp::create(
      builder, loc, function.getName(),
      builder.getFunctionType(site.activation->getResultTypes(), {}));
  Block *body = clone.addEntryBlock();
  builder.setInsertionPointToStart(body);
  IRMapping mapping;
  mapping.map(site.activation->getResults(), body->getArguments());
  SmallVector<Value> results;
  for (SiteLayer layer : site.layers) {
    for (Value value : getDecisionResults(layer)) {
      cloneProducers(builder, value, mapping);
      results.push_back(mapping.lookup(value));
    }
    // Of the linear only the formats count, which the report tells.
    auto linear =
        cast<QuantizedLinearOp>(builder.clone(*layer.linear, mapping));
    linear.getBiasMutable().clear();
    results.push_back(linear.getOutput());
  }
  func::ReturnOp::create(builder, loc, results);
  clone.setType(builder.getFunctionType(body->getArgumentTypes(),
                                        TypeRange(ValueRange(results))));
  return module;
}

FailureOr<SiteResults> zq::getSiteResults(ModuleOp module, const Site &site) {
  auto functions = module.getOps<func::FuncOp>();
  SmallVector<Value> returned;
  if (!functions.empty() && (*functions.begin()).getBody().hasOneBlock())
    returned = SmallVector<Value>(
        (*functions.begin()).front().getTerminator()->getOperands());
  auto next = returned.begin();
  SiteResults results;
  for (const SiteLayer &layer : site.layers) {
    for (Value value : getDecisionResults(layer)) {
      Operation *op = next == returned.end() ? nullptr : next->getDefiningOp();
      bool isComputed = isa_and_present<arith::ConstantOp>(op) ||
                        (isa_and_present<StorageCastOp>(op) &&
                         op->getOperand(0).getDefiningOp<arith::ConstantOp>());
      if (!isComputed || next->getType() != value.getType())
        return emitError(module.getLoc())
               << "has no quantized weights of layer '" << layer.name << "'";
      results[value] = *next++;
    }
    if (next != returned.end())
      ++next; // the linear
  }
  return results;
}

Result<Array> zq::getNumbers(Value value, DType dtype,
                             ArrayRef<int64_t> shape) {
  Operation *op = value.getDefiningOp();
  if (auto cast = dyn_cast<StorageCastOp>(op))
    op = cast.getStorage().getDefiningOp();
  Array array(dtype, std::vector<int64_t>(shape));
  ArrayRef<char> bytes;
  auto numbers = cast<arith::ConstantOp>(op).getValue();
  bool isSplat = false;
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(numbers)) {
    if (AsmResourceBlob *blob = resource.getRawHandle().getBlob())
      bytes = blob->getData();
  } else if (auto dense = dyn_cast<DenseElementsAttr>(numbers)) {
    bytes = dense.getRawData();
    isSplat = dense.isSplat();
  }
  size_t size = array.getNumBytes();
  if (isSplat && !bytes.empty() && size % bytes.size() == 0) {
    for (size_t at = 0; at < size; at += bytes.size())
      std::memcpy(array.data() + at, bytes.data(), bytes.size());
    return array;
  }
  if (bytes.size() != size)
    return Error{"a constant of " + std::to_string(bytes.size()) +
                 " bytes stands for " + array.getTypeText() + ", want " +
                 std::to_string(size)};
  if (size != 0)
    std::memcpy(array.data(), bytes.data(), size);
  return array;
}

void zq::replaceDecisions(const Site &site, const SiteResults &results) {
  for (SiteLayer layer : site.layers) {
    OpBuilder builder(layer.decision);
    IRMapping mapping;
    for (Value value : getDecisionResults(layer)) {
      cloneProducers(builder, results.at(value), mapping);
      value.replaceAllUsesWith(mapping.lookup(results.at(value)));
    }
    Value weight = layer.decision.getWeight();
    if (layer.lowRank)
      layer.lowRank->erase();
    layer.decision->erase();
    eraseDead(weight.getDefiningOp());
  }
}
