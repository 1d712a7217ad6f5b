//===- InsertObservers.cpp - let calibration see inputs of layers ---------===//
//
// Whoever runs the module on the CPU gets to see what each layer is given, and
// writes the statistics that zq-materialize-weights reads.
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Zq/Zq.h"
#include "zq/Transforms/Calibrate/Passes.h"
#include "zq/Transforms/Remarks.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"

namespace zq {
#define GEN_PASS_DEF_INSERTOBSERVERSPASS
#include "zq/Transforms/Calibrate/Passes.h.inc"
} // namespace zq

using namespace mlir;
using namespace zq;

namespace {
struct InsertObserversPass
    : public zq::impl::InsertObserversPassBase<InsertObserversPass> {
  using InsertObserversPassBase::InsertObserversPassBase;

  void runOnOperation() override {
    observed.clear();
    named.clear();
    readers.clear();
    getOperation().walk([&](ObserveOp op) {
      for (StringRef name : op.getLayers().getAsValueRange<StringAttr>())
        observed.insert(name);
    });
    WalkResult result = getOperation().walk([&](Operation *op) {
      if (auto linear = dyn_cast<LinearOp>(op))
        return WalkResult(add(op, linear.getInput()));
      if (auto linear = dyn_cast<QuantizedLinearOp>(op))
        return WalkResult(add(op, findFloatInput(linear)));
      return WalkResult::advance();
    });
    if (result.wasInterrupted())
      return signalPassFailure();

    for (auto &[key, layers] : readers)
      insertObserver(key.second, layers);
  }

private:
  /// Null where the activations come from elsewhere.
  static Value findFloatInput(QuantizedLinearOp linear) {
    auto quantize = linear.getInput().getDefiningOp<QuantizeActivationOp>();
    return quantize ? quantize.getInput() : Value();
  }

  LogicalResult add(Operation *layer, Value input) {
    StringRef name = getLayerName(layer);
    if (name.empty()) {
      remarkMissed(layer, getArgument())
          << remark::reason("it has no name to keep its statistics by");
      return success();
    }
    if (observed.contains(name)) {
      remarkMissed(layer, getArgument())
          << remark::reason("it is observed already");
      return success();
    }
    if (!input) {
      remarkMissed(layer, getArgument()) << remark::reason(
          "its activations are not quantized beside it, and their float values "
          "are not known");
      return success();
    }
    auto [found, isNew] = named.try_emplace(name, layer);
    if (!isNew) {
      InFlightDiagnostic error =
          layer->emitOpError("is called '")
          << name << "' as another layer is: statistics are kept by name, give "
          << "each its own";
      error.attachNote(found->second->getLoc()) << "the other layer is here";
      return error;
    }
    // In each block by itself: a branch that is not taken reads nothing.
    readers[{layer->getBlock(), input}].push_back(layer);
    return success();
  }

  void insertObserver(Value input, ArrayRef<Operation *> layers) {
    SmallVector<StringRef> names = llvm::map_to_vector(layers, getLayerName);
    OpBuilder builder(layers[0]);
    ObserveOp::create(builder, layers[0]->getLoc(), input,
                      builder.getStrArrayAttr(names));
    ++numObservers;
    numLayers += layers.size();
    for (Operation *layer : layers)
      remarkPassed(layer, getArgument());
  }

  llvm::StringSet<> observed;
  llvm::StringMap<Operation *> named;
  llvm::MapVector<std::pair<Block *, Value>, SmallVector<Operation *>> readers;
};
} // namespace
