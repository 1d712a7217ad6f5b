//===- WeightReader.cpp - read a weight as float rows ---------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Zq/Zq.h"
#include "zq/Numerics/Formats.h"
#include "zq/Transforms/WeightSource.h"
#include "zq/Weights/Safetensors.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/TypeUtilities.h"

#include <algorithm>

using namespace mlir;
using namespace zq;

Result<std::shared_ptr<const SafetensorsFile>>
WeightFiles::open(StringRef path) {
  std::lock_guard<std::mutex> lock(mutex);
  std::shared_ptr<const SafetensorsFile> &file = files[path.str()];
  if (!file) {
    Result<SafetensorsFile> opened = SafetensorsFile::open(path.str());
    if (!opened)
      return opened.takeError();
    file = std::make_shared<SafetensorsFile>(std::move(*opened));
  }
  return file;
}

//===----------------------------------------------------------------------===//
// Opening
//===----------------------------------------------------------------------===//

static Error makeError(const Twine &message) { return Error{message.str()}; }

static StringRef getDTypeName(Type type) {
  return isa<Float32Type>(type)   ? "F32"
         : isa<Float16Type>(type) ? "F16"
                                  : "BF16";
}

static std::string getShapeText(ArrayRef<int64_t> shape) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  llvm::interleave(shape, stream, "x");
  return text.empty() ? "scalar" : text;
}

/// The bytes of a tensor in a file, if they are what the op says.
static Result<const char *> findInFile(WeightOp weight,
                                       const SafetensorsFile &file) {
  Result<const TensorView *> view = file.find(weight.getTensor());
  if (!view)
    return view.takeError();
  auto type = weight.getResult().getType();
  StringRef dtype = getDTypeName(type.getElementType());
  if (zq::getDTypeName((*view)->dtype) != std::string_view(dtype) ||
      ArrayRef<int64_t>((*view)->shape) != type.getShape())
    return makeError(Twine(file.getPath()) + ": tensor '" + weight.getTensor() +
                     "' is " + std::string(zq::getDTypeName((*view)->dtype)) +
                     " " + (*view)->getShapeText() + ", wanted " + dtype + " " +
                     getShapeText(type.getShape()));
  return reinterpret_cast<const char *>((*view)->data);
}

/// The bytes of a constant. One element for a splat.
static Result<ArrayRef<char>> findInAttribute(Attribute attribute) {
  if (auto dense = dyn_cast<DenseElementsAttr>(attribute))
    return dense.getRawData();
  auto resource = cast<DenseResourceElementsAttr>(attribute);
  AsmResourceBlob *blob = resource.getRawHandle().getBlob();
  if (!blob)
    return makeError("the weight is dense_resource<" +
                     resource.getRawHandle().getKey() +
                     ">, which has no data in this module (IR that was printed "
                     "with elided resources has none)");
  ShapedType type = resource.getType();
  int64_t wanted = type.getNumElements() * (type.getElementTypeBitWidth() / 8);
  if (static_cast<int64_t>(blob->getData().size()) != wanted)
    return makeError("the weight is dense_resource<" +
                     resource.getRawHandle().getKey() + "> of " +
                     Twine(blob->getData().size()) + " bytes, wanted " +
                     Twine(wanted));
  return blob->getData();
}

/// The offsets of all indices of some dimensions, in row-major order.
static std::vector<int64_t>
enumerateOffsets(ArrayRef<WeightLayout::Dimension> dimensions, int64_t offset) {
  std::vector<int64_t> offsets{offset};
  for (const WeightLayout::Dimension &dimension : dimensions)
    for (WeightLayout::Piece piece : dimension) {
      std::vector<int64_t> next;
      next.reserve(offsets.size() * piece.size);
      for (int64_t base : offsets)
        for (int64_t i = 0; i < piece.size; ++i)
          next.push_back(base + i * piece.stride);
      offsets = std::move(next);
    }
  return offsets;
}

Result<WeightReader> WeightSource::open(WeightFiles &files) const {
  WeightReader reader;
  bool splat = false;
  if (auto weight = dyn_cast<WeightOp>(op)) {
    auto file = files.open(weight.getFile());
    if (!file)
      return file.takeError();
    reader.file = *file;
    Result<const char *> data = findInFile(weight, **file);
    if (!data)
      return data.takeError();
    reader.data = *data;
  } else {
    Result<ArrayRef<char>> data = findInAttribute(numbers);
    if (!data)
      return data.takeError();
    reader.data = data->data();
    splat = isa<DenseElementsAttr>(numbers) && numbers.isSplat();
  }
  reader.type = getElementTypeOrSelf(op->getResult(0));
  reader.roundings = roundings;

  ArrayRef<WeightLayout::Dimension> dimensions = layout.dimensions;
  size_t columns = dimensions.empty() ? 0 : 1;
  reader.rowOffsets =
      enumerateOffsets(dimensions.drop_back(columns), layout.offset);
  reader.columnOffsets = enumerateOffsets(dimensions.take_back(columns), 0);
  if (splat) {
    llvm::fill(reader.rowOffsets, 0);
    llvm::fill(reader.columnOffsets, 0);
  }
  return reader;
}

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

namespace {
// Bytes of a mapped file have any alignment, hence the memcpy.
struct LoadF32 {
  static constexpr int64_t size = 4;
  static float load(const char *data) {
    float value;
    std::memcpy(&value, data, sizeof(value));
    return value;
  }
};
template <float (*decode)(uint16_t)> struct LoadHalf {
  static constexpr int64_t size = 2;
  static float load(const char *data) {
    uint16_t bits;
    std::memcpy(&bits, data, sizeof(bits));
    return decode(bits);
  }
};
} // namespace

/// Goes through the source in the order of its bytes: a transposed weight is
/// read column by column.
template <typename Load>
static void gather(const char *data, ArrayRef<int64_t> rows,
                   ArrayRef<int64_t> columns, float *values) {
  int64_t rowCount = rows.size(), columnCount = columns.size();
  bool transposed = columnCount > 1 && rowCount > 1 &&
                    columns[1] - columns[0] > rows[1] - rows[0];
  auto load = [&](int64_t r, int64_t c) {
    values[r * columnCount + c] =
        Load::load(data + (rows[r] + columns[c]) * Load::size);
  };
  if (transposed) {
    for (int64_t c = 0; c < columnCount; ++c)
      for (int64_t r = 0; r < rowCount; ++r)
        load(r, c);
    return;
  }
  for (int64_t r = 0; r < rowCount; ++r)
    for (int64_t c = 0; c < columnCount; ++c)
      load(r, c);
}

void WeightReader::readRows(int64_t first, int64_t count, float *values) const {
  assert(first >= 0 && count >= 0 && first + count <= getNumRows());
  ArrayRef<int64_t> rows = ArrayRef<int64_t>(rowOffsets).slice(first, count);
  if (isa<Float32Type>(type))
    gather<LoadF32>(data, rows, columnOffsets, values);
  else if (isa<Float16Type>(type))
    gather<LoadHalf<decodeF16>>(data, rows, columnOffsets, values);
  else
    gather<LoadHalf<decodeBF16>>(data, rows, columnOffsets, values);
  for (Type rounding : roundings)
    for (int64_t i = 0; i < count * getNumColumns(); ++i)
      values[i] = isa<Float16Type>(rounding)
                      ? decodeF16(encodeF16(values[i]))
                      : decodeBF16(encodeBF16(values[i]));
}

/// The one stride between the offsets, or nothing.
static std::optional<int64_t> getStride(ArrayRef<int64_t> offsets) {
  if (offsets.size() < 2)
    return 0;
  int64_t stride = offsets[1] - offsets[0];
  for (size_t i = 2; i < offsets.size(); ++i)
    if (offsets[i] - offsets[i - 1] != stride)
      return std::nullopt;
  return stride;
}

std::optional<WeightView> WeightReader::getView() const {
  std::optional<int64_t> rowStride = getStride(rowOffsets);
  std::optional<int64_t> columnStride = getStride(columnOffsets);
  if (!roundings.empty() || !rowStride || !columnStride || rowOffsets.empty() ||
      columnOffsets.empty())
    return std::nullopt;
  zq::FloatType viewType = isa<Float32Type>(type)   ? zq::FloatType::F32
                           : isa<Float16Type>(type) ? zq::FloatType::F16
                                                    : zq::FloatType::BF16;
  int64_t start = (rowOffsets[0] + columnOffsets[0]) * zq::getSize(viewType);
  return WeightView{data + start,    viewType,   getNumRows(),
                    getNumColumns(), *rowStride, *columnStride};
}

Result<ElementsAttr> zq::readConstant(Value value, WeightFiles &files) {
  ElementsAttr constant;
  if (matchPattern(value, m_Constant(&constant)))
    return constant;
  Result<WeightSource> source = WeightSource::resolve(value);
  if (!source)
    return source.takeError();
  Result<WeightReader> reader = source->open(files);
  if (!reader)
    return reader.takeError();
  RankedTensorType type = source->getType();
  std::vector<float> values(type.getNumElements());
  reader->readRows(0, reader->getNumRows(), values.data());
  const llvm::fltSemantics &semantics =
      cast<mlir::FloatType>(type.getElementType()).getFloatSemantics();
  SmallVector<APFloat> elements;
  for (float number : values) {
    APFloat element(number);
    bool ignored;
    element.convert(semantics, APFloat::rmNearestTiesToEven, &ignored);
    elements.push_back(element);
  }
  return ElementsAttr(DenseElementsAttr::get(type, elements));
}

void WeightReader::releasePages() const {
  if (!file || rowOffsets.empty() || columnOffsets.empty())
    return;
  auto [firstRow, lastRow] =
      std::minmax_element(rowOffsets.begin(), rowOffsets.end());
  auto [firstColumn, lastColumn] =
      std::minmax_element(columnOffsets.begin(), columnOffsets.end());
  int64_t size = type.getIntOrFloatBitWidth() / 8;
  int64_t first = *firstRow + *firstColumn, last = *lastRow + *lastColumn + 1;
  releaseMappedPages(data + first * size, (last - first) * size);
}
