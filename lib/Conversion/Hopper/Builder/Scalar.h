//===- Scalar.h - a value of a kernel, with operators -----------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_LIB_CONVERSION_HOPPER_BUILDER_SCALAR_H
#define ZQ_LIB_CONVERSION_HOPPER_BUILDER_SCALAR_H

#include "mlir/IR/Value.h"

namespace zq::hopper {

class KernelBuilder;

/// An SSA value of type i1, i32, i64 or f32. Operators build arith ops;
/// integers are unsigned where it matters, and an integer literal takes the
/// type of the other side.
class Scalar {
public:
  Scalar(KernelBuilder &builder, mlir::Value value)
      : builder(&builder), value(value) {}
  operator mlir::Value() const { return value; }
  mlir::Type getType() const { return value.getType(); }

  Scalar operator+(Scalar other) const;
  Scalar operator-(Scalar other) const;
  Scalar operator*(Scalar other) const;
  Scalar operator/(Scalar other) const;
  Scalar operator%(Scalar other) const;
  Scalar operator&(Scalar other) const;
  Scalar operator|(Scalar other) const;
  Scalar operator^(Scalar other) const;
  Scalar operator<<(Scalar other) const;
  Scalar operator>>(Scalar other) const;
  Scalar operator<(Scalar other) const;
  Scalar operator==(Scalar other) const;
  Scalar operator!=(Scalar other) const;

  Scalar operator+(int64_t other) const { return *this + literal(other); }
  Scalar operator-(int64_t other) const { return *this - literal(other); }
  Scalar operator*(int64_t other) const { return *this * literal(other); }
  Scalar operator/(int64_t other) const { return *this / literal(other); }
  Scalar operator%(int64_t other) const { return *this % literal(other); }
  Scalar operator&(int64_t other) const { return *this & literal(other); }
  Scalar operator^(int64_t other) const { return *this ^ literal(other); }
  Scalar operator<<(int64_t other) const { return *this << literal(other); }
  Scalar operator>>(int64_t other) const { return *this >> literal(other); }
  Scalar operator<(int64_t other) const { return *this < literal(other); }
  Scalar operator==(int64_t other) const { return *this == literal(other); }
  Scalar operator!=(int64_t other) const { return *this != literal(other); }

private:
  Scalar literal(int64_t value) const;

  KernelBuilder *builder;
  mlir::Value value;
};

} // namespace zq::hopper

#endif // ZQ_LIB_CONVERSION_HOPPER_BUILDER_SCALAR_H
