//===- CodeArithmetic.h - scalar arithmetic on codes ------------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What the bodies of the generated loops compute: conversions between codes
// and FP32, one element at a time. There are two ways to the same bits: integer
// arithmetic, which vectorizes, and MLIR's builtin float types, which
// convert-arith-to-apfloat turns into calls of LLVM's APFloat.
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_LIB_CONVERSION_ZQTOLINALG_CODEARITHMETIC_H
#define ZQ_LIB_CONVERSION_ZQTOLINALG_CODEARITHMETIC_H

#include "zq/Numerics/Formats.h"

#include "mlir/IR/ImplicitLocOpBuilder.h"
#include <memory>

namespace zq {

class CodeArithmetic {
public:
  virtual ~CodeArithmetic();

  /// The FP32 value of a 4-bit code, an i8 in 0..15.
  virtual mlir::Value decode4(mlir::ImplicitLocOpBuilder &b, mlir::Value code,
                              Format format) = 0;
  /// The FP32 value of an 8-bit code: an f8E4M3FN, f8E5M2 or i8.
  virtual mlir::Value decode8(mlir::ImplicitLocOpBuilder &b,
                              mlir::Value code) = 0;
  /// The 8-bit code of `type` nearest to an FP32 value: ties to even,
  /// saturating.
  virtual mlir::Value encode8(mlir::ImplicitLocOpBuilder &b, mlir::Value value,
                              mlir::Type type) = 0;
  /// The number of `type`, an FP8 type, that is the value of a 4-bit code (an
  /// i8 in 0..15) times 2^(exponent - shift), with the exponent of the format's
  /// window in `type` and an i8 `shift` inside the window. With `multipliers`
  /// that is a packed step, and the number is times its multiplier.
  virtual mlir::Value shiftCast(mlir::ImplicitLocOpBuilder &b, mlir::Value code,
                                mlir::Value shift, Format format,
                                mlir::Type type, bool multipliers) = 0;
};

std::unique_ptr<CodeArithmetic> createIntegerArithmetic();
/// Codes of formats that have no builtin type go the integer way.
std::unique_ptr<CodeArithmetic> createAPFloatArithmetic();

/// i32 constant with the bits of `value`.
mlir::Value createI32(mlir::ImplicitLocOpBuilder &b, uint32_t value);
mlir::Value createF32(mlir::ImplicitLocOpBuilder &b, float value);
/// 2^(bias - shift) in FP32, `bias` from -95 to 127; with `multipliers` the i8
/// is a packed step, and its multiplier a factor. Exact.
mlir::Value createScaleStep(mlir::ImplicitLocOpBuilder &b, mlir::Value shift,
                            int bias, bool multipliers);
/// The FP32 value of a two's complement i8, and the nearest i8 to an FP32
/// value, in -127..127. Both ways of arithmetic do these with arith.
mlir::Value decodeInt8(mlir::ImplicitLocOpBuilder &b, mlir::Value code);
mlir::Value encodeInt8(mlir::ImplicitLocOpBuilder &b, mlir::Value value);

} // namespace zq

#endif // ZQ_LIB_CONVERSION_ZQTOLINALG_CODEARITHMETIC_H
