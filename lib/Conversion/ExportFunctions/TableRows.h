//===- TableRows.h - tables that arguments index ----------------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_LIB_CONVERSION_EXPORTFUNCTIONS_TABLEROWS_H
#define ZQ_LIB_CONVERSION_EXPORTFUNCTIONS_TABLEROWS_H

#include "mlir/IR/Value.h"

#include <optional>

namespace zq {

/// The rows of the smallest table that elements of a function's argument index,
/// in it or in a function that it is passed to: one past them would be read
/// from beyond the table's end. Null where none is found.
std::optional<int64_t> findTableRows(mlir::BlockArgument argument);

} // namespace zq

#endif // ZQ_LIB_CONVERSION_EXPORTFUNCTIONS_TABLEROWS_H
