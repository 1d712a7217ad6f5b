//===- EraseDead.h - erase what nothing needs any more ----------*- C++ -*-===//
//
// For passes that replace an operation and want what led to it gone as well,
// and nothing else: a canonicalizer would look at the whole function.
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_TRANSFORMS_ERASEDEAD_H
#define ZQ_TRANSFORMS_ERASEDEAD_H

#include "mlir/IR/Operation.h"

namespace zq {

/// Erases `roots`, and what computed their operands, as far as nothing uses
/// their results and they have no effects. Null roots are passed over.
void eraseDead(llvm::ArrayRef<mlir::Operation *> roots);

} // namespace zq

#endif // ZQ_TRANSFORMS_ERASEDEAD_H
