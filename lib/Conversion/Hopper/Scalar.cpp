//===- Scalar.cpp - arithmetic and control flow of kernels ----------------===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The half of KernelBuilder that is no GPU's: arith and scf.
//
//===----------------------------------------------------------------------===//

#include "KernelBuilder.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace zq::hopper;

//===----------------------------------------------------------------------===//
// Operators
//===----------------------------------------------------------------------===//

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

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

Scalar KernelBuilder::i32(int64_t value) { return {*this, makeI32(value)}; }

Value KernelBuilder::makeI32(int64_t value) {
  return create<arith::ConstantOp>(builder.getI32IntegerAttr(value));
}

Scalar KernelBuilder::f32(double value) {
  return {*this, create<arith::ConstantOp>(builder.getF32FloatAttr(value))};
}

Scalar KernelBuilder::boolean(bool value) {
  return {*this, create<arith::ConstantOp>(builder.getBoolAttr(value))};
}

Value KernelBuilder::zeroVector(Type element, int64_t length) {
  auto type = VectorType::get({length}, element);
  return create<arith::ConstantOp>(builder.getZeroAttr(type));
}

Scalar KernelBuilder::asI64(Scalar value) {
  return {*this, create<arith::ExtUIOp>(builder.getI64Type(), value)};
}

Scalar KernelBuilder::asI32(Scalar value) {
  return {*this, create<arith::ExtUIOp>(builder.getI32Type(), value)};
}

Scalar KernelBuilder::toF32(Value value) {
  if (!value.getType().isF32())
    value = create<arith::ExtFOp>(builder.getF32Type(), value);
  return {*this, value};
}

Scalar KernelBuilder::min(Scalar a, Scalar b) {
  return {*this, create<arith::MinUIOp>(a, b)};
}

Scalar KernelBuilder::max(Scalar a, Scalar b) {
  return {*this, create<arith::MaximumFOp>(a, b)};
}

Value KernelBuilder::maxUnsigned(Value a, Value b) {
  return create<arith::MaxUIOp>(a, b);
}

Scalar KernelBuilder::abs(Scalar a) { return {*this, create<math::AbsFOp>(a)}; }

Scalar KernelBuilder::fma(Scalar a, Scalar b, Scalar c) {
  return {*this, create<math::FmaOp>(a, b, c)};
}

Scalar KernelBuilder::negate(Scalar a) {
  return {*this, create<arith::NegFOp>(a)};
}

Value KernelBuilder::add(Value a, Value b) {
  return create<arith::AddFOp>(a, b);
}

Scalar KernelBuilder::select(Scalar condition, Scalar a, Scalar b) {
  return {*this, create<arith::SelectOp>(condition, a, b)};
}

//===----------------------------------------------------------------------===//
// Control flow
//===----------------------------------------------------------------------===//

KernelBuilder::State
KernelBuilder::loop(Scalar first, Scalar last, Scalar step, ValueRange carried,
                    llvm::function_ref<State(Scalar, ValueRange)> body) {
  auto op = create<scf::ForOp>(
      first, last, step, carried,
      [&](OpBuilder &nested, Location, Value i, ValueRange values) {
        OpBuilder::InsertionGuard guard(builder);
        builder.setInsertionPointToEnd(nested.getInsertionBlock());
        create<scf::YieldOp>(body(Scalar(*this, i), values));
      },
      /*unsignedCmp=*/true);
  return State(op.getResults());
}

void KernelBuilder::ifThen(Scalar condition, llvm::function_ref<void()> then) {
  auto op = create<scf::IfOp>(condition, /*withElseRegion=*/false);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(op.thenBlock());
  then();
}

KernelBuilder::State
KernelBuilder::ifThen(Scalar condition, ValueRange values,
                      llvm::function_ref<State(ValueRange)> then) {
  auto op = create<scf::IfOp>(values.getTypes(), condition,
                              /*addThenBlock=*/true, /*addElseBlock=*/true);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(op.thenBlock());
  create<scf::YieldOp>(then(values));
  builder.setInsertionPointToStart(op.elseBlock());
  create<scf::YieldOp>(values);
  return State(op.getResults());
}

void KernelBuilder::ifElse(Scalar condition, llvm::function_ref<void()> then,
                           llvm::function_ref<void()> otherwise) {
  auto op = create<scf::IfOp>(condition, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(op.thenBlock());
  then();
  builder.setInsertionPointToStart(op.elseBlock());
  otherwise();
}

KernelBuilder::State
KernelBuilder::choose(Scalar condition, llvm::function_ref<State()> then,
                      llvm::function_ref<State()> otherwise) {
  auto op = create<scf::IfOp>(
      condition,
      [&](OpBuilder &nested, Location) {
        OpBuilder::InsertionGuard guard(builder);
        builder.setInsertionPointToEnd(nested.getInsertionBlock());
        create<scf::YieldOp>(then());
      },
      [&](OpBuilder &nested, Location) {
        OpBuilder::InsertionGuard guard(builder);
        builder.setInsertionPointToEnd(nested.getInsertionBlock());
        create<scf::YieldOp>(otherwise());
      });
  return State(op.getResults());
}
