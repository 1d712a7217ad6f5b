//===- ConcatenateRows.cpp - constants one under the other ----------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ConcatenateRows.h"

#include "mlir/IR/AsmState.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/DialectResourceBlobManager.h"

using namespace mlir;
using namespace zq;

/// The elements of a constant, none left out.
static std::optional<std::vector<char>> getBytes(ElementsAttr data) {
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(data)) {
    AsmResourceBlob *blob = resource.getRawHandle().getBlob();
    if (!blob)
      return std::nullopt;
    return std::vector<char>(blob->getData().begin(), blob->getData().end());
  }
  auto dense = dyn_cast<DenseElementsAttr>(data);
  if (!dense)
    return std::nullopt;
  ArrayRef<char> raw = dense.getRawData();
  if (!dense.isSplat())
    return std::vector<char>(raw.begin(), raw.end());
  std::vector<char> bytes;
  bytes.reserve(raw.size() * dense.getNumElements());
  for (int64_t i = 0; i < dense.getNumElements(); ++i)
    bytes.insert(bytes.end(), raw.begin(), raw.end());
  return bytes;
}

static std::optional<std::vector<char>>
concatenate(ArrayRef<ElementsAttr> parts) {
  std::vector<char> bytes;
  for (ElementsAttr part : parts) {
    std::optional<std::vector<char>> more = getBytes(part);
    if (!more)
      return std::nullopt;
    bytes.insert(bytes.end(), more->begin(), more->end());
  }
  return bytes;
}

static RankedTensorType getJoinedType(ArrayRef<ElementsAttr> parts) {
  SmallVector<int64_t> shape(parts.front().getShapedType().getShape());
  shape[0] = 0;
  for (ElementsAttr part : parts)
    shape[0] += part.getShapedType().getDimSize(0);
  return RankedTensorType::get(shape, parts.front().getElementType());
}

DenseResourceElementsAttr
RowConcatenation::getResource(ArrayRef<ElementsAttr> parts, StringRef name) {
  RankedTensorType type = getJoinedType(parts);
  SmallVector<Attribute> attributes(parts.begin(), parts.end());
  DenseResourceElementsAttr &resource =
      resources[ArrayAttr::get(type.getContext(), attributes)];
  if (resource)
    return resource;
  std::optional<std::vector<char>> bytes = concatenate(parts);
  if (!bytes)
    return {};
  constexpr size_t kAlignment = 16;
  resource = DenseResourceElementsAttr::get(
      type, name.empty() ? "weight" : name,
      HeapAsmResourceBlob::allocateAndCopyWithAlign(*bytes, kAlignment,
                                                    /*dataIsMutable=*/false));
  return resource;
}

DenseElementsAttr RowConcatenation::getConstant(ArrayRef<ElementsAttr> parts) {
  std::optional<std::vector<char>> bytes = concatenate(parts);
  if (!bytes)
    return {};
  return DenseElementsAttr::getFromRawBuffer(getJoinedType(parts), *bytes);
}

DenseElementsAttr
RowConcatenation::getBlockDiagonal(ArrayRef<ElementsAttr> parts) {
  Type element = parts.front().getElementType();
  size_t size = element.getIntOrFloatBitWidth() / 8;
  int64_t rows = 0, columns = 0;
  for (ElementsAttr part : parts) {
    rows += part.getShapedType().getDimSize(0);
    columns += part.getShapedType().getDimSize(1);
  }
  // Zero bytes are zeros in every float type.
  std::vector<char> bytes(rows * columns * size);
  int64_t row = 0, column = 0;
  for (ElementsAttr part : parts) {
    std::optional<std::vector<char>> block = getBytes(part);
    if (!block)
      return {};
    int64_t n = part.getShapedType().getDimSize(0);
    int64_t r = part.getShapedType().getDimSize(1);
    for (int64_t i = 0; i < n; ++i)
      std::copy_n(block->begin() + i * r * size, r * size,
                  bytes.begin() + ((row + i) * columns + column) * size);
    row += n;
    column += r;
  }
  return DenseElementsAttr::getFromRawBuffer(
      RankedTensorType::get({rows, columns}, element), bytes);
}
