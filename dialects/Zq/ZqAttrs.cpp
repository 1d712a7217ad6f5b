//===- ZqAttrs.cpp - scale constraints ------------------------------------===//
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

#include "dialects/Zq/ZqAttrInterfaces.cpp.inc"
#include "dialects/Zq/ZqEnums.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "dialects/Zq/ZqAttrs.cpp.inc"

void ZqDialect::registerAttributes() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialects/Zq/ZqAttrs.cpp.inc"
      >();
}

static int64_t getNumGroups(ArrayRef<int64_t> shape, ArrayRef<int64_t> block) {
  return llvm::divideCeil(shape.back(), block.back());
}

SmallVector<Type> FreeScaleAttr::getScaleTypes(ArrayRef<int64_t> shape,
                                               ArrayRef<int64_t> block) const {
  Builder b(getContext());
  return {RankedTensorType::get({shape[0], getNumGroups(shape, block)},
                                b.getF32Type())};
}

/// Anchors and steps.
static SmallVector<Type> getAnchoredTypes(MLIRContext *context,
                                          ArrayRef<int64_t> shape,
                                          ArrayRef<int64_t> block) {
  Builder b(context);
  return {RankedTensorType::get({shape[0]}, b.getF32Type()),
          RankedTensorType::get({shape[0], getNumGroups(shape, block)},
                                b.getI8Type())};
}

SmallVector<Type> Pow2ScaleAttr::getScaleTypes(ArrayRef<int64_t> shape,
                                               ArrayRef<int64_t> block) const {
  return getAnchoredTypes(getContext(), shape, block);
}

bool Pow2ScaleAttr::hasMultipliers() const { return false; }

LogicalResult
Pow2ScaleAttr::verify(function_ref<InFlightDiagnostic()> emitError, AnchorKind,
                      unsigned maxShift) {
  // The widest window of any 4-bit format in any 8-bit format is below 32.
  if (maxShift > 31)
    return emitError() << "[scale-c1] max_shift is " << maxShift
                       << ", want at most 31";
  return success();
}

SmallVector<Type> StepScaleAttr::getScaleTypes(ArrayRef<int64_t> shape,
                                               ArrayRef<int64_t> block) const {
  return getAnchoredTypes(getContext(), shape, block);
}

bool StepScaleAttr::hasMultipliers() const { return true; }

LogicalResult
StepScaleAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                      unsigned maxShift) {
  if (maxShift > static_cast<unsigned>(maxStepShift))
    return emitError() << "[scale-c2] max_shift is " << maxShift
                       << ", want at most " << maxStepShift
                       << ", what the four bits of a step hold";
  return success();
}
