//===- TokenTable.h - what a model looks its tokens up in -------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_TOOLS_ZQ_EVALUATE_TOKENTABLE_H
#define ZQ_TOOLS_ZQ_EVALUATE_TOKENTABLE_H

#include "mlir/IR/BuiltinOps.h"

#include <optional>

namespace zq {

/// The rows of the smallest tensor that elements of the argument of the
/// function `model` index, in it or in one that it passes them to: a token past
/// them would be read from beyond its end. Null where none is found.
std::optional<int64_t> findTokenTable(mlir::ModuleOp module,
                                      llvm::StringRef model);

} // namespace zq

#endif // ZQ_TOOLS_ZQ_EVALUATE_TOKENTABLE_H
