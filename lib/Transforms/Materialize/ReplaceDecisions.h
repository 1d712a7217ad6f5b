//===- ReplaceDecisions.h - from results to the IR --------------*- C++ -*-===//
//
// Part of zq, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ZQ_LIB_TRANSFORMS_MATERIALIZE_REPLACEDECISIONS_H
#define ZQ_LIB_TRANSFORMS_MATERIALIZE_REPLACEDECISIONS_H

#include "CollectJobs.h"

namespace zq {

/// The codes as a resource, which the module then owns: they never pass through
/// text, and are freed with the context.
mlir::DenseResourceElementsAttr getResource(WeightJob &job,
                                            llvm::StringRef name);

/// Before:  %q, %a, %s = zq.quantize_weight %w
///          %down, %up = zq.low_rank_compensation %w, %q scales(%a, %s)
/// After:   %q = zq.storage_cast (constant dense_resource<...>)
///          %a, %s, %down, %up = constants
void replaceDecision(Decision &decision, const WeightJob &job,
                     mlir::DenseResourceElementsAttr codes);

} // namespace zq

#endif // ZQ_LIB_TRANSFORMS_MATERIALIZE_REPLACEDECISIONS_H
