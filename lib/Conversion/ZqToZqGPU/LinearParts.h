//===- LinearParts.h - a quantized linear, taken apart ----------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Finds what belongs to one quantized linear: constants, the float input, and
// the low-rank compensation that is added to its output. Changes nothing.
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_LIB_CONVERSION_ZQTOZQGPU_LINEARPARTS_H
#define ZQ_LIB_CONVERSION_ZQTOZQGPU_LINEARPARTS_H

#include "dialects/Zq/Zq.h"
#include "zq/Transforms/WeightResources.h"
#include "zq/Transforms/WeightSource.h"

#include "mlir/IR/BuiltinAttributes.h"

namespace zq {

struct LinearParts {
  QuantizedLinearOp op;
  ShiftCastOp shiftCast;
  QuantizedType weightType;
  int64_t n, k;
  /// Of the float activations, which may be the result of a linear that is
  /// outlined before: they are read when they are needed.
  QuantizeActivationOp quantize;
  /// What the linear replaces: its own output, or that plus the compensation.
  mlir::Value output;
  mlir::ElementsAttr codes, shifts, rowScale;
  /// Null where there is none.
  mlir::ElementsAttr down, up, bias;

  /// Why a linear is not compiled.
  struct Reason {
    std::string text;
    /// Whether nothing can be done for it on this target, as opposed to a
    /// value that is not known here.
    bool isError;
  };
  /// The weight files that linears refer to.
  struct Files {
    WeightFiles floats;
    WeightResources resources;
    /// Whether a file is not as it should be, which was reported.
    bool failed = false;
  };
  /// Either fills `parts` or says why not.
  static std::optional<Reason> find(QuantizedLinearOp op, Files &files,
                                    LinearParts &parts);
};

} // namespace zq

#endif // ZQ_LIB_CONVERSION_ZQTOZQGPU_LINEARPARTS_H
