//===- WeightSource.cpp - where a weight's numbers are --------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "zq/Transforms/WeightSource.h"

#include "ElementMove.h"
#include "dialects/Zq/Zq.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MLProgram/IR/MLProgram.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

using namespace mlir;
using namespace zq;

//===----------------------------------------------------------------------===//
// WeightLayout
//===----------------------------------------------------------------------===//

WeightLayout WeightLayout::rowMajor(ArrayRef<int64_t> shape) {
  WeightLayout layout;
  layout.dimensions.resize(shape.size());
  int64_t stride = 1;
  for (size_t i = shape.size(); i-- > 0;) {
    layout.dimensions[i] = {{shape[i], stride}};
    stride *= shape[i];
  }
  return layout;
}

/// Takes `size` elements from the inner end of `pieces`, splitting one where
/// its size is a multiple of what is left to take.
static std::optional<WeightLayout::Dimension>
takeInner(WeightLayout::Dimension &pieces, int64_t size) {
  WeightLayout::Dimension taken;
  while (size > 1) {
    if (pieces.empty())
      return std::nullopt;
    WeightLayout::Piece &inner = pieces.back();
    if (size % inner.size == 0) {
      size /= inner.size;
      taken.insert(taken.begin(), inner);
      pieces.pop_back();
    } else if (inner.size % size == 0) {
      taken.insert(taken.begin(), {size, inner.stride});
      inner = {inner.size / size, inner.stride * size};
      size = 1;
    } else {
      return std::nullopt;
    }
  }
  return taken;
}

/// Drops pieces of size 1 and joins those that one stride can walk.
static WeightLayout::Dimension simplify(const WeightLayout::Dimension &pieces) {
  WeightLayout::Dimension result;
  for (WeightLayout::Piece piece : pieces) {
    if (piece.size == 1)
      continue;
    if (!result.empty() && result.back().stride == piece.size * piece.stride)
      result.back() = {result.back().size * piece.size, piece.stride};
    else
      result.push_back(piece);
  }
  return result;
}

std::optional<WeightLayout>
WeightLayout::reshape(ArrayRef<int64_t> shape) const {
  Dimension all;
  for (const Dimension &dimension : dimensions)
    all.append(dimension.begin(), dimension.end());
  all = simplify(all);
  WeightLayout result;
  result.offset = offset;
  result.dimensions.resize(shape.size());
  for (size_t i = shape.size(); i-- > 0;) {
    std::optional<Dimension> taken = takeInner(all, shape[i]);
    if (!taken)
      return std::nullopt;
    result.dimensions[i] = simplify(*taken);
    if (result.dimensions[i].empty())
      result.dimensions[i] = {{1, 0}};
  }
  return result;
}

//===----------------------------------------------------------------------===//
// WeightSource
//===----------------------------------------------------------------------===//

static Error makeError(const Twine &message) { return Error{message.str()}; }

template <typename T> static std::string toText(T thing) {
  std::string text;
  llvm::raw_string_ostream(text) << thing;
  return text;
}

/// The names of what computes a value, for messages.
static std::string describe(Value value) {
  if (Operation *op = value.getDefiningOp())
    return "is computed by '" + op->getName().getStringRef().str() + "'";
  auto argument = cast<BlockArgument>(value);
  std::string text = "is argument " + std::to_string(argument.getArgNumber());
  Operation *parent = argument.getOwner()->getParentOp();
  auto function = dyn_cast_if_present<FunctionOpInterface>(parent);
  if (function && !argument.getOwner()->isEntryBlock())
    return text + " of a block of @" + function.getName().str();
  if (function) {
    std::string name = function.getName().str();
    bool isMarked = isa_and_present<StringAttr>(function.getArgAttr(
        argument.getArgNumber(), ZqDialect::kWeightAttrName));
    return text + " of @" + name +
           ", whose value is not known here; zq-bind-weights binds it to a "
           "file (in zq-quantize and zq-compile: weights=FILE" +
           (isMarked ? ")"
                     : " and weight-names=" + name + ":" +
                           std::to_string(argument.getArgNumber()) +
                           "=TENSOR, or the argument's attribute zq.weight)");
  }
  if (parent)
    text += " of '" + parent->getName().getStringRef().str() + "'";
  return text;
}

Result<WeightSource> WeightSource::resolve(Value value) {
  WeightSource source;
  if (Result<void> found = source.follow(value); !found)
    return found.takeError();
  source.type = cast<RankedTensorType>(value.getType());
  return source;
}

/// Numbers that lie in memory as they are.
static bool hasBytes(Attribute value) {
  return isa_and_present<DenseElementsAttr, DenseResourceElementsAttr>(value);
}

/// Sees the layout of a transposed, broadcast or only converted tensor through
/// an op that yields elements of its one input. `linalg.transpose`,
/// `linalg.broadcast` and `linalg.copy` are of this kind, too.
static void followElements(linalg::LinalgOp op, WeightLayout &layout,
                           SmallVectorImpl<Type> &roundings) {
  AffineMap in = op.getIndexingMapsArray()[0];
  AffineMap out = op.getIndexingMapsArray()[1];
  SmallVector<int64_t, 4> loops = op.getStaticLoopRanges();
  SmallVector<WeightLayout::Dimension> dimensionOf(loops.size());
  // What no loop indexes is at index 0.
  for (auto [expr, dimension] :
       llvm::zip_equal(in.getResults(), layout.dimensions))
    if (auto dim = dyn_cast<AffineDimExpr>(expr))
      dimensionOf[dim.getPosition()] = dimension;
  layout.dimensions.clear();
  for (AffineExpr expr : out.getResults()) {
    unsigned loop = cast<AffineDimExpr>(expr).getPosition();
    if (dimensionOf[loop].empty()) // a broadcast
      dimensionOf[loop] = {{loops[loop], 0}};
    layout.dimensions.push_back(dimensionOf[loop]);
  }
  for (Operation &inner : op.getBlock()->without_terminator())
    if (isa<arith::TruncFOp>(inner))
      roundings.push_back(inner.getResult(0).getType());
}

/// Restricts the layout to what a slice takes.
static Result<void> followSlice(tensor::ExtractSliceOp slice,
                                WeightLayout &layout) {
  llvm::SmallBitVector dropped = slice.getDroppedDims();
  SmallVector<WeightLayout::Dimension, 4> dimensions;
  for (auto [i, dimension] : llvm::enumerate(layout.dimensions)) {
    int64_t offset = slice.getStaticOffsets()[i];
    int64_t size = slice.getStaticSizes()[i];
    int64_t step = slice.getStaticStrides()[i];
    if (ShapedType::isDynamic(offset) || ShapedType::isDynamic(size) ||
        ShapedType::isDynamic(step))
      return makeError("goes through a slice that is not static");
    int64_t whole = 1;
    for (WeightLayout::Piece piece : dimension)
      whole *= piece.size;
    if (offset != 0 || size != whole || step != 1) {
      if (dimension.size() != 1)
        return makeError("goes through a slice of a collapsed dimension");
      layout.offset += offset * dimension[0].stride;
      dimension = {{size, dimension[0].stride * step}};
    }
    if (!dropped.test(i))
      dimensions.push_back(dimension);
  }
  layout.dimensions = std::move(dimensions);
  return {};
}

Result<void> WeightSource::follow(Value value) {
  auto valueType = dyn_cast<RankedTensorType>(value.getType());
  if (!valueType || !valueType.hasStaticShape())
    return makeError("is " + toText(value.getType()) +
                     ", wanted a tensor of static shape");
  if (!isa<Float16Type, BFloat16Type, Float32Type>(valueType.getElementType()))
    return makeError("has elements of " + toText(valueType.getElementType()) +
                     ", wanted f16, bf16 or f32");
  if (valueType.getNumElements() == 0)
    return makeError("is " + toText(valueType) + ", which has no elements");
  Operation *producer = value.getDefiningOp();
  if (!producer)
    return makeError(describe(value));

  if (isa<arith::ConstantOp, WeightOp>(producer)) {
    op = producer;
    if (auto constant = dyn_cast<arith::ConstantOp>(producer)) {
      if (!hasBytes(constant.getValue()))
        return makeError("is a constant that is neither dense nor "
                         "dense_resource");
      numbers = cast<ElementsAttr>(constant.getValue());
    }
    layout = WeightLayout::rowMajor(valueType.getShape());
    return {};
  }
  if (auto load = dyn_cast<ml_program::GlobalLoadConstOp>(producer)) {
    auto global = SymbolTable::lookupNearestSymbolFrom<ml_program::GlobalOp>(
        load, load.getGlobalAttr());
    auto value = global
                     ? dyn_cast_if_present<ElementsAttr>(global.getValueAttr())
                     : ElementsAttr();
    std::string name = load.getGlobal().getLeafReference().str();
    if (!value)
      return makeError("is the global @" + name +
                       ", which has no value in this module");
    if (!hasBytes(value) || value.getType() != valueType)
      return makeError("is the global @" + name +
                       ", which is no dense or dense_resource value of " +
                       toText(valueType));
    op = producer;
    numbers = value;
    layout = WeightLayout::rowMajor(valueType.getShape());
    return {};
  }
  if (isa<tensor::CollapseShapeOp, tensor::ExpandShapeOp, tensor::ReshapeOp,
          tensor::CastOp>(producer)) {
    if (Result<void> found = follow(producer->getOperand(0)); !found)
      return found;
    std::optional<WeightLayout> reshaped = layout.reshape(valueType.getShape());
    if (!reshaped)
      return makeError("goes through a '" + producer->getName().getStringRef() +
                       "' to " + toText(valueType) +
                       " of elements that are not adjacent");
    layout = std::move(*reshaped);
    return {};
  }
  if (auto slice = dyn_cast<tensor::ExtractSliceOp>(producer)) {
    if (Result<void> found = follow(slice.getSource()); !found)
      return found;
    return followSlice(slice, layout);
  }
  if (isa<arith::ExtFOp, arith::TruncFOp>(producer)) {
    if (Result<void> found = follow(producer->getOperand(0)); !found)
      return found;
    if (isa<arith::TruncFOp>(producer))
      roundings.push_back(valueType.getElementType());
    return {};
  }
  auto linalgOp = dyn_cast<linalg::LinalgOp>(producer);
  if (isElementMove(linalgOp)) {
    Value input = linalgOp.getDpsInputOperand(0)->get();
    if (Result<void> found = follow(input); !found)
      return found;
    followElements(linalgOp, layout, roundings);
    return {};
  }
  return makeError(describe(value));
}

bool WeightSource::isExternal() const { return isa<WeightOp>(op); }

std::string WeightSource::getName() const {
  if (auto weight = dyn_cast<WeightOp>(op))
    return weight.getTensor().str();
  if (auto load = dyn_cast<ml_program::GlobalLoadConstOp>(op))
    return load.getGlobal().getLeafReference().getValue().str();
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(numbers))
    return resource.getRawHandle().getKey().str();
  return "";
}

Attribute WeightSource::getTensorId() const {
  if (numbers) // of a constant, or of a global by any number of loads
    return numbers;
  auto weight = cast<WeightOp>(op);
  return ArrayAttr::get(op->getContext(),
                        {weight.getTensorAttr(), weight.getFileAttr()});
}

bool WeightSource::isSameAs(const WeightSource &other) const {
  return type == other.type && getTensorId() == other.getTensorId() &&
         layout.offset == other.layout.offset &&
         layout.dimensions == other.layout.dimensions &&
         roundings == other.roundings;
}
