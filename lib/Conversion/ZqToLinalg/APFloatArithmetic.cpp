//===- APFloatArithmetic.cpp - codes by builtin float types ---------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CodeArithmetic.h"

#include "dialects/Zq/Zq.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace zq;

namespace {

class APFloatArithmetic : public CodeArithmetic {
public:
  Value decode4(ImplicitLocOpBuilder &b, Value code, Format format) override {
    if (format != Format::E2M1)
      return integers->decode4(b, code, format);
    Value nibble = arith::TruncIOp::create(b, b.getIntegerType(4), code);
    Value number = arith::BitcastOp::create(
        b, Float4E2M1FNType::get(b.getContext()), nibble);
    return arith::ExtFOp::create(b, b.getF32Type(), number);
  }

  Value decode8(ImplicitLocOpBuilder &b, Value code) override {
    if (code.getType().isInteger(8))
      return decodeInt8(b, code);
    return arith::ExtFOp::create(b, b.getF32Type(), code);
  }

  Value encode8(ImplicitLocOpBuilder &b, Value value, Type type) override {
    if (type.isInteger(8))
      return encodeInt8(b, value);
    // arith.truncf does not saturate; NaN passes minimumf and maximumf.
    float largest = getLargest(*zq::getFormat(type));
    Value low = arith::MaximumFOp::create(b, value, createF32(b, -largest));
    Value clamped = arith::MinimumFOp::create(b, low, createF32(b, largest));
    return arith::TruncFOp::create(b, type, clamped);
  }

  Value shiftCast(ImplicitLocOpBuilder &b, Value code, Value shift,
                  Format format, Type type, bool multipliers) override {
    // The product in FP32 is exact.
    int exponent =
        getScaleWindow(format, *zq::getFormat(type), multipliers)->exponent;
    Value step = createScaleStep(b, shift, exponent, multipliers);
    Value product = arith::MulFOp::create(b, decode4(b, code, format), step);
    return arith::TruncFOp::create(b, type, product);
  }

private:
  std::unique_ptr<CodeArithmetic> integers = createIntegerArithmetic();
};

} // namespace

std::unique_ptr<CodeArithmetic> zq::createAPFloatArithmetic() {
  return std::make_unique<APFloatArithmetic>();
}
