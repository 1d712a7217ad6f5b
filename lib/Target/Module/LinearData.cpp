//===- LinearData.cpp - the bytes of a linear's constants -----------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LinearData.h"

#include "zq/Numerics/ShiftCast.h"
#include "zq/Numerics/TileLayout.h"

#include "mlir/IR/DialectResourceBlobManager.h"

#include <cmath>
#include <cstring>

using namespace mlir;
using namespace zq;

Result<ArrayRef<char>> zq::getBytes(ElementsAttr data,
                                    std::vector<char> &storage) {
  ShapedType type = data.getShapedType();
  size_t elementBytes = type.getElementTypeBitWidth() / 8;
  size_t size = type.getNumElements() * elementBytes;
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(data)) {
    AsmResourceBlob *blob = resource.getRawHandle().getBlob();
    std::string name = resource.getRawHandle().getKey().str();
    if (!blob)
      return Error{"the resource '" + name + "' has no data"};
    if (blob->getData().size() != size)
      return Error{"the resource '" + name + "' has " +
                   std::to_string(blob->getData().size()) + " bytes, wanted " +
                   std::to_string(size)};
    return blob->getData();
  }
  auto dense = dyn_cast<DenseElementsAttr>(data);
  if (!dense)
    return Error{"constant data is neither dense nor a resource"};
  ArrayRef<char> raw = dense.getRawData();
  if (!dense.isSplat())
    return raw;
  storage.resize(size);
  for (size_t offset = 0; offset != size; offset += elementBytes)
    std::memcpy(&storage[offset], raw.data(), elementBytes);
  return ArrayRef<char>(storage);
}

Result<std::vector<uint8_t>> zq::packWeights(zqgpu::LinearOp op) {
  std::vector<char> codeStorage, shiftStorage;
  Result<ArrayRef<char>> codes = getBytes(op.getCodes(), codeStorage);
  if (!codes)
    return codes.takeError();
  Result<ArrayRef<char>> shifts = getBytes(op.getShifts(), shiftStorage);
  if (!shifts)
    return shifts.takeError();
  int64_t groups = op.getShifts().getShapedType().getDimSize(1);
  for (auto [i, byte] : llvm::enumerate(*shifts)) {
    auto shift = static_cast<uint8_t>(byte);
    if (isScaleByte(shift, static_cast<int>(op.getMaxShift()),
                    op.getMultipliers()))
      continue;
    return Error{std::string(op.getMultipliers() ? "the step" : "the shift") +
                 " of row " + std::to_string(i / groups) + ", group " +
                 std::to_string(i % groups) + " is " +
                 std::to_string(static_cast<int8_t>(byte)) +
                 (op.getMultipliers() ? ", wanted 16 times 0 to 2, and 0 to "
                                      : ", wanted 0 to ") +
                 std::to_string(op.getMaxShift())};
  }
  TileLayout layout{static_cast<int64_t>(op.getN()),
                    static_cast<int64_t>(op.getK()),
                    static_cast<int64_t>(op.getGroup())};
  std::vector<uint8_t> tiles(layout.getBytes());
  packTiles(layout, reinterpret_cast<const uint8_t *>(codes->data()),
            reinterpret_cast<const uint8_t *>(shifts->data()), tiles.data());
  return tiles;
}

Result<void> zq::checkRowScale(zqgpu::LinearOp op) {
  std::vector<char> storage;
  Result<ArrayRef<char>> bytes = getBytes(op.getRowScale(), storage);
  if (!bytes)
    return bytes.takeError();
  for (size_t row = 0; row != bytes->size() / 4; ++row) {
    float scale;
    std::memcpy(&scale, bytes->data() + 4 * row, 4);
    if (!std::isfinite(scale))
      return Error{"the scale of row " + std::to_string(row) + " is " +
                   std::to_string(scale) + ", wanted a finite number"};
  }
  return {};
}
