//===- IntegerArithmetic.cpp - codes by integer arithmetic ----------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Everything is branch-free and in lanes of i32 (the table of eight magnitudes
// is one i64), so that LLVM vectorizes the loops around it.
//
//===----------------------------------------------------------------------===//

#include "CodeArithmetic.h"

#include "dialects/Zq/Zq.h"
#include "zq/Numerics/Rounding.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace zq;

CodeArithmetic::~CodeArithmetic() = default;

Value zq::createI32(ImplicitLocOpBuilder &b, uint32_t value) {
  return arith::ConstantOp::create(
      b, b.getI32IntegerAttr(static_cast<int32_t>(value)));
}

Value zq::createF32(ImplicitLocOpBuilder &b, float value) {
  return arith::ConstantOp::create(b, b.getF32FloatAttr(value));
}

Value zq::decodeInt8(ImplicitLocOpBuilder &b, Value code) {
  return arith::SIToFPOp::create(b, b.getF32Type(), code);
}

Value zq::encodeInt8(ImplicitLocOpBuilder &b, Value value) {
  // NaN becomes a number here; the token's scale, which is NaN, keeps it.
  Value low = arith::MaxNumFOp::create(b, value, createF32(b, -127.0f));
  Value clamped = arith::MinNumFOp::create(b, low, createF32(b, 127.0f));
  Value rounded = math::RoundEvenOp::create(b, clamped);
  return arith::FPToSIOp::create(b, b.getI8Type(), rounded);
}

Value zq::createScaleStep(ImplicitLocOpBuilder &b, Value shift, int bias,
                          bool multipliers) {
  Type i32 = b.getI32Type();
  Value places = arith::ExtUIOp::create(b, i32, shift);
  Value step = places;
  if (multipliers)
    places = arith::AndIOp::create(b, places, createI32(b, 15));
  Value exponent = arith::SubIOp::create(b, createI32(b, 127 + bias), places);
  Value bits = arith::ShLIOp::create(b, exponent, createI32(b, 23));
  if (multipliers) {
    // 1, 1.25 and 1.5 are the leading two bits of the mantissa, 0, 1 and 2.
    Value index = arith::ShRUIOp::create(b, step, createI32(b, 4));
    Value mantissa = arith::ShLIOp::create(b, index, createI32(b, 21));
    bits = arith::OrIOp::create(b, bits, mantissa);
  }
  return arith::BitcastOp::create(b, b.getF32Type(), bits);
}

namespace {

/// Short names for the operations of this file, on i32 with constants.
struct Bits {
  ImplicitLocOpBuilder &b;

  Value constant(uint32_t value) { return createI32(b, value); }
  Value add(Value lhs, Value rhs) { return arith::AddIOp::create(b, lhs, rhs); }
  Value add(Value lhs, uint32_t rhs) { return add(lhs, constant(rhs)); }
  Value sub(Value lhs, Value rhs) { return arith::SubIOp::create(b, lhs, rhs); }
  Value sub(Value lhs, uint32_t rhs) { return sub(lhs, constant(rhs)); }
  Value bitAnd(Value lhs, uint32_t rhs) {
    return arith::AndIOp::create(b, lhs, constant(rhs));
  }
  Value bitOr(Value lhs, Value rhs) {
    return arith::OrIOp::create(b, lhs, rhs);
  }
  Value shl(Value lhs, uint32_t rhs) {
    return arith::ShLIOp::create(b, lhs, constant(rhs));
  }
  Value shr(Value lhs, uint32_t rhs) { return shr(lhs, constant(rhs)); }
  Value shr(Value lhs, Value rhs) {
    return arith::ShRUIOp::create(b, lhs, rhs);
  }
  Value less(Value lhs, Value rhs) {
    return arith::CmpIOp::create(b, arith::CmpIPredicate::ult, lhs, rhs);
  }
  Value less(Value lhs, uint32_t rhs) { return less(lhs, constant(rhs)); }
  Value select(Value condition, Value yes, Value no) {
    return arith::SelectOp::create(b, condition, yes, no);
  }
  Value min(Value lhs, uint32_t rhs) {
    return arith::MinUIOp::create(b, lhs, constant(rhs));
  }
  Value widen(Value i8) {
    return arith::ExtUIOp::create(b, b.getI32Type(), i8);
  }
  Value narrow(Value i32) {
    return arith::TruncIOp::create(b, b.getI8Type(), i32);
  }
  Value asFloat(Value i32) {
    return arith::BitcastOp::create(b, b.getF32Type(), i32);
  }
  Value asInt(Value f32) {
    return arith::BitcastOp::create(b, b.getI32Type(), f32);
  }
  /// Eight bytes as an i64, and byte `index` (i32 in 0..7) of them, as i32.
  Value table(const std::array<uint8_t, 8> &bytes);
  Value lookup(Value table, Value index);
};

class IntegerArithmetic : public CodeArithmetic {
public:
  Value decode4(ImplicitLocOpBuilder &b, Value code, Format format) override;
  Value decode8(ImplicitLocOpBuilder &b, Value code) override;
  Value encode8(ImplicitLocOpBuilder &b, Value value, Type type) override;
  Value shiftCast(ImplicitLocOpBuilder &b, Value code, Value shift,
                  Format format, Type type, bool multipliers) override;
};

} // namespace

Value Bits::table(const std::array<uint8_t, 8> &bytes) {
  uint64_t all = 0;
  for (int i = 0; i < 8; ++i)
    all |= uint64_t(bytes[i]) << (8 * i);
  return arith::ConstantOp::create(
      b, b.getI64IntegerAttr(static_cast<int64_t>(all)));
}

Value Bits::lookup(Value table, Value index) {
  Value places = arith::ExtUIOp::create(b, b.getI64Type(), shl(index, 3));
  Value byte = arith::ShRUIOp::create(b, table, places);
  return bitAnd(arith::TruncIOp::create(b, b.getI32Type(), byte), 0xFF);
}

/// The bits of the FP32 number that the magnitude bits `code` of a format with
/// `layout` stand for.
static Value decodeMagnitude(Bits &bits, Value code,
                             const FormatLayout &layout) {
  uint32_t dropped = 23 - layout.mantissaBits;
  Value normal =
      bits.add(bits.shl(code, dropped), uint32_t(127 - layout.bias) << 23);
  // Below the first normal number codes are multiples of the smallest.
  float smallest = getPowerOfTwo(1 - layout.bias - layout.mantissaBits);
  Value multiple = arith::UIToFPOp::create(bits.b, bits.b.getF32Type(), code);
  Value subnormal = bits.asInt(
      arith::MulFOp::create(bits.b, multiple, createF32(bits.b, smallest)));
  Value value = bits.select(bits.less(code, 1u << layout.mantissaBits),
                            subnormal, normal);
  if (!layout.nanCode)
    return value;
  // Codes past the largest finite: infinity (IEEE only) and NaN.
  uint32_t special = layout.infCode ? 0x7F800000u : 0x7FC00000u;
  Value past = bits.bitOr(bits.shl(code, dropped), bits.constant(special));
  return bits.select(bits.less(code, layout.maxCode + 1u), value, past);
}

Value IntegerArithmetic::decode4(ImplicitLocOpBuilder &b, Value code,
                                 Format format) {
  // Each of the eight magnitudes is an E4M3 number.
  Bits bits{b};
  std::array<uint8_t, 8> table;
  for (int i = 0; i < 8; ++i)
    table[i] = encode(Format::E4M3, getMagnitudes(format)[i]);
  FormatLayout layout = getLayout(Format::E4M3);
  layout.nanCode = 0; // the table holds finite numbers only
  Value wide = bits.widen(code);
  Value magnitude = decodeMagnitude(
      bits, bits.lookup(bits.table(table), bits.bitAnd(wide, 7)), layout);
  Value sign = bits.shl(bits.bitAnd(wide, 8), 28);
  return bits.asFloat(bits.bitOr(magnitude, sign));
}

Value IntegerArithmetic::decode8(ImplicitLocOpBuilder &b, Value code) {
  if (code.getType().isInteger(8))
    return decodeInt8(b, code);
  Bits bits{b};
  FormatLayout layout = getLayout(*zq::getFormat(code.getType()));
  Value wide = bits.widen(arith::BitcastOp::create(b, b.getI8Type(), code));
  Value magnitude = decodeMagnitude(bits, bits.bitAnd(wide, 0x7F), layout);
  Value sign = bits.shl(bits.bitAnd(wide, 0x80), 24);
  return bits.asFloat(bits.bitOr(magnitude, sign));
}

Value IntegerArithmetic::encode8(ImplicitLocOpBuilder &b, Value value,
                                 Type type) {
  if (type.isInteger(8))
    return encodeInt8(b, value);
  Bits bits{b};
  FormatLayout layout = getLayout(*zq::getFormat(type));
  uint32_t dropped = 23 - layout.mantissaBits;
  Value all = bits.asInt(value);
  Value magnitude = bits.bitAnd(all, 0x7FFFFFFF);

  // Normal numbers: rebias, then add half of the last kept place less one, plus
  // the last kept bit, so that ties go to the even code. A carry out of the
  // mantissa is the next exponent, as it should be.
  Value rebiased = bits.sub(magnitude, uint32_t(127 - layout.bias) << 23);
  Value odd = bits.bitAnd(bits.shr(rebiased, dropped), 1);
  Value normal = bits.shr(
      bits.add(bits.add(rebiased, (1u << (dropped - 1)) - 1), odd), dropped);

  // Subnormal numbers: adding a power of two, whose last place is the smallest
  // subnormal, rounds there.
  uint32_t magic = uint32_t(128 - layout.bias - layout.mantissaBits + 23) << 23;
  Value sum = arith::AddFOp::create(b, bits.asFloat(magnitude),
                                    bits.asFloat(bits.constant(magic)));
  Value subnormal = bits.sub(bits.asInt(sum), magic);

  uint32_t minNormal = uint32_t(128 - layout.bias) << 23;
  Value code = bits.select(bits.less(magnitude, minNormal), subnormal, normal);
  code = bits.min(code, layout.maxCode);
  code = bits.select(bits.less(magnitude, 0x7F800001), code,
                     bits.constant(layout.nanCode));
  Value sign = bits.bitAnd(bits.shr(all, 24), 0x80);
  return arith::BitcastOp::create(b, type, bits.narrow(bits.bitOr(code, sign)));
}

Value IntegerArithmetic::shiftCast(ImplicitLocOpBuilder &b, Value code,
                                   Value shift, Format format, Type type,
                                   bool multipliers) {
  Bits bits{b};
  Format target = *zq::getFormat(type);
  FormatLayout layout = getLayout(target);
  uint32_t mantissa = layout.mantissaBits;
  Value wide = bits.widen(code);
  Value places = bits.widen(shift);

  // At shift 0 every magnitude but zero is a normal number. The multiplier
  // chooses the table, the shift does the rest.
  auto createTable = [&](uint8_t step) {
    return bits.table(getScaleTable(format, target, step, multipliers));
  };
  Value table = createTable(0);
  if (multipliers) {
    Value multiplier = bits.shr(places, 4);
    for (int i = 1; i < static_cast<int>(scaleMultipliers.size()); ++i)
      table = bits.select(bits.less(multiplier, i), table,
                          createTable(packScaleStep({0, i})));
    places = bits.bitAnd(places, 15);
  }
  Value top = bits.lookup(table, bits.bitAnd(wide, 7));
  Value exponent = bits.shr(top, mantissa);
  Value normal =
      bits.sub(top, arith::ShLIOp::create(b, places, bits.constant(mantissa)));
  // Where the shift uses up the exponent, the rest of it shifts the
  // significand; inside the window no bit is lost. A zero has exponent 0 and
  // the significand must not get its leading bit.
  Value significand = bits.bitOr(bits.bitAnd(top, (1u << mantissa) - 1),
                                 bits.constant(1u << mantissa));
  Value rest = bits.sub(bits.add(places, 1), exponent);
  // Clamped for the lanes that take another value: shifts past the width are
  // poison.
  Value subnormal = bits.shr(significand, bits.min(rest, 31));
  Value moved = bits.select(bits.less(places, exponent), normal, subnormal);
  Value zero = bits.less(top, 1);
  Value magnitude = bits.select(zero, bits.constant(0), moved);
  Value sign = bits.shl(bits.bitAnd(wide, 8), 4);
  return arith::BitcastOp::create(b, type,
                                  bits.narrow(bits.bitOr(magnitude, sign)));
}

std::unique_ptr<CodeArithmetic> zq::createIntegerArithmetic() {
  return std::make_unique<IntegerArithmetic>();
}
