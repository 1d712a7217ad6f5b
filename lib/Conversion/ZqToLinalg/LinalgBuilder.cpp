//===- LinalgBuilder.cpp - loops over tensors -----------------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LinalgBuilder.h"

#include "CodeArithmetic.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace zq;

static RankedTensorType getType(Value value) {
  return cast<RankedTensorType>(value.getType());
}

Value zq::extendToF32(ImplicitLocOpBuilder &b, Value value) {
  if (value.getType().isF32())
    return value;
  return arith::ExtFOp::create(b, b.getF32Type(), value);
}

Value zq::truncateFromF32(ImplicitLocOpBuilder &b, Value value, Type type) {
  if (type.isF32())
    return value;
  return arith::TruncFOp::create(b, type, value);
}

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

Value zq::createEmpty(ImplicitLocOpBuilder &b, ArrayRef<int64_t> shape,
                      Type element, Value shapeOf) {
  SmallVector<Value> sizes;
  for (auto [i, size] : llvm::enumerate(shape))
    if (ShapedType::isDynamic(size))
      sizes.push_back(tensor::DimOp::create(b, shapeOf, i));
  return tensor::EmptyOp::create(b, shape, element, sizes);
}

static Value createFill(ImplicitLocOpBuilder &b, Value scalar, Value init) {
  return linalg::FillOp::create(b, scalar, init).getResult(0);
}

/// A generic with one result whose body is `body` of all its scalars but the
/// last, the destination's, which is passed when `accumulates`.
static Value createGeneric(ImplicitLocOpBuilder &b, ArrayRef<LoopInput> inputs,
                           Value init, AffineMap initMap,
                           ArrayRef<utils::IteratorType> iterators,
                           bool accumulates, BodyBuilder body) {
  SmallVector<Value> tensors;
  SmallVector<AffineMap> maps;
  for (const LoopInput &input : inputs) {
    tensors.push_back(input.tensor);
    maps.push_back(input.map);
  }
  maps.push_back(initMap);
  auto generic = linalg::GenericOp::create(
      b, init.getType(), tensors, init, maps, iterators,
      [&](OpBuilder &builder, Location loc, ValueRange scalars) {
        ImplicitLocOpBuilder inner(loc, builder);
        Value result = body(inner, accumulates ? scalars : scalars.drop_back());
        linalg::YieldOp::create(inner, result);
      });
  return generic.getResult(0);
}

Value zq::createMap(ImplicitLocOpBuilder &b, ArrayRef<LoopInput> inputs,
                    Value init, BodyBuilder body) {
  int64_t rank = getType(init).getRank();
  SmallVector<utils::IteratorType> iterators(rank,
                                             utils::IteratorType::parallel);
  return createGeneric(b, inputs, init, b.getMultiDimIdentityMap(rank),
                       iterators, /*accumulates=*/false, body);
}

Value zq::createRowAbsMax(ImplicitLocOpBuilder &b, Value matrix) {
  // The bits of |x| are ordered as integers, NaN last, and an integer maximum
  // vectorizes.
  AffineExpr m, k;
  bindDims(b.getContext(), m, k);
  int64_t rows = getType(matrix).getDimSize(0);
  Value zero = createI32(b, 0);
  Value init =
      createFill(b, zero, createEmpty(b, {rows}, b.getI32Type(), matrix));
  Value maximum = createGeneric(
      b, {{matrix, b.getMultiDimIdentityMap(2)}}, init, AffineMap::get(2, 0, m),
      {utils::IteratorType::parallel, utils::IteratorType::reduction},
      /*accumulates=*/true, [](ImplicitLocOpBuilder &b, ValueRange in) {
        Value bits =
            arith::BitcastOp::create(b, b.getI32Type(), extendToF32(b, in[0]));
        Value magnitude =
            arith::AndIOp::create(b, bits, createI32(b, 0x7FFFFFFF));
        return arith::MaxSIOp::create(b, magnitude, in[1]).getResult();
      });
  return createMap(b, {{maximum, b.getMultiDimIdentityMap(1)}},
                   createEmpty(b, {rows}, b.getF32Type(), matrix),
                   [](ImplicitLocOpBuilder &b, ValueRange in) -> Value {
                     return arith::BitcastOp::create(b, b.getF32Type(), in[0]);
                   });
}

Value zq::createContraction(ImplicitLocOpBuilder &b, Value x, Value w) {
  // n outermost: a row of weights is read from memory once, and the tokens,
  // which are few, stay in cache. k innermost: contiguous in both.
  AffineExpr n, m, k;
  bindDims(b.getContext(), n, m, k);
  SmallVector<int64_t> shape{getType(x).getDimSize(0),
                             getType(w).getDimSize(0)};
  Value init = createFill(b, createF32(b, 0.0f),
                          createEmpty(b, shape, b.getF32Type(), x));
  return createGeneric(
      b,
      {{x, AffineMap::get(3, 0, {m, k}, b.getContext())},
       {w, AffineMap::get(3, 0, {n, k}, b.getContext())}},
      init, AffineMap::get(3, 0, {m, n}, b.getContext()),
      {utils::IteratorType::parallel, utils::IteratorType::parallel,
       utils::IteratorType::reduction},
      /*accumulates=*/true, [](ImplicitLocOpBuilder &b, ValueRange in) {
        // The order of the sum is free; the products are what they are.
        auto flags =
            arith::FastMathFlags::reassoc | arith::FastMathFlags::contract;
        Value product = arith::MulFOp::create(b, extendToF32(b, in[0]),
                                              extendToF32(b, in[1]), flags);
        return arith::AddFOp::create(b, in[2], product, flags).getResult();
      });
}

//===----------------------------------------------------------------------===//
// Tokens
//===----------------------------------------------------------------------===//

/// `tensor` with `k` as its last dimension in the type too.
static Value refineLastDim(ImplicitLocOpBuilder &b, Value tensor, int64_t k) {
  RankedTensorType type = getType(tensor);
  int64_t last = type.getRank() - 1;
  if (!type.isDynamicDim(last) || ShapedType::isDynamic(k))
    return tensor;
  Value size = tensor::DimOp::create(b, tensor, last);
  Value want = arith::ConstantIndexOp::create(b, k);
  Value equal = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, size, want);
  cf::AssertOp::create(b, equal,
                       "the last dimension of an input of a zq linear is not " +
                           std::to_string(k) + ", the K of its weight");
  SmallVector<int64_t> shape(type.getShape());
  shape[last] = k;
  return tensor::CastOp::create(b, type.clone(shape), tensor);
}

Value zq::flattenTokens(ImplicitLocOpBuilder &b, Value tensor, int64_t k) {
  tensor = refineLastDim(b, tensor, k);
  int64_t rank = getType(tensor).getRank();
  if (rank == 1) {
    OpFoldResult size = b.getIndexAttr(k);
    if (ShapedType::isDynamic(k))
      size = tensor::DimOp::create(b, tensor, 0).getResult();
    return tensor::ExpandShapeOp::create(
        b, getType(tensor).clone({1, k}), tensor,
        SmallVector<ReassociationIndices>{{0, 1}},
        SmallVector<OpFoldResult>{b.getIndexAttr(1), size});
  }
  if (rank == 2)
    return tensor;
  SmallVector<ReassociationIndices> groups(2);
  groups[0] = llvm::to_vector(llvm::seq<int64_t>(0, rank - 1));
  groups[1] = {rank - 1};
  return tensor::CollapseShapeOp::create(b, tensor, groups);
}

Value zq::flattenScales(ImplicitLocOpBuilder &b, Value scales) {
  int64_t rank = getType(scales).getRank();
  if (rank == 1)
    return scales;
  if (rank == 0)
    return tensor::ExpandShapeOp::create(
        b, getType(scales).clone({1}), scales,
        SmallVector<ReassociationIndices>{},
        SmallVector<OpFoldResult>{b.getIndexAttr(1)});
  SmallVector<ReassociationIndices> all{
      llvm::to_vector(llvm::seq<int64_t>(0, rank))};
  return tensor::CollapseShapeOp::create(b, scales, all);
}

Value zq::unflattenTokens(ImplicitLocOpBuilder &b, Value matrix, Value like,
                          RankedTensorType type) {
  // The shape as far as it is known: leading dimensions of `like`, then what
  // the matrix has beside M.
  ArrayRef<int64_t> trailing = getType(matrix).getShape().drop_front();
  SmallVector<int64_t> shape(getType(like).getShape().drop_back());
  int64_t numLeading = shape.size();
  llvm::append_range(shape, trailing);
  RankedTensorType known = getType(matrix).clone(shape);

  Value result = matrix;
  if (numLeading == 0) {
    // One token without a dimension: drop the M of 1.
    SmallVector<ReassociationIndices> groups;
    if (!trailing.empty())
      groups.push_back({0, 1});
    result = tensor::CollapseShapeOp::create(b, known, matrix, groups);
  } else if (numLeading > 1) {
    SmallVector<OpFoldResult> sizes;
    for (auto [i, size] : llvm::enumerate(shape)) {
      if (ShapedType::isDynamic(size))
        sizes.push_back(tensor::DimOp::create(b, like, i).getResult());
      else
        sizes.push_back(b.getIndexAttr(size));
    }
    SmallVector<ReassociationIndices> groups;
    groups.push_back(llvm::to_vector(llvm::seq<int64_t>(0, numLeading)));
    if (!trailing.empty())
      groups.push_back({numLeading});
    result = tensor::ExpandShapeOp::create(b, known, matrix, groups, sizes);
  }
  if (result.getType() != type)
    result = tensor::CastOp::create(b, type, result);
  return result;
}
