//===- LinearParts.cpp - a quantized linear, taken apart ------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LinearParts.h"

#include "zq/Numerics/TileLayout.h"
#include "zq/Transforms/Compensation.h"

#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace zq;

static ElementsAttr getConstant(Value value) {
  ElementsAttr elements;
  if (value && matchPattern(value, m_Constant(&elements)))
    return elements;
  return {};
}

/// A constant, or a tensor of a file as a resource that is mapped. Null where
/// it is neither, or the file is not as it should be, which is reported.
static ElementsAttr getConstant(Value value, LinearParts::Files &files) {
  auto weight = value.getDefiningOp<WeightOp>();
  if (!weight)
    return getConstant(value);
  FailureOr<DenseResourceElementsAttr> resource = files.resources.get(weight);
  files.failed |= failed(resource);
  return succeeded(resource) ? ElementsAttr(*resource) : ElementsAttr();
}

/// Why the weight is nothing that kernels take, if so.
static std::optional<LinearParts::Reason> checkWeight(QuantizedLinearOp op) {
  Type element = op.getWeight().getType().getElementType();
  auto refuse = [](Type type, StringRef what) {
    std::string name;
    llvm::raw_string_ostream(name) << type;
    return LinearParts::Reason{"its weight is " + name +
                                   ", which is refused on Hopper: kernels " +
                                   "expand 4-bit codes; " + what.str() +
                                   ", or run the layer on the CPU",
                               true};
  };
  if (isa<mlir::FloatType>(element) && element.getIntOrFloatBitWidth() > 8)
    return refuse(element, "quantize it as well (weight-format)");
  if (auto quantized = dyn_cast<QuantizedType>(element)) {
    if (!isFourBit(*zq::getFormat(quantized.getFormat())))
      return refuse(quantized.getFormat(),
                    "quantize it to e2m1 (weight-format)");
    if (isa<FreeScaleAttr>(quantized.getScale()))
      return LinearParts::Reason{
          "its scales are free, which is refused on Hopper: run "
          "zq-constrain-scales before zq-materialize-weights, or run the layer "
          "on the CPU",
          true};
    return LinearParts::Reason{
        "its scales are not folded: run zq-fold-scales, whose remarks say why "
        "it leaves a layer",
        true};
  }
  if (!isa<Float8E4M3FNType>(element))
    return LinearParts::Reason{
        "its weight is " +
            std::string(isa<Float8E5M2Type>(element) ? "f8E5M2" : "not FP8") +
            ", wanted f8E4M3FN",
        false};
  return std::nullopt;
}

/// Takes a low-rank compensation with constant factors into `parts`.
static void findLowRank(LinearParts &parts, LinearParts::Files &files) {
  std::optional<Compensation> compensation = findCompensation(parts.op);
  if (!compensation)
    return;
  ElementsAttr down = getConstant(compensation->down.getWeight(), files);
  ElementsAttr up = getConstant(compensation->up.getWeight(), files);
  if (!down || !up)
    return;
  parts.down = down;
  parts.up = up;
  parts.output = compensation->sum->getResult(0);
}

std::optional<LinearParts::Reason>
LinearParts::find(QuantizedLinearOp op, Files &files, LinearParts &parts) {
  auto leave = [](std::string text) { return Reason{std::move(text), false}; };
  auto refuse = [](std::string text) { return Reason{std::move(text), true}; };
  if (op.getInput().getType().getElementType().isInteger(8))
    return refuse("its activations are INT8, which is refused on Hopper: wgmma "
                  "multiplies FP8 by FP8 only; quantize them to e4m3 or e5m2, "
                  "or run the layer on the CPU");
  if (std::optional<Reason> reason = checkWeight(op))
    return reason;

  parts = {};
  parts.op = op;
  parts.n = op.getWeight().getType().getDimSize(0);
  parts.k = op.getWeight().getType().getDimSize(1);
  parts.shiftCast = op.getWeight().getDefiningOp<ShiftCastOp>();
  if (!parts.shiftCast)
    return leave("its weight is no zq.shift_cast");
  parts.weightType = cast<QuantizedType>(
      parts.shiftCast.getQuantized().getType().getElementType());
  auto storage = parts.shiftCast.getQuantized().getDefiningOp<StorageCastOp>();
  parts.codes =
      storage ? getConstant(storage.getStorage(), files) : ElementsAttr();
  if (!parts.codes)
    return leave("its codes are no constant: run zq-materialize-weights");
  parts.shifts = getConstant(parts.shiftCast.getShifts(), files);
  parts.rowScale = getConstant(op.getScales()[0]);
  if (!parts.shifts || !parts.rowScale)
    return leave("its scales are no constants");
  int64_t group = parts.weightType.getGroupSize();
  if (!TileLayout{parts.n, parts.k, group}.isSupported())
    return refuse("its groups have " + std::to_string(group) +
                  " elements, which is refused on Hopper: wanted a multiple of "
                  "32, or one group for a row");

  auto quantize = op.getInput().getDefiningOp<QuantizeActivationOp>();
  if (!quantize || op.getInputScale() != quantize.getScale())
    return leave("its activations are not quantized by zq.quantize_activation");
  parts.quantize = quantize;
  if (op.getBias()) {
    Result<ElementsAttr> bias = readConstant(op.getBias(), files.floats);
    if (!bias)
      return leave("its bias is not known: " + bias.message());
    parts.bias = *bias;
  }
  parts.output = op.getOutput();
  findLowRank(parts, files);
  return std::nullopt;
}
