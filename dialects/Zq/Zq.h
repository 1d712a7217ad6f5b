//===- Zq.h - the zq dialect ------------------------------------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_DIALECTS_ZQ_ZQ_H
#define ZQ_DIALECTS_ZQ_ZQ_H

#include "zq/Numerics/ShiftCast.h"

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "dialects/Zq/ZqDialect.h.inc"
#include "dialects/Zq/ZqEnums.h.inc"

#include "dialects/Zq/ZqAttrInterfaces.h.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/Zq/ZqAttrs.h.inc"
#define GET_TYPEDEF_CLASSES
#include "dialects/Zq/ZqTypes.h.inc"
#define GET_OP_CLASSES
#include "dialects/Zq/ZqOps.h.inc"

namespace zq {

/// The numeric format that an element type names, if it names one: f4E2M1FN,
/// !zq.e3m0, !zq.e1m2, i4, f8E4M3FN, f8E5M2, f8E3M4, i8.
std::optional<Format> getFormat(mlir::Type type);
/// The element type that names a format. E2M5 has none: null.
mlir::Type getFormatType(mlir::MLIRContext *context, Format format);

/// Whether activations can be of this element type.
bool isActivationFormat(mlir::Type type);

/// The constraint of an attribute that stands in `scale =`, or null.
inline ScaleConstraintInterface getScaleConstraint(mlir::Attribute scale) {
  return llvm::dyn_cast_if_present<ScaleConstraintInterface>(scale);
}

} // namespace zq

#endif // ZQ_DIALECTS_ZQ_ZQ_H
