//===- Stages.cpp - a model as a line of calls ----------------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Stages.h"

#include "zq/Transforms/Compensation.h"
#include "zq/Transforms/Remarks.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace zq;

int64_t Site::getNumWeights() const {
  int64_t count = 0;
  for (SiteLayer layer : layers)
    count += layer.decision.getWeight().getType().getNumElements();
  return count;
}

//===----------------------------------------------------------------------===//
// The residual stream
//===----------------------------------------------------------------------===//

/// The other operand where `op` only adds `value` to something of its type.
static Value getOtherAddend(Operation *op, Value value) {
  Value lhs, rhs;
  if (auto add = dyn_cast<arith::AddFOp>(op)) {
    lhs = add.getLhs();
    rhs = add.getRhs();
  } else if (auto add = dyn_cast<linalg::AddOp>(op)) {
    lhs = add.getInputs()[0];
    rhs = add.getInputs()[1];
  } else if (auto generic = dyn_cast<linalg::GenericOp>(op)) {
    if (generic.getNumDpsInputs() != 2 || generic.getNumDpsInits() != 1 ||
        generic.getNumParallelLoops() != generic.getNumLoops() ||
        !llvm::all_of(generic.getIndexingMapsArray(),
                      [](AffineMap map) { return map.isIdentity(); }))
      return {};
    Block *body = generic.getBody();
    auto sum =
        body->getTerminator()->getOperand(0).getDefiningOp<arith::AddFOp>();
    auto adds = [&](Value a, Value b) {
      return sum && a == body->getArgument(0) && b == body->getArgument(1);
    };
    if (!adds(sum ? sum.getLhs() : Value(), sum ? sum.getRhs() : Value()) &&
        !adds(sum ? sum.getRhs() : Value(), sum ? sum.getLhs() : Value()))
      return {};
    lhs = generic.getDpsInputOperand(0)->get();
    rhs = generic.getDpsInputOperand(1)->get();
  } else {
    return {};
  }
  if (lhs.getType() != rhs.getType() || lhs == rhs)
    return {};
  return lhs == value ? rhs : lhs;
}

/// What the output of a layer of `n` outputs is added to, through reshapes that
/// leave its tokens as they are.
static Value findResidual(Value output, int64_t n) {
  while (output.hasOneUse()) {
    Operation *user = *output.user_begin();
    auto type = dyn_cast<RankedTensorType>(output.getType());
    if (!type || type.getRank() == 0 || type.getShape().back() != n)
      return {};
    if (isa<tensor::ExpandShapeOp, tensor::CollapseShapeOp>(user)) {
      output = user->getResult(0);
      continue;
    }
    return getOtherAddend(user, output);
  }
  return {};
}

/// Whether `value` is there once the layers of `earlier` are quantized.
static bool dependsOnlyOn(Value value,
                          const llvm::SmallPtrSetImpl<Operation *> &earlier) {
  llvm::SmallPtrSet<Operation *, 32> seen;
  SmallVector<Operation *> worklist;
  if (Operation *op = value.getDefiningOp())
    worklist.push_back(op);
  while (!worklist.empty()) {
    Operation *op = worklist.pop_back_val();
    if (!seen.insert(op).second)
      continue;
    if (isa<QuantizedLinearOp>(op) && !earlier.contains(op))
      return false;
    for (Value operand : op->getOperands())
      if (Operation *producer = operand.getDefiningOp())
        worklist.push_back(producer);
  }
  return true;
}

//===----------------------------------------------------------------------===//
// Sites
//===----------------------------------------------------------------------===//

namespace {
/// Finds the sites of all stages, and gives every layer a name of its own.
class SiteFinder {
public:
  FailureOr<std::vector<Site>> find(func::FuncOp function);

private:
  FailureOr<SiteLayer> makeLayer(QuantizedLinearOp op, func::FuncOp function);
  LogicalResult takeName(SiteLayer &layer, func::FuncOp function);

  llvm::StringMap<Operation *> names;
  llvm::DenseMap<Operation *, Operation *> linearOf;
};
} // namespace

LogicalResult SiteFinder::takeName(SiteLayer &layer, func::FuncOp function) {
  layer.name = getLayerName(layer.linear).str();
  if (layer.name.empty()) {
    size_t number = names.size();
    do
      layer.name = (function.getName() + ".linear" + Twine(number++)).str();
    while (names.contains(layer.name));
    auto name = StringAttr::get(function.getContext(), layer.name);
    layer.linear.setNameAttr(name);
  }
  auto [other, isNew] = names.try_emplace(layer.name, layer.linear);
  if (!isNew) {
    InFlightDiagnostic error = layer.linear.emitOpError()
                               << "is called '" << layer.name
                               << "', as another layer is: calibration keeps "
                                  "layers apart by their names";
    error.attachNote(other->second->getLoc()) << "the other layer";
    return error;
  }
  // The decision of a tied weight may have another layer's.
  auto name = layer.linear.getNameAttr();
  layer.decision.setNameAttr(name);
  if (layer.lowRank)
    layer.lowRank.setNameAttr(name);
  return success();
}

FailureOr<SiteLayer> SiteFinder::makeLayer(QuantizedLinearOp op,
                                           func::FuncOp function) {
  SiteLayer layer;
  layer.linear = op;
  layer.decision = op.getWeight().getDefiningOp<QuantizeWeightOp>();
  if (!layer.decision)
    return op.emitOpError("is quantized already: layer-by-layer calibration "
                          "starts from the float model");
  if (op->getBlock() != &function.front())
    return op.emitOpError("is inside of another operation: layer-by-layer "
                          "calibration wants layers in the function itself");
  if (!op.getInput().getDefiningOp<QuantizeActivationOp>())
    return op.emitOpError("has an input that no zq.quantize_activation makes: "
                          "its float input is not known");
  auto [other, isNew] = linearOf.try_emplace(layer.decision, op);
  if (!isNew) {
    InFlightDiagnostic error =
        op.emitOpError("shares its quantized weight with another layer: "
                       "calibration wants one for each");
    error.attachNote(other->second->getLoc()) << "the other layer";
    return error;
  }
  for (Operation *user : layer.decision.getQuantized().getUsers())
    if (auto lowRank = dyn_cast<LowRankOp>(user))
      layer.lowRank = lowRank;
  if (failed(takeName(layer, function)))
    return failure();
  return layer;
}

FailureOr<std::vector<Site>> SiteFinder::find(func::FuncOp function) {
  llvm::MapVector<Operation *, Site> sites;
  WalkResult walked = function.walk([&](QuantizedLinearOp op) {
    if (op.getResidual()) {
      op.emitOpError("has a residual: layer-by-layer calibration wants the add "
                     "by itself; calibrate before zq-fuse-residual");
      return WalkResult::interrupt();
    }
    // Only its activations are quantized.
    if (isa<Float32Type, Float16Type, BFloat16Type>(
            op.getWeight().getType().getElementType()))
      return WalkResult::advance();
    FailureOr<SiteLayer> layer = makeLayer(op, function);
    if (failed(layer))
      return WalkResult::interrupt();
    auto activation = op.getInput().getDefiningOp<QuantizeActivationOp>();
    Site &site = sites[activation];
    site.activation = activation;
    site.layers.push_back(std::move(*layer));
    return WalkResult::advance();
  });
  if (walked.wasInterrupted())
    return failure();

  // A layer's residual must not wait for the layer itself, or for later ones.
  std::vector<Site> result;
  llvm::SmallPtrSet<Operation *, 16> earlier;
  for (auto &[activation, site] : sites) {
    for (SiteLayer &layer : site.layers) {
      Value output = layer.linear.getOutput();
      if (layer.lowRank)
        if (std::optional<Compensation> sum = findCompensation(layer.linear))
          output = sum->sum->getResult(0);
      layer.residual = findResidual(
          output, layer.decision.getWeight().getType().getDimSize(0));
      if (layer.residual && !dependsOnlyOn(layer.residual, earlier))
        layer.residual = {};
    }
    for (SiteLayer &layer : site.layers)
      earlier.insert(layer.linear);
    result.push_back(std::move(site));
  }
  return result;
}

//===----------------------------------------------------------------------===//
// Stages
//===----------------------------------------------------------------------===//

static LogicalResult checkFunction(func::FuncOp function) {
  if (!function.getBody().hasOneBlock())
    return function.emitOpError(
        "has branches: layer-by-layer calibration wants a single block");
  WalkResult walked = function.walk([&](CallOpInterface call) {
    call->emitOpError("is a call inside of @")
        << function.getName()
        << ", which the entry calls: inline it (--inline)";
    return WalkResult::interrupt();
  });
  return failure(walked.wasInterrupted());
}

/// The calls of the entry. What else is there may not depend on them.
static FailureOr<std::vector<Stage>> findCalls(ModuleOp module,
                                               func::FuncOp entry) {
  std::vector<Stage> stages;
  if (entry.front().getOps<func::CallOp>().empty())
    return stages;
  llvm::SmallPtrSet<Operation *, 32> called;
  llvm::DenseSet<Value> streams;
  for (BlockArgument argument : entry.getArguments())
    streams.insert(argument);
  for (Operation &op : entry.front().without_terminator()) {
    auto call = dyn_cast<func::CallOp>(op);
    if (!call) {
      bool reads = false;
      op.walk([&](Operation *inner) {
        reads |= llvm::any_of(inner->getOperands(), [&](Value operand) {
          return streams.contains(operand);
        });
      });
      if (reads)
        return op.emitOpError("computes between the calls of @")
               << entry.getName()
               << ": layer-by-layer calibration walks calls in a straight "
                  "line; put it into one of the functions that are called";
      continue;
    }
    auto function = module.lookupSymbol<func::FuncOp>(call.getCallee());
    if (!function || function.isExternal())
      return call.emitOpError("calls @")
             << call.getCallee() << ", which has no body in the module";
    if (!called.insert(function).second)
      return call.emitOpError("calls @")
             << call.getCallee()
             << " once more: one set of weights cannot be calibrated for two "
                "places";
    if (failed(checkFunction(function)))
      return failure();
    stages.push_back({function,
                      SmallVector<Value>(call.getOperands()),
                      SmallVector<Value>(call.getResults()),
                      {}});
    streams.insert(call->result_begin(), call->result_end());
  }
  return stages;
}

/// No data reaches a layer outside of the stages.
static LogicalResult checkAllReached(ModuleOp module, ArrayRef<Stage> stages) {
  llvm::SmallPtrSet<Operation *, 32> reached;
  for (const Stage &stage : stages)
    for (const Site &site : stage.sites)
      for (const SiteLayer &layer : site.layers)
        reached.insert(layer.decision);
  WalkResult walked = module.walk([&](QuantizeWeightOp op) {
    if (reached.contains(op))
      return WalkResult::advance();
    StringRef name = getLayerName(op);
    op.emitOpError("of layer '")
        << name << "' is not reached from the entry: leave the layer in float, "
        << "as by --rules=\"" << (name.empty() ? "*" : name) << "=skip\"";
    return WalkResult::interrupt();
  });
  return failure(walked.wasInterrupted());
}

FailureOr<std::vector<Stage>> zq::findStages(ModuleOp module, StringRef entry) {
  auto function = module.lookupSymbol<func::FuncOp>(entry);
  if (!function || function.isExternal())
    return emitError(module.getLoc())
           << "has no function @" << entry
           << " with a body; --entry says which to calibrate";
  if (!function.getBody().hasOneBlock())
    return function.emitOpError(
        "has branches: layer-by-layer calibration wants a single block");
  FailureOr<std::vector<Stage>> stages = findCalls(module, function);
  if (failed(stages))
    return failure();
  if (stages->empty())
    stages->push_back({function,
                       SmallVector<Value>(function.getArguments().begin(),
                                          function.getArguments().end()),
                       {},
                       {}});
  SiteFinder finder;
  for (Stage &stage : *stages) {
    FailureOr<std::vector<Site>> sites = finder.find(stage.function);
    if (failed(sites))
      return failure();
    stage.sites = std::move(*sites);
  }
  if (failed(checkAllReached(module, *stages)))
    return failure();
  return stages;
}
