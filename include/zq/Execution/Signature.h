//===- Signature.h - what a compiled function takes and returns -*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_EXECUTION_SIGNATURE_H
#define ZQ_EXECUTION_SIGNATURE_H

#include "zq/Arrays/Array.h"

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Location.h"
#include <optional>

namespace zq {

/// One argument or result: a tensor, which is passed as a memref descriptor, or
/// a scalar, which is passed by value.
struct Slot {
  DType dtype;
  bool isScalar;
  llvm::SmallVector<int64_t> shape; ///< dynamic sizes are kDynamic
  /// The tensor that `zq.weight` binds an argument to; empty without.
  std::string weight;
  /// Of an argument whose elements index a table: the rows that it has.
  std::optional<int64_t> rows;

  bool hasStaticShape() const;
  /// "tensor<?x16xF32>".
  std::string getText() const;
};

struct Signature {
  llvm::SmallVector<Slot> arguments, results;
};

/// Fails with an error at `loc` for a type that arrays cannot hold.
mlir::FailureOr<Signature> parseSignature(mlir::FunctionType type,
                                          mlir::Location loc);

/// Whether `array` can be passed as `slot`.
bool matches(const Slot &slot, const Array &array);

} // namespace zq

#endif // ZQ_EXECUTION_SIGNATURE_H
