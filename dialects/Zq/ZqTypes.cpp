//===- ZqTypes.cpp - element types ----------------------------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Zq/Zq.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace zq;

#define GET_TYPEDEF_CLASSES
#include "dialects/Zq/ZqTypes.cpp.inc"

void ZqDialect::registerTypes() {
  addTypes<
#define GET_TYPEDEF_LIST
#include "dialects/Zq/ZqTypes.cpp.inc"
      >();
}

//===----------------------------------------------------------------------===//
// Formats
//===----------------------------------------------------------------------===//

std::optional<Format> zq::getFormat(Type type) {
  return llvm::TypeSwitch<Type, std::optional<Format>>(type)
      .Case<Float4E2M1FNType>([](auto) { return Format::E2M1; })
      .Case<E3M0Type>([](auto) { return Format::E3M0; })
      .Case<E1M2Type>([](auto) { return Format::E1M2; })
      .Case<Float8E4M3FNType>([](auto) { return Format::E4M3; })
      .Case<Float8E5M2Type>([](auto) { return Format::E5M2; })
      .Case<Float8E3M4Type>([](auto) { return Format::E3M4; })
      .Case<IntegerType>([](IntegerType i) -> std::optional<Format> {
        if (i.isSignlessInteger(4))
          return Format::INT4;
        if (i.isSignlessInteger(8))
          return Format::INT8;
        return std::nullopt;
      })
      .Default([](Type) { return std::nullopt; });
}

Type zq::getFormatType(MLIRContext *context, Format format) {
  switch (format) {
  case Format::E2M1:
    return Float4E2M1FNType::get(context);
  case Format::E3M0:
    return E3M0Type::get(context);
  case Format::E1M2:
    return E1M2Type::get(context);
  case Format::INT4:
    return IntegerType::get(context, 4);
  case Format::E4M3:
    return Float8E4M3FNType::get(context);
  case Format::E5M2:
    return Float8E5M2Type::get(context);
  case Format::E3M4:
    return Float8E3M4Type::get(context);
  case Format::E2M5:
    return {};
  case Format::INT8:
    return IntegerType::get(context, 8);
  }
  llvm_unreachable("unknown format");
}

bool zq::isActivationFormat(Type type) {
  return isa<Float8E4M3FNType, Float8E5M2Type>(type) ||
         type.isSignlessInteger(8);
}

//===----------------------------------------------------------------------===//
// !zq.quantized<format : expressed, blocks = RxC, scale = #constraint>
//===----------------------------------------------------------------------===//

Type QuantizedType::parse(AsmParser &parser) {
  Type format, expressed;
  SmallVector<int64_t> blocks;
  Attribute scale;
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseLess() || parser.parseType(format) || parser.parseColon() ||
      parser.parseType(expressed) || parser.parseComma() ||
      parser.parseKeyword("blocks") || parser.parseEqual() ||
      parser.parseDimensionList(blocks, /*allowDynamic=*/false,
                                /*withTrailingX=*/false) ||
      parser.parseComma() || parser.parseKeyword("scale") ||
      parser.parseEqual() || parser.parseAttribute(scale) ||
      parser.parseGreater())
    return {};
  return parser.getChecked<QuantizedType>(loc, parser.getContext(), format,
                                          expressed, blocks, scale);
}

void QuantizedType::print(AsmPrinter &printer) const {
  printer << '<' << getFormat() << " : " << getExpressed() << ", blocks = ";
  printer.printDimensionList(getBlockShape());
  printer << ", scale = " << getScale() << '>';
}

LogicalResult
QuantizedType::verify(function_ref<InFlightDiagnostic()> emitError, Type format,
                      Type expressed, ArrayRef<int64_t> blockShape,
                      Attribute scale) {
  std::optional<Format> known = zq::getFormat(format);
  if (!known || (!isFourBit(*known) && !isActivationFormat(format)))
    return emitError() << "[quantized-c1] format is " << format
                       << ", want f4E2M1FN, !zq.e3m0, !zq.e1m2, i4, f8E4M3FN, "
                          "f8E5M2 or i8";
  if (!isa<Float16Type, BFloat16Type, Float32Type>(expressed))
    return emitError() << "[quantized-c2] expressed type is " << expressed
                       << ", want f16, bf16 or f32";
  if (blockShape.size() != 2 || blockShape[0] != 1 || blockShape[1] < 1)
    return emitError() << "[quantized-c3] blocks must be 1 x G, one row and G "
                          "columns with G at least 1";
  if (!getScaleConstraint(scale))
    return emitError() << "[quantized-c4] scale is " << scale
                       << ", want a scale constraint: #zq.free, #zq.pow2<...> "
                          "or #zq.step<...>";
  auto anchored = dyn_cast<AnchoredScaleInterface>(scale);
  if (!anchored)
    return success();
  if (!isFourBit(*known))
    return emitError() << "[quantized-c6] scales of " << format << " are "
                       << scale
                       << ", want #zq.free: only 4-bit codes are cast to FP8";
  std::optional<ShiftWindow> window =
      getScaleWindow(*known, Format::E4M3, anchored.hasMultipliers());
  if (!window)
    return emitError() << "[quantized-c7] scale is " << scale << ", but "
                       << format
                       << " times 1.25 or 1.5 is not exact in f8E4M3FN: want "
                          "f4E2M1FN or !zq.e3m0, or #zq.pow2<...>";
  if (static_cast<int>(anchored.getMaxShift()) > window->maxShift)
    return emitError() << "[quantized-c5] max_shift is "
                       << anchored.getMaxShift() << ", but " << format
                       << (anchored.hasMultipliers() ? " times 1, 1.25 and 1.5"
                                                     : "")
                       << " is exact in f8E4M3FN only for shifts up to "
                       << window->maxShift;
  return success();
}

int64_t QuantizedType::getRowBytes(int64_t k) {
  return isFourBit(*zq::getFormat(getFormat())) ? (k + 1) / 2 : k;
}

SmallVector<Type> QuantizedType::getScaleTypes(ArrayRef<int64_t> shape) {
  return getScaleConstraint(getScale()).getScaleTypes(shape, getBlockShape());
}
