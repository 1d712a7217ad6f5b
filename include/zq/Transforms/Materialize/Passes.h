//===- Passes.h - the materialize phase -------------------------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_TRANSFORMS_MATERIALIZE_PASSES_H
#define ZQ_TRANSFORMS_MATERIALIZE_PASSES_H

#include "mlir/Pass/Pass.h"

namespace zq {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "zq/Transforms/Materialize/Passes.h.inc"

} // namespace zq

#endif // ZQ_TRANSFORMS_MATERIALIZE_PASSES_H
