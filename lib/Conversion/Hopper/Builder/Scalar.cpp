//===- Scalar.cpp - operators on values of kernels ------------------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelBuilder.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace zq::hopper;

Scalar Scalar::literal(int64_t number) const {
  Type type = getType();
  TypedAttr attr = isa<FloatType>(type)
                       ? TypedAttr(builder->builder.getFloatAttr(type, number))
                       : builder->builder.getIntegerAttr(type, number);
  return {*builder, builder->create<arith::ConstantOp>(attr)};
}

/// The float op on floats, the integer op on integers.
template <typename FloatOp, typename IntOp>
static Value build(KernelBuilder &b, Value lhs, Value rhs) {
  if (isa<FloatType>(lhs.getType()))
    return b.create<FloatOp>(lhs, rhs);
  return b.create<IntOp>(lhs, rhs);
}

static Value compare(KernelBuilder &b, arith::CmpFPredicate floats,
                     arith::CmpIPredicate integers, Value lhs, Value rhs) {
  if (isa<FloatType>(lhs.getType()))
    return b.create<arith::CmpFOp>(floats, lhs, rhs);
  return b.create<arith::CmpIOp>(integers, lhs, rhs);
}

Scalar Scalar::operator+(Scalar other) const {
  return {*builder,
          build<arith::AddFOp, arith::AddIOp>(*builder, value, other)};
}
Scalar Scalar::operator-(Scalar other) const {
  return {*builder,
          build<arith::SubFOp, arith::SubIOp>(*builder, value, other)};
}
Scalar Scalar::operator*(Scalar other) const {
  return {*builder,
          build<arith::MulFOp, arith::MulIOp>(*builder, value, other)};
}
Scalar Scalar::operator/(Scalar other) const {
  return {*builder,
          build<arith::DivFOp, arith::DivUIOp>(*builder, value, other)};
}
Scalar Scalar::operator%(Scalar other) const {
  return {*builder, builder->create<arith::RemUIOp>(value, other.value)};
}
Scalar Scalar::operator&(Scalar other) const {
  return {*builder, builder->create<arith::AndIOp>(value, other.value)};
}
Scalar Scalar::operator|(Scalar other) const {
  return {*builder, builder->create<arith::OrIOp>(value, other.value)};
}
Scalar Scalar::operator^(Scalar other) const {
  return {*builder, builder->create<arith::XOrIOp>(value, other.value)};
}
Scalar Scalar::operator<<(Scalar other) const {
  return {*builder, builder->create<arith::ShLIOp>(value, other.value)};
}
Scalar Scalar::operator>>(Scalar other) const {
  return {*builder, builder->create<arith::ShRUIOp>(value, other.value)};
}
Scalar Scalar::operator<(Scalar other) const {
  return {*builder, compare(*builder, arith::CmpFPredicate::OLT,
                            arith::CmpIPredicate::ult, value, other)};
}
Scalar Scalar::operator==(Scalar other) const {
  return {*builder, compare(*builder, arith::CmpFPredicate::OEQ,
                            arith::CmpIPredicate::eq, value, other)};
}
Scalar Scalar::operator!=(Scalar other) const {
  return {*builder, compare(*builder, arith::CmpFPredicate::UNE,
                            arith::CmpIPredicate::ne, value, other)};
}
